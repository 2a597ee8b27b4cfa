/** Request lines (RFC 9112 3): what is refused with which status, and what is served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';
import { type RefusedRow, refuseAll, type ServedRow, serveAll } from './harness/tables.ts';

const row = (line: string, status: number, reason: string, name = JSON.stringify(line)): RefusedRow => ({
  name,
  octets: `${line}\r\nHost: a\r\n\r\n`,
  status,
  reason,
});

const REFUSED: readonly RefusedRow[] = [
  row('GET /', 400, 'request_line_malformed', 'no version (0.9 style)'),
  row('GET  / HTTP/1.1', 400, 'request_line_malformed'),
  row('GET /  HTTP/1.1', 400, 'version_malformed'),
  row('GET\t/ HTTP/1.1', 400, 'method_invalid'),
  row(' GET / HTTP/1.1', 400, 'method_invalid'),
  row('GET / HTTP/1.1 ', 400, 'version_malformed'),
  row('\r\n\r\nGET / HTTP/1.1', 400, 'method_invalid', 'two empty lines'),
  row('\nGET / HTTP/1.1', 400, 'method_invalid', 'an empty line of LF'),
  ...[
    'http/1.1',
    'HTTP/1',
    'HTTP/01.1',
    'HTTP/ 1.1',
    'IHTTP/1.1',
    'HTTP/1.10',
    'HTTP/1,1',
    'HTTP/x.1',
    'HTTP/11',
  ].map((version) => row(`GET / ${version}`, 400, 'version_malformed')),
  row('GET / HTTP/2.0', 505, 'version_not_supported'),
  row('PRI * HTTP/2.0', 505, 'version_not_supported'),
  row('GET / HTTP/9.9', 505, 'version_not_supported'),
  row('GET / HTTP/1.2', 505, 'version_not_supported'),
  ...['/a\tb', '/a\0b', '/a\x7fb', '/a\x01b', '/a\x80b', '/\xffb'].map((target) =>
    row(`GET ${target} HTTP/1.1`, 400, 'target_invalid'),
  ),
  row('GET /a b HTTP/1.1', 400, 'version_malformed'),
  row('GET /a#b HTTP/1.1', 400, 'target_invalid'),
  row('GET admin HTTP/1.1', 400, 'target_invalid'),
  row('GET host:80 HTTP/1.1', 400, 'target_invalid'),
  row('GET ?a HTTP/1.1', 400, 'target_invalid'),
  row('GET * HTTP/1.1', 400, 'target_invalid'),
  row('OPTIONS */x HTTP/1.1', 400, 'target_invalid'),
  ...[
    'http://u@a/',
    'http://u:p@a/',
    'https://a/',
    'ftp://a/',
    'http:///x',
    'http://',
    'http://a:65536/',
    'http://a:b/',
    'http:/a',
    'http://a,b/',
  ].map((target) => row(`GET ${target} HTTP/1.1`, 400, 'target_invalid')),
  row('CONNECT a:443 HTTP/1.1', 405, 'connect_refused'),
  row('TRACE / HTTP/1.1', 405, 'trace_refused'),
  row('GE(T / HTTP/1.1', 400, 'method_invalid'),
  row('get / HTTP/1.1', 400, 'method_invalid'),
  row('Get / HTTP/1.1', 400, 'method_invalid'),
  row('FOO / HTTP/1.1', 501, 'method_unknown'),
  row(`${'A'.repeat(17)} / HTTP/1.1`, 501, 'method_unknown'),
  row(`GET /${'a'.repeat(8192)} HTTP/1.1`, 414, 'target_too_long', 'a target over the limit'),
  {
    name: 'a line ended by LF',
    octets: 'GET / HTTP/1.1\nHost: a\n\n',
    status: 400,
    reason: 'line_ending_invalid',
  },
  {
    name: 'a line ended by CR',
    octets: 'GET / HTTP/1.1\rHost: a\r\r',
    status: 400,
    reason: 'line_ending_invalid',
  },
  {
    name: 'TLS on the plain port',
    octets: Buffer.from('160301020001000100', 'hex'),
    status: 400,
    reason: 'method_invalid',
  },
];

const SERVED: readonly ServedRow[] = [
  {
    name: 'one empty line, then a request',
    octets: '\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n',
    upstream: (request) => assert.equal(request.target, '/a'),
  },
  {
    name: 'absolute-form: its authority counts, not Host',
    octets: 'GET http://right.test/x?y HTTP/1.1\r\nHost: wrong.test\r\n\r\n',
    upstream: (request) => {
      assert.equal(request.target, '/x?y');
      assert.equal(request.one('x-forwarded-host'), 'right.test');
      assert.ok(!request.raw.includes('wrong.test'));
    },
  },
  {
    name: 'absolute-form without a path',
    octets: 'GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n',
    upstream: (request) => assert.equal(request.target, '/?q'),
  },
  {
    name: 'a target of exactly the limit',
    octets: `GET /${'a'.repeat(8191)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    upstream: (request) => assert.equal(request.target.length, 8192),
  },
  ...['PURGE', 'M-SEARCH', 'QUERY', 'PROPFIND'].map((method) => ({
    name: `method ${method}`,
    octets: `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`,
    upstream: (request: { method: string }) => assert.equal(request.method, method),
  })),
];

test('request lines that are refused', async (t) => {
  const upstream = await startUpstream(t);
  await refuseAll(t, await startGateway(t, { upstream: upstream.port }), upstream, REFUSED);
});

test('request lines that are served', async (t) => {
  const upstream = await startUpstream(t);
  await serveAll(t, await startGateway(t, { upstream: upstream.port }), upstream, SERVED);
});

test('OPTIONS * is answered by the gateway and keeps the connection', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
    const response = await client.response('OPTIONS');
    assert.equal(response.status, 204);
    assert.match(response.one('allow')!, /GET/);
    assert.equal(response.one('content-length'), undefined);
  }
  assert.equal(upstream.text, '');
});

test('Max-Forwards: 0 is answered, more is counted down', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n');
  assert.equal((await client.response('OPTIONS')).status, 204);
  assert.equal(upstream.text, '');
  client.send('OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n');
  assert.equal((await client.response('OPTIONS')).status, 200);
  assert.equal(upstream.requests[0]!.one('max-forwards'), '2');
});

test('405 says what is allowed', async (t) => {
  const gateway = await startGateway(t, {});
  const client = await connect(t, gateway.port);
  client.send('TRACE / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match((await client.response()).one('allow')!, /GET, HEAD, POST/);
});
