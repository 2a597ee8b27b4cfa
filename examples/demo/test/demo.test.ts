/** The demo from start to stop: what it promises on its first screen is so, and nothing is left of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ask } from '../ask.ts';
import { DemoProcess, until } from './demo-process.ts';

const NOTHING = { processes: [], files: [] };
/** What is left is looked for in /proc. */
const needs = { skip: process.platform === 'linux' ? false : 'needs /proc' } as const;
const hasCurl = spawnSync('curl', ['--version']).status === 0;

test(
  '--once: one request succeeds, one is refused, one is rate limited; then everything is gone',
  needs,
  async (t) => {
    const demo = new DemoProcess(t, '--once', '--port-base', '0');
    assert.equal(await demo.ended, 0, demo.stdout + demo.stderr);
    assert.deepEqual(demo.stdout.match(/^ {2}(?:ok|FAIL) .*$/gm), [
      '  ok    succeeds: orders answers, and asks payments on the way (200)',
      '  ok    is refused, with the reason (401)',
      '  ok    gets rate limited: 5 a minute pass, the others do not (429)',
    ]);
    assert.equal(demo.stderr, '');
    assert.deepEqual(demo.leftBehind(), NOTHING);
  },
);

test(
  'the banner is true: curl lines, traffic in the metrics, microgateways; SIGINT ends it with 0',
  needs,
  async (t) => {
    const demo = new DemoProcess(t, '--traffic', '100', '--port-base', '0');
    await demo.ready();

    const metrics = async (port: number) => (await ask({ port, path: '/metrics' })).text;
    const counted = (route: string, code: string) =>
      new RegExp(
        `^kong_http_requests_total\\{service="${route}",route="${route}",code="${code}".*\\} [1-9]`,
        'm',
      );
    const wanted = [
      counted('catalog', '200'),
      counted('catalog', '404'),
      counted('orders', '200'),
      counted('orders', '201'),
      counted('orders', '401'),
    ];
    const edge = demo.portOf('Metrics');
    let text = '';
    await until(
      async () => {
        text = await metrics(edge);
        return wanted.every((line) => line.test(text));
      },
      () => `the traffic does not show:\n${text}`,
    );
    assert.doesNotMatch(text, /route="offers"/);

    const [, catalog, orders, payments] = /have their own: (\d+), (\d+), (\d+)/.exec(demo.stdout) ?? [];
    assert.match(await metrics(Number(catalog)), counted('catalog', '200'));
    assert.match(await metrics(Number(orders)), counted('orders', '200'));
    assert.match(await metrics(Number(payments)), /^cardinal_requests_total [1-9]/m);

    if (hasCurl) {
      const lines = [...demo.stdout.matchAll(/^ {2}(curl .*)$/gm)].map((match) => match[1]!);
      const [succeeds, refused, limited] = lines.map(
        (line) => spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout,
      );
      assert.equal(lines.length, 3);
      assert.match(succeeds!, /^HTTP\/1\.1 200 OK\r\n[\s\S]*"customer":"demo"[\s\S]*"state":"paid"/);
      assert.match(refused!, /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*No API key found in request/);
      assert.match(limited!, /^\{.*\}\n {2}200\n[\s\S]*API rate limit exceeded[\s\S]* {2}429\n/);
    } else t.diagnostic('curl is not installed: its lines were not run');

    demo.child.kill('SIGINT');
    assert.equal(await demo.ended, 0, demo.stderr);
    assert.match(demo.stdout, /Everything has been stopped\.\n$/);
    assert.doesNotMatch(demo.stderr, /\S/);
    assert.deepEqual(demo.leftBehind(), NOTHING);
  },
);

test('a process that dies is named, everything else is stopped, exit code 1', needs, async (t) => {
  const demo = new DemoProcess(t, '--no-traffic', '--port-base', '0');
  await demo.ready();
  process.kill(demo.pidOf('services/payments.ts'), 'SIGKILL');
  assert.equal(await demo.ended, 1);
  assert.match(demo.stderr, /^error: payments service has ended: SIGKILL$/m);
  assert.deepEqual(demo.leftBehind(), NOTHING);
});

test('a demo that is killed leaves nothing behind either', needs, async (t) => {
  const demo = new DemoProcess(t, '--port-base', '0');
  await demo.ready();
  demo.child.kill('SIGKILL');
  assert.equal(await demo.ended, 'SIGKILL');
  await until(
    () => demo.leftBehind().processes.length === 0 && demo.leftBehind().files.length === 0,
    () => `left behind: ${JSON.stringify(demo.leftBehind())}`,
  );
});
