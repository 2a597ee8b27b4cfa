/** Workers that die under load: what the others' clients notice (nothing), and what the numbers say. */
import assert from 'node:assert/strict';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually, fetchFrom, folder, kongFile, serve } from './cardinal-process.ts';

const LISTEN = [
  '--proxy-listen',
  '127.0.0.1:0',
  '--admin-listen',
  '127.0.0.1:0',
  '--status-listen',
  '127.0.0.1:0',
];

async function start(t: TestContext, cwd: string, args: readonly string[], fake: boolean) {
  const { process: cardinal, ready } = await serve(t, ['gateway', ...LISTEN, ...args], { cwd, fake });
  const of = (name: string) => (ready[name] as string[])[0] as string;
  return { cardinal, proxy: of('proxy'), admin: of('admin'), status: of('status') };
}

/** Keep-alive connections that each send one request after another until told to stop. */
function load(address: string, path: string, connections: number) {
  const [host, port] = address.split(':');
  let stopped = false;
  const outcomes = Array.from({ length: connections }, () => ({ answered: 0, failed: 0 }));
  const done = outcomes.map(async (outcome) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      const status = await new Promise<number>((resolve) => {
        const outgoing = request({ host, port, path, agent }, (incoming) => {
          incoming.resume();
          incoming.on('end', () => resolve(incoming.statusCode ?? 0));
          incoming.on('error', () => resolve(0));
        });
        outgoing.on('error', () => resolve(0));
        outgoing.end();
      });
      if (status === 200) outcome.answered++;
      else {
        outcome.failed++;
        break;
      }
    }
    agent.destroy();
  });
  return {
    outcomes,
    total: () => outcomes.reduce((sum, { answered }) => sum + answered, 0),
    stop: async () => {
      stopped = true;
      await Promise.all(done);
    },
  };
}

function metric(text: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

for (const way of ['crash', 'exit', 'oom'] as const) {
  test(`a worker that ends by ${way} is replaced; requests of the others' connections do not fail`, async (t) => {
    const args = ['--workers', '2', '--worker-max-heap', '64m'];
    const { cardinal, proxy, status } = await start(t, await folder(t), args, true);
    const clients = load(proxy, '/', 16);
    await eventually(
      async () => clients.total(),
      (total) => total > 50,
    );
    const before = metric((await fetchFrom(status, '/metrics')).text, 'fake_requests_total');

    await fetchFrom(proxy, `/${way}`).catch(() => {});
    const died = await cardinal.line('a worker ended unexpectedly');
    await cardinal.line('worker replaced');
    const until = clients.total() + 200;
    await eventually(
      async () => clients.total(),
      (total) => total > until || clients.outcomes.every(({ failed }) => failed > 0),
    );
    await clients.stop();

    // Only connections of the worker that died may have failed, each at most once.
    const failed = clients.outcomes.filter((outcome) => outcome.failed > 0).length;
    assert.ok(failed < 16, `${failed} of 16 connections failed`);
    if (way === 'crash') assert.match(String(died['error']), /thrown outside of a request/);
    const after = await eventually(
      () => fetchFrom(status, '/metrics'),
      (answer) => metric(answer.text, 'cardinal_workers') === 2,
    );
    assert.equal(metric(after.text, 'cardinal_worker_restarts_total'), 1);
    assert.ok(metric(after.text, 'fake_requests_total') >= before);
    assert.equal((await fetchFrom(status, '/status')).json.worker_restarts, 1);
    assert.equal((await fetchFrom(status, '/readyz')).status, 200);
  });
}

test('the only worker is replaced as well, and serves the configuration that was current', async (t) => {
  const cwd = await folder(t, { 'kong.json': kongFile('a') });
  const { cardinal, proxy, admin } = await start(t, cwd, ['--workers', '1', '--config', 'kong.json'], true);
  const headers = { 'Content-Type': 'application/json' };
  assert.equal(
    (await fetchFrom(admin, '/config', { method: 'POST', headers, body: kongFile('b') })).status,
    201,
  );
  const before = (await fetchFrom(proxy, '/')).json;
  assert.equal(before.generation, 2);
  await fetchFrom(proxy, '/exit').catch(() => {});
  await cardinal.line('worker replaced');
  assert.deepEqual((await fetchFrom(proxy, '/')).json, before);
});

test('metrics are one set over all workers, and never go backwards when they die', async (t) => {
  const { cardinal, proxy, status } = await start(t, await folder(t), ['--workers', '2'], true);
  let sent = 0;
  let last = 0;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 20; i++) {
      await fetchFrom(proxy, '/');
      sent++;
    }
    const { text } = await fetchFrom(status, '/metrics');
    const now = metric(text, 'fake_requests_total');
    assert.ok(now >= last, `${now} after ${last}`);
    assert.equal(text.match(/^fake_requests_total/gm)?.length, 1);
    // Each crash itself may or may not have been counted before the thread was gone.
    assert.ok(now >= sent && now <= sent + round, `${now} of ${sent}`);
    last = now;
    const seen = cardinal.logLines().length;
    await fetchFrom(proxy, '/crash').catch(() => {});
    await cardinal.line('worker replaced', seen);
    assert.ok(metric((await fetchFrom(status, '/metrics')).text, 'fake_requests_total') >= last);
  }
});

