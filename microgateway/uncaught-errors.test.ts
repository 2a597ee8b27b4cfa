import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../shared/observe/logger.ts';
import { MetricsRegistry } from '../shared/observe/metrics.ts';
import { MOST_ERRORS, UncaughtErrors, WINDOW_MS } from './uncaught-errors.ts';

function make() {
  const lines: string[] = [];
  const log = createLogger({ format: 'json', write: (line) => void lines.push(line), schedule: () => {} });
  const metrics = new MetricsRegistry();
  let now = 0;
  let gaveUp = 0;
  const errors = new UncaughtErrors(
    log,
    metrics.counter('x_total', 'x').with(),
    () => void gaveUp++,
    () => now,
  );
  return {
    errors,
    lines,
    gaveUp: () => gaveUp,
    counted: () => metrics.snapshot().families[0]?.values[0],
    advance: (ms: number) => {
      now += ms;
    },
  };
}

test('each is logged with where it arose, and counted', () => {
  const { errors, lines, counted } = make();
  errors.report(new Error('boom'));
  errors.report('a string');
  assert.equal(counted(), 2);
  const [first, second] = lines.map((line) => JSON.parse(line));
  assert.equal(first.error, 'boom');
  assert.match(first.origin, /uncaught-errors\.test\.ts:\d+:\d+$/);
  assert.equal(second.error, 'a string');
});

test('more than ten within a minute: it gives up, once', () => {
  const { errors, gaveUp } = make();
  for (let i = 0; i < MOST_ERRORS; i++) errors.report(new Error('x'));
  assert.equal(gaveUp(), 0);
  errors.report(new Error('x'));
  errors.report(new Error('x'));
  assert.equal(gaveUp(), 1);
});

test('eleven over a longer time are borne', () => {
  const { errors, gaveUp, advance } = make();
  for (let i = 0; i < 50; i++) {
    errors.report(new Error('x'));
    advance(WINDOW_MS / 9);
  }
  assert.equal(gaveUp(), 0);
});
