/** A client that goes away takes its work with it, at whatever point it goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';

const POINTS = [
  {
    name: 'while the upstream is silent',
    request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    answer: undefined,
  },
  {
    name: 'within the request body',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf',
    answer: undefined,
  },
  {
    name: 'within the chunks of the request body',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
    answer: undefined,
  },
  {
    name: 'within the response',
    request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
  },
] as const;

for (const point of POINTS) {
  for (const way of ['reset', 'close'] as const) {
    test(`${way} ${point.name}`, async (t) => {
      const upstream = await startUpstream(t, {
        onHead: (peer) => {
          if (point.answer !== undefined) peer.send(point.answer);
        },
        onRequest: () => undefined,
      });
      const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 5 } });
      const client = await connect(t, gateway.port);
      client.send(point.request);
      await upstream.until('head', () => (upstream.text.includes('\r\n\r\n') ? true : undefined));
      if (point.answer !== undefined)
        await client.until('half', () => (client.unread.includes('half') ? true : undefined));
      if (way === 'reset') client.reset();
      else client.close();
      await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
      assert.ok(!upstream.text.includes('\r\n0\r\n'), 'no last chunk');
      assert.equal(upstream.peers.length, 1, 'no other attempt');
      assert.equal(
        gateway.counted('cardinal_exchange_errors_total', { code: 'client_disconnected', source: 'client' }),
        1,
      );
      const { requestsActive, connectionsActive } = gateway.engine.status();
      assert.deepEqual({ requestsActive, connectionsActive }, { requestsActive: 0, connectionsActive: 0 });
    });
  }
}

test('reset while a plugin is being waited for, and while the connection is being made', async (t) => {
  const upstream = await startUpstream(t);
  let go: (() => void) | undefined;
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: {
      access: () =>
        new Promise<void>((resolve) => {
          go = resolve;
        }),
    },
  });
  const client = await connect(t, gateway.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  while (go === undefined) await new Promise((resolve) => setImmediate(resolve));
  client.reset();
  while (gateway.engine.status().connectionsActive > 0) await new Promise((resolve) => setImmediate(resolve));
  go();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(upstream.peers.length, 0, 'nothing is sent for a client that is gone');
  assert.equal(gateway.engine.status().requestsActive, 0);
});
