/** The microgateway as a process, with the real engine where it matters. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually, fetchFrom, folder, kongFile, run, serve } from './cardinal-process.ts';

const LISTEN = [
  '--inbound-listen',
  '127.0.0.1:0',
  '--outbound-listen',
  '127.0.0.1:0',
  '--status-listen',
  '127.0.0.1:0',
];

async function service(t: TestContext, respond: RequestListener): Promise<string> {
  const server = createServer(respond);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function microgateway(
  t: TestContext,
  args: readonly string[],
  options: { cwd?: string; fake?: boolean } = {},
) {
  const cwd = options.cwd ?? (await folder(t));
  const { process: cardinal, ready } = await serve(t, ['microgateway', ...LISTEN, ...args], {
    ...options,
    cwd,
  });
  const of = (name: string) => (ready[name] as string[])[0];
  return { cardinal, ready, inbound: of('inbound'), outbound: of('outbound'), status: of('status') };
}

test('one service without a file: what comes in goes to it', async (t) => {
  const to = await service(t, (request, response) => response.end(`got ${request.url}`));
  const { inbound, status } = await microgateway(t, ['--service', 'orders', '--to', to]);
  const answer = await fetchFrom(inbound, '/orders/1?x=2');
  assert.equal(answer.status, 200);
  assert.equal(answer.text, 'got /orders/1?x=2');
  assert.equal((await fetchFrom(status, '/readyz')).status, 200);
  const { json } = await fetchFrom(status, '/status');
  assert.equal(json.role, 'microgateway');
  assert.equal(json.service, 'orders');
  assert.equal(json.server.total_requests, 1);
  assert.match((await fetchFrom(status, '/metrics')).text, /^cardinal_requests_total 1$/m);
});

test('inbound by the service of the file, outbound to the others by name, unknown ones refused', async (t) => {
  const orders = await service(t, (_, response) => response.end('orders'));
  const stock = await service(t, (_, response) => response.end('stock'));
  const cwd = await folder(t, {
    'kong.json': JSON.stringify({
      _format_version: '3.0',
      services: [
        { name: 'orders', url: 'http://orders.internal', routes: [{ name: 'orders', paths: ['/o'] }] },
        { name: 'stock', url: stock, routes: [{ name: 'stock', paths: ['/s'] }] },
      ],
    }),
  });
  const { inbound, outbound } = await microgateway(
    t,
    ['--config', 'kong.json', '--service', 'orders', '--to', orders],
    { cwd },
  );
  assert.equal((await fetchFrom(inbound, '/o')).text, 'orders');
  assert.equal((await fetchFrom(inbound, '/s')).status, 404);
  assert.equal((await fetchFrom(outbound, '/x', { headers: { Host: 'stock' } })).text, 'stock');
  assert.ok((await fetchFrom(outbound, '/x', { headers: { Host: 'elsewhere' } })).status >= 400);
});

test('a listener may be off', async (t) => {
  const args = [
    'microgateway',
    '--service',
    'a',
    '--to',
    'http://127.0.0.1:9',
    '--outbound-listen',
    'off',
    '--inbound-listen',
    '127.0.0.1:0',
    '--status-listen',
    'off',
  ];
  const { ready } = await serve(t, args, { fake: true, cwd: await folder(t) });
  assert.deepEqual(ready['outbound'], []);
  assert.deepEqual(ready['status'], []);
});

test('an address in use names its own setting', async (t) => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(() => server.close());
  const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = [
    'microgateway',
    '--service',
    'a',
    '--to',
    '127.0.0.1:9',
    '--inbound-listen',
    '127.0.0.1:0',
    '--status-listen',
    '127.0.0.1:0',
  ];
  for (const fake of [true, false]) {
    const { code, stderr } = await run([...args, '--outbound-listen', taken], { fake, cwd: await folder(t) });
    assert.equal(code, 69, stderr);
    assert.ok(
      stderr.includes(`cannot listen on ${taken}: the address is in use by pid ${process.pid}`),
      stderr,
    );
    assert.ok(stderr.includes('--outbound-listen HOST:PORT or CARDINAL_OUTBOUND_LISTEN'), stderr);
  }
});

test('a change of the file is put in place; a bad one is not', async (t) => {
  const cwd = await folder(t, { 'kong.json': kongFile('a') });
  const args = ['--config', 'kong.json', '--service', 'a', '--to', '127.0.0.1:9'];
  const { cardinal, inbound } = await microgateway(t, args, { cwd, fake: true });
  await writeFile(join(cwd, 'kong.json'), kongFile('a', 'b'));
  await eventually(
    () => fetchFrom(inbound, '/'),
    (answer) => answer.json.generation === 2,
  );
  await writeFile(join(cwd, 'kong.json'), '{');
  await cardinal.line('is invalid; the one in place stays');
  await writeFile(join(cwd, 'kong.json'), kongFile('uncompilable'));
  await cardinal.line('the configuration was not changed');
  assert.equal((await fetchFrom(inbound, '/')).json.generation, 2);
  await writeFile(join(cwd, 'kong.json'), kongFile('c'));
  const warning = await cardinal.line('has no service of this name');
  assert.equal(warning['service'], 'a');
});

test('SIGTERM: not ready, inbound drains while outbound is still usable, then exit 0', async (t) => {
  let release = (): void => {};
  const reached = Promise.withResolvers<void>();
  const to = await service(t, (_, response) => {
    release = () => response.end('finished');
    reached.resolve();
  });
  const stock = await service(t, (_, response) => response.end('stock'));
  const cwd = await folder(t, {
    'kong.json': JSON.stringify({
      _format_version: '3.0',
      services: [
        { name: 'a', url: to, routes: [{ name: 'a', paths: ['/'] }] },
        { name: 'stock', url: stock },
      ],
    }),
  });
  const { cardinal, inbound, outbound, status } = await microgateway(
    t,
    ['--config', 'kong.json', '--service', 'a', '--to', to],
    { cwd },
  );
  const slow = fetchFrom(inbound, '/');
  await reached.promise;
  cardinal.child.kill('SIGTERM');
  await eventually(
    () => fetchFrom(status, '/readyz'),
    (answer) => answer.status === 503,
  );
  await assert.rejects(fetchFrom(inbound, '/'));
  assert.equal((await fetchFrom(outbound, '/', { headers: { Host: 'stock' } })).text, 'stock');
  release();
  assert.equal((await slow).text, 'finished');
  const { code, stderr } = await cardinal.finished;
  assert.equal(code, 0, stderr);
});

test('an uncaught exception is logged and counted, and it goes on; too many end it with 1', async (t) => {
  const { cardinal, inbound, status } = await microgateway(t, ['--service', 'a', '--to', '127.0.0.1:9'], {
    fake: true,
  });
  await fetchFrom(inbound, '/crash');
  await cardinal.line('an exception was not caught');
  assert.equal((await fetchFrom(inbound, '/')).status, 200);
  assert.match((await fetchFrom(status, '/metrics')).text, /^cardinal_uncaught_errors_total 1$/m);
  assert.equal((await fetchFrom(status, '/readyz')).status, 200);
  const slow = fetchFrom(inbound, '/slow/300');
  await eventually(
    () => fetchFrom(status, '/status'),
    (answer) => answer.json.requests_active === 1,
  );
  for (let i = 0; i < 10; i++) await fetchFrom(inbound, '/crash').catch(() => {});
  assert.equal((await slow).status, 200);
  const { code, stderr } = await cardinal.finished;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /too many uncaught exceptions/);
});

test('drain_delay: not ready at once, both directions served as before until it is over', async (t) => {
  const to = await service(t, (_, response) => response.end('ok'));
  const args = ['--service', 'orders', '--to', to, '--drain-delay', '600ms'];
  const { cardinal, inbound, outbound, status } = await microgateway(t, args);
  cardinal.child.kill('SIGTERM');
  await eventually(
    () => fetchFrom(status, '/readyz'),
    (answer) => answer.status === 503,
  );
  assert.equal((await fetchFrom(inbound, '/')).text, 'ok');
  assert.equal((await fetchFrom(outbound, '/', { headers: { Host: 'orders' } })).text, 'ok');
  assert.equal((await cardinal.finished).code, 0);
});