test('a configuration that does not compile changes nothing on any worker', async (t) => {
  const { proxy, admin } = await start(t, await folder(t), ['--workers', '2', '--store', 'off'], true);
  const headers = { 'Content-Type': 'application/json' };
  const post = (name: string) =>
    fetchFrom(admin, '/config', { method: 'POST', headers, body: kongFile(name) });
  assert.equal((await post('uncompilable')).status, 400);
  for (let i = 0; i < 10; i++) assert.equal((await fetchFrom(proxy, '/')).json.generation, 1);
  assert.equal((await post('fine')).status, 201);
  for (let i = 0; i < 10; i++) assert.equal((await fetchFrom(proxy, '/')).json.generation, 2);
});

const PLUGIN = `
export default {
  name: 'time-bomb', version: '1.0.0', priority: 1,
  schema: { config: { type: 'record', fields: {}, options: {} } },
  create: () => ({
    access(exchange) {
      if (exchange.request.headers.get('x-bomb') !== undefined) setTimeout(() => { throw new Error('boom'); }, 1);
    },
  }),
};
`;

test('an own plugin that throws in a timer kills its worker alone: the real engine, proxying under load', async (t) => {
  const origin = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => origin.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(() => {
    origin.close();
    origin.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const cwd = await folder(t, {
    'time-bomb.mjs': PLUGIN,
    'kong.json': JSON.stringify({
      _format_version: '3.0',
      services: [{ name: 'a', url, routes: [{ name: 'a', paths: ['/'] }] }],
      plugins: [{ name: 'time-bomb' }],
    }),
  });
  const args = ['--workers', '2', '--config', 'kong.json', '--plugin-paths', join(cwd, 'time-bomb.mjs')];
  const { cardinal, proxy, status } = await start(t, cwd, args, false);
  const clients = load(proxy, '/', 16);
  await eventually(
    async () => clients.total(),
    (total) => total > 50,
  );
  await fetchFrom(proxy, '/', { headers: { 'X-Bomb': '1' } }).catch(() => {});
  const died = await cardinal.line('a worker ended unexpectedly');
  assert.equal(died['error'], 'boom');
  assert.match(String(died['origin']), /time-bomb\.mjs:\d+:\d+$/);
  await cardinal.line('worker replaced');
  const until = clients.total() + 100;
  await eventually(
    async () => clients.total(),
    (total) => total > until || clients.outcomes.every(({ failed }) => failed > 0),
  );
  await clients.stop();
  assert.ok(clients.outcomes.filter(({ failed }) => failed > 0).length < 16);
  assert.equal((await fetchFrom(status, '/readyz')).status, 200);
});
