/** Levels, both formats, repeats, secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type LoggerOptions } from '../logger.ts';

function capture(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const timers: (() => void)[] = [];
  let now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => lines.push(line),
    now: () => now,
    schedule: (callback) => timers.push(callback),
    ...options,
  });
  const endWindow = () => {
    now += 10_000;
    for (const timer of timers.splice(0)) timer();
  };
  return { logger, lines, endWindow, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test('JSON lines carry time, level, component, message and fields', () => {
  const { logger, parsed } = capture();
  logger.child('upstream', { node: 'n1' }).warn('target down', { target: '10.0.0.1:80', n: undefined });
  assert.deepEqual(parsed(), [
    {
      time: '2026-01-02T03:04:05.678Z',
      level: 'warn',
      component: 'upstream',
      message: 'target down',
      node: 'n1',
      target: '10.0.0.1:80',
    },
  ]);
});

test('pretty lines keep to one line whatever is in them', () => {
  const { logger, lines } = capture({ format: 'pretty' });
  logger.error('bad\nERROR forged', { a: 'x\r\ny', n: 3 });
  assert.deepEqual(lines, ['03:04:05.678 ERROR  core       bad ERROR forged  a=x  y  n=3\n']);
});

test('levels below the threshold are silent, and it can be changed at run time', () => {
  const { logger, parsed } = capture({ level: 'warn' });
  logger.notice('no');
  logger.crit('yes');
  const child = logger.child('c');
  logger.setLevel('debug');
  child.debug('now');
  assert.equal(child.enabled('debug'), true);
  assert.deepEqual(
    parsed().map((line) => line.message),
    ['yes', 'now'],
  );
});

test('repeats are counted and summed up once the window is over', () => {
  const { logger, parsed, endWindow } = capture({ repeatBurst: 2 });
  for (let index = 0; index < 414; index++) logger.warn('refused', { index });
  logger.warn('other');
  endWindow();
  assert.deepEqual(
    parsed().map((line) => line.message),
    ['refused', 'refused', 'other', 'refused (… 412 more in 10 s)'],
  );
  logger.warn('refused');
  assert.equal(parsed().length, 5, 'a new window starts again');
});

test('secrets, errors and unprintable values', () => {
  const { logger, parsed } = capture();
  logger.info('m', {
    password: 'p',
    api_key: 'k',
    Authorization: 'Bearer x',
    setCookie: 'c',
    clientSecret: 's',
    credential_id: 'shown',
    error: new Error('broken'),
    big: 12n,
  });
  const [line] = parsed();
  for (const name of ['password', 'api_key', 'Authorization', 'setCookie', 'clientSecret']) {
    assert.equal(line[name], '***', name);
  }
  assert.equal(line.credential_id, 'shown');
  assert.equal(line.error, 'broken');
  assert.equal(line.big, '12');
});

test('a failing output or a circular value never throws into the caller', () => {
  const failing = capture({
    write: () => {
      throw new Error('EPIPE');
    },
  });
  failing.logger.error('m');
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  capture().logger.error('m', { circular });
});
