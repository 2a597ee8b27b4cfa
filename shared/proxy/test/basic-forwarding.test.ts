/** One request through the whole gateway: what the upstream gets and what the client gets back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { OK, startUpstream } from './harness/raw-upstream.ts';

test('the upstream gets a canonical request, octet for octet', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('GET /a/b?c=d HTTP/1.1\r\nHOST: Example.Test\r\nx-one:1\r\nX-Two:  2 \r\nX-One: 3\r\n\r\n');
  const response = await client.response();
  assert.equal(response.status, 200);
  assert.equal(response.body.toString(), 'ok');
  const [request] = upstream.requests;
  const id = request!.one('x-kong-request-id')!;
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(
    request!.raw.toString('latin1'),
    `GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\nConnection: keep-alive\r\n` +
      'x-one: 1\r\nX-Two: 2\r\nX-One: 3\r\nVia: 1.1 cardinal-88888888\r\n' +
      'X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n' +
      `X-Forwarded-Port: ${gateway.port}\r\nX-Forwarded-Host: example.test\r\nX-Forwarded-Path: /a/b\r\n` +
      `X-Kong-Request-Id: ${id}\r\n\r\n`,
  );
  assert.equal(response.one('x-kong-request-id'), id);
});

test('the client gets the lines of the upstream in order, with what the gateway adds behind them', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () =>
      'HTTP/1.1 203 Very Well\r\nSet-Cookie: a=1\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nSet-Cookie: b=2\r\n' +
      'Server: theirs\r\nContent-Length: 3\r\n\r\nabc',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const response = await ask(t, gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(response.startLine, 'HTTP/1.1 203 Very Well');
  assert.deepEqual(response.all('set-cookie'), ['a=1', 'b=2']);
  assert.equal(response.one('server'), 'theirs');
  assert.equal(response.one('date'), 'Thu, 01 Jan 2026 00:00:00 GMT');
  assert.equal(response.one('via'), '1.1 cardinal-88888888');
  assert.match(response.one('x-kong-upstream-latency')!, /^[0-9]+$/);
  assert.match(response.one('x-kong-proxy-latency')!, /^[0-9]+$/);
  assert.equal(response.one('connection'), undefined);
});

test('a connection to the upstream is used again', async (t) => {
  const upstream = await startUpstream(t, { onRequest: () => OK });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 3; i++) {
    client.send(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal((await client.response()).status, 200);
  }
  assert.equal(upstream.peers.length, 1);
  assert.deepEqual(
    upstream.requests.map((request) => request.target),
    ['/0', '/1', '/2'],
  );
});
