/** What is tried again, what is not, and what clients are told in the end (Kong 4.7, 5.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { OK, startUpstream, unusedPort } from './harness/raw-upstream.ts';

const message = (method: string, body = ''): string =>
  `${method} / HTTP/1.1\r\nHost: a\r\n${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;

test('a refused connection: 502 after all attempts, in the form the client accepts', async (t) => {
  const gateway = await startGateway(t, { upstream: await unusedPort(), service: { retries: 2 } });
  const text = 'An invalid response was received from the upstream server';
  for (const [lines, type, body] of [
    ['', 'text/plain; charset=utf-8', (id: string) => `${text}\nrequest_id: ${id}\n`],
    ['Accept: */*\r\n', 'text/plain; charset=utf-8', (id: string) => `${text}\nrequest_id: ${id}\n`],
    [
      'Accept: application/json\r\n',
      'application/json; charset=utf-8',
      (id: string) => `{\n  "message":"${text}",\n  "request_id":"${id}"\n}`,
    ],
    [
      'Content-Type: application/json\r\n',
      'application/json; charset=utf-8',
      (id: string) => `{\n  "message":"${text}",\n  "request_id":"${id}"\n}`,
    ],
    [
      'Accept: text/html;q=0.5, application/xml;q=0.9\r\n',
      'application/xml; charset=utf-8',
      (id: string) =>
        `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${text}</message>\n  <requestid>${id}</requestid>\n</error>\n`,
    ],
  ] as const) {
    const response = await ask(t, gateway.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    assert.equal(response.status, 502);
    assert.equal(response.one('content-type'), type);
    assert.equal(response.body.toString(), body(response.one('x-kong-request-id')!));
    assert.equal(response.one('x-content-type-options'), 'nosniff');
    assert.match(response.one('x-kong-response-latency')!, /^[0-9]+$/);
    assert.equal(response.one('x-kong-upstream-latency'), undefined);
  }
  assert.equal(gateway.counted('cardinal_upstream_retries_total', { code: 'connect_failed' }), 2 * 5);
});

test('nothing reached the upstream: also a POST is tried again', async (t) => {
  const gateway = await startGateway(t, { upstream: await unusedPort(), service: { retries: 1 } });
  assert.equal((await ask(t, gateway.port, message('POST', 'hello'))).status, 502);
  assert.equal(gateway.counted('cardinal_upstream_retries_total'), 1);
});

for (const [method, attempts] of [
  ['GET', 3],
  ['PUT', 3],
  ['DELETE', 3],
  ['POST', 1],
  ['PATCH', 1],
  ['LOCK', 1],
] as const) {
  for (const [name, answer] of [
    ['closes without an answer', ''],
    ['answers garbage', 'garbage\r\n\r\n'],
  ] as const) {
    test(`${method} to an upstream that ${name}: ${attempts} attempts`, async (t) => {
      const upstream = await startUpstream(t, {
        onRequest: (_, peer) => {
          peer.end(answer);
          return undefined;
        },
      });
      const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 2 } });
      const response = await ask(t, gateway.port, message(method, 'hello'));
      assert.equal(response.status, 502);
      assert.equal(upstream.requests.length, attempts);
      for (const request of upstream.requests)
        assert.equal(request.body.toString(), 'hello', 'the body each time');
    });
  }
}

test('an attempt that succeeds ends it, and error statuses are answers', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      if (upstream.requests.length === 1) {
        peer.reset();
        return undefined;
      }
      return 'HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno';
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 5 } });
  assert.equal((await ask(t, gateway.port, message('GET'))).status, 503);
  assert.equal(upstream.requests.length, 2);
});

test('a body that was not kept is not sent twice', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      peer.reset();
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 5 } });
  assert.equal((await ask(t, gateway.port, message('PUT', 'x'.repeat(100_000)))).status, 502);
  assert.equal(upstream.requests.length, 1);
});

