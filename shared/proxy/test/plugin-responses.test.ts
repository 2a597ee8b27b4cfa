/** Whatever plugins do to a response, it stays one well-formed message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';

const message = (method = 'GET'): string => `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`;

for (const status of [204, 304]) {
  for (const [name, octets] of [
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: 1\r\n\r\n'],
  ] as const) {
    test(`a response with ${name} that becomes a ${status} loses its body`, async (t) => {
      const upstream = await startUpstream(t, { onRequest: () => octets });
      const gateway = await startGateway(t, {
        upstream: upstream.port,
        plugin: {
          response: (exchange) => {
            exchange.response.status = status;
          },
        },
      });
      const client = await connect(t, gateway.port);
      for (let i = 0; i < 2; i++) {
        client.send(message());
        const response = await client.response();
        assert.equal(response.status, status);
        assert.equal(response.one('transfer-encoding'), undefined);
        if (status === 204) assert.equal(response.one('content-length'), undefined);
      }
      assert.equal(upstream.peers.length, 1);
    });
  }
}

test('a 204 that becomes a 200 is said to be empty', async (t) => {
  const upstream = await startUpstream(t, { onRequest: () => 'HTTP/1.1 204 No Content\r\n\r\n' });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: {
      response: (exchange) => {
        exchange.response.status = 200;
      },
    },
  });
  const client = await connect(t, gateway.port);
  client.send(message());
  assert.equal((await client.response()).one('content-length'), '0');
});

test('framing and connection fields of plugins are not sent, other fields are', async (t) => {
  const upstream = await startUpstream(t);
  for (const answer of ['relayed', 'made'] as const) {
    const gateway = await startGateway(t, {
      upstream: upstream.port,
      plugin: {
        access: (exchange) => {
          if (answer === 'made')
            exchange.exit(200, 'ok', {
              headers: [
                ['Transfer-Encoding', 'chunked'],
                ['Connection', 'x'],
              ],
            });
        },
        response: ({ response: { headers } }) => {
          headers.set('Content-Length', '99');
          headers.append('Transfer-Encoding', 'gzip');
          headers.set('Connection', 'close');
          headers.set('X-Plugin', '1');
          headers.append('X-Plugin', '2');
        },
      },
    });
    const client = await connect(t, gateway.port);
    for (let i = 0; i < 2; i++) {
      client.send(message());
      const response = await client.response();
      assert.equal(response.one('content-length'), '2', answer);
      assert.equal(response.one('connection'), undefined);
      assert.equal(response.body.toString(), 'ok');
      assert.deepEqual(response.all('x-plugin'), ['1', '2']);
    }
  }
});

test('framing and connection fields that plugins put into a request are not sent', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: {
      access: ({ request: { headers } }) => {
        headers.set('Content-Length', '99');
        headers.set('Transfer-Encoding', 'chunked');
        headers.set('Connection', 'close');
        headers.set('Host', 'elsewhere');
        headers.set('X-Plugin', '1');
      },
    },
  });
  const client = await connect(t, gateway.port);
  client.send(message());
  assert.equal((await client.response()).status, 200);
  const [request] = upstream.requests;
  assert.deepEqual([...request!.all('content-length'), ...request!.all('transfer-encoding')], []);
  assert.equal(request!.one('connection'), 'keep-alive');
  assert.equal(request!.one('host'), `127.0.0.1:${upstream.port}`);
  assert.equal(request!.one('x-plugin'), '1');
});

test('an exit with a status that has no body sends none, and HEAD gets the length alone', async (t) => {
  let status = 204;
  const gateway = await startGateway(t, { plugin: { access: (exchange) => exchange.exit(status, 'body') } });
  const client = await connect(t, gateway.port);
  for (const one of [204, 304]) {
    status = one;
    client.send(message());
    assert.equal((await client.response()).status, one);
  }
  status = 200;
  client.send(message('HEAD'));
  assert.equal((await client.response('HEAD')).one('content-length'), '4');
  client.send(message());
  assert.equal((await client.response()).body.toString(), 'body');
});
