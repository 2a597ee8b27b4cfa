/** `cardinal health`: what orchestrators run inside a container. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { folder, run, serve } from './cardinal-process.ts';

async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const answering = (handler: RequestListener) => createServer(handler);

test('a microgateway that serves is ready and alive', async (t) => {
  const cwd = await folder(t);
  const { ready } = await serve(
    t,
    [
      ...['microgateway', '--service', 'orders', '--to', 'http://127.0.0.1:9'],
      ...['--inbound-listen', '127.0.0.1:0', '--outbound-listen', 'off', '--status-listen', '127.0.0.1:0'],
    ],
    { cwd },
  );
  const [address] = ready['status'] as string[];
  const asked = await run(['health', '--url', `http://${address}`]);
  assert.deepEqual([asked.code, asked.stdout, asked.stderr], [0, 'ready\n', '']);
  const port = String(address).split(':')[1];
  // The environment is the container's own, with what the other product would not know.
  const env = { CARDINAL_STATUS_LISTEN: `0.0.0.0:${port}`, CARDINAL_SERVICE: 'orders' };
  const live = await run(['health', '--live'], { env });
  assert.deepEqual([live.code, live.stdout], [0, 'alive\n']);
});

test('what is not ready says why, with exit code 1', async (t) => {
  const reasons = [{ reason: 'draining', message: 'draining' }];
  const server = answering((request, response) => {
    response.statusCode = request.url === '/livez' ? 200 : 503;
    response.end(JSON.stringify({ status: 'not ready', reasons }));
  });
  const port = await listening(t, server);
  const asked = await run(['health', '--url', `http://127.0.0.1:${port}`]);
  assert.equal(asked.code, 1);
  assert.match(asked.stderr, /127\.0\.0\.1:\d+ is not ready: draining/);
  assert.equal((await run(['health', '--live', '--url', `http://127.0.0.1:${port}`])).code, 0);
});

test('nobody there, and somebody else there, is not ready', async (t) => {
  const gone = createTcpServer();
  const port = await listening(t, gone);
  await new Promise((resolve) => gone.close(resolve));
  const nobody = await run(['health', '--url', `http://127.0.0.1:${port}`]);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /does not answer: nothing listens there/);
  const other = await listening(
    t,
    createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('SSH-2.0-x\r\n'),
    ),
  );
  assert.equal((await run(['health', '--url', `http://127.0.0.1:${other}`])).code, 1);
  const endless = answering((_, response) => void response.end('x'.repeat(200_000)));
  const large = await run(['health', '--url', `http://127.0.0.1:${await listening(t, endless)}`]);
  assert.equal(large.code, 1);
  assert.match(large.stderr, /too large/);
});

test('without an address to ask it says so', async () => {
  const off = await run(['health'], { env: { CARDINAL_STATUS_LISTEN: 'off' } });
  assert.equal(off.code, 64);
  assert.match(off.stderr, /--url http:\/\/127\.0\.0\.1:8100/);
  assert.equal((await run(['health', '--url', 'https://127.0.0.1'])).code, 64);
});