/** An upstream whose kept connections end as soon as they are used again. */
const closesOnSecond = (_: unknown, peer: { requests: number; reset(): void }): string | undefined => {
  if (peer.requests === 1) return OK;
  peer.reset();
  return undefined;
};

for (const [method, status] of [
  ['GET', 200],
  ['POST', 502],
] as const) {
  test(`a kept connection that the upstream closes as we send: ${method} -> ${status}`, async (t) => {
    const upstream = await startUpstream(t, { onRequest: closesOnSecond });
    const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 0 } });
    const client = await connect(t, gateway.port);
    client.send(message('GET'));
    assert.equal((await client.response()).status, 200);
    client.send(message(method, 'hello'));
    assert.equal((await client.response(method)).status, status);
    assert.equal(upstream.peers.length, status === 200 ? 2 : 1);
  });
}

test('a kept connection that has been closed before is not used', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 0 } });
  const client = await connect(t, gateway.port);
  client.send(message('POST', 'x'));
  assert.equal((await client.response('POST')).status, 200);
  upstream.peers[0]!.end();
  await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
  client.send(message('POST', 'x'));
  assert.equal((await client.response('POST')).status, 200);
});

test('a connection that does not come to stand: 504', async (t) => {
  // Accepts, and never answers the TLS handshake, which belongs to connecting.
  const upstream = await startUpstream(t, { onData: () => {} });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    service: { protocol: 'https', connect_timeout: 50, retries: 1 },
  });
  const response = await ask(t, gateway.port, message('POST', 'x'));
  assert.equal(response.status, 504);
  assert.match(response.body.toString(), /^The upstream server is timing out\n/);
  assert.equal(gateway.counted('cardinal_upstream_retries_total', { code: 'connect_timeout' }), 1);
});

test('no route: 404 in JSON, and the connection is kept', async (t) => {
  const gateway = await startGateway(t, { route: { paths: ['/only'] } });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send(message('GET'));
    const response = await client.response();
    assert.equal(response.status, 404);
    assert.equal(
      response.body.toString(),
      `{\n  "message":"no Route matched with those values",\n  "request_id":"${response.one('x-kong-request-id')}"\n}`,
    );
  }
});

test('a route without a service: 503; a route for https only: 426 or a redirect', async (t) => {
  const none = await startGateway(t, { route: { service: null } });
  assert.equal((await ask(t, none.port, message('GET'))).status, 503);
  const strict = await startGateway(t, { route: { protocols: ['https'] } });
  const required = await ask(t, strict.port, message('GET'));
  assert.equal(required.status, 426);
  assert.equal(required.one('connection'), 'Upgrade');
  assert.equal(required.one('upgrade'), 'TLS/1.2, HTTP/1.1');
  const moved = await startGateway(t, { route: { protocols: ['https'], https_redirect_status_code: 301 } });
  const response = await ask(t, moved.port, 'GET /x?y HTTP/1.1\r\nHost: Shop.example:80\r\n\r\n');
  assert.equal(response.status, 301);
  assert.equal(response.one('location'), 'https://shop.example/x?y');
});

test('a plugin that throws costs its own exchange, in every phase', async (t) => {
  for (const phase of ['rewrite', 'access', 'response', 'requestBody', 'responseBody', 'log'] as const) {
    await t.test(phase, async (t) => {
      const upstream = await startUpstream(t);
      let broken = true;
      const gateway = await startGateway(t, {
        upstream: upstream.port,
        plugin: {
          [phase]: (_: unknown, piece: Buffer) => {
            if (broken) throw new Error('planted');
            return piece;
          },
        },
      });
      const client = await connect(t, gateway.port);
      client.send(message('POST', 'hello'));
      if (phase === 'log') assert.equal((await client.response('POST')).status, 200);
      else if (phase === 'responseBody') await client.closed();
      else assert.equal((await client.response('POST')).status, 500);
      broken = false;
      assert.equal((await ask(t, gateway.port, message('POST', 'hello'))).status, 200);
      assert.equal(gateway.engine.status().requestsActive, 0);
    });
  }
});
