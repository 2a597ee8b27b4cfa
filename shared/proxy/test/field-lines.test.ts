/** Field lines (RFC 9112 5): refused, dropped, passed on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';
import { type RefusedRow, refuseAll, type ServedRow, serveAll } from './harness/tables.ts';

const row = (name: string, lines: string, reason: string, status = 400): RefusedRow => ({
  name,
  octets: `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`,
  status,
  reason,
});

const REFUSED: readonly RefusedRow[] = [
  row('space before the colon', 'X : v\r\n', 'field_name_invalid'),
  row('tab before the colon', 'X\t: v\r\n', 'field_name_invalid'),
  row('folded line', 'X: a\r\n b\r\n', 'field_name_invalid'),
  row('folded with a tab', 'X: a\r\n\tb\r\n', 'field_name_invalid'),
  {
    name: 'first line begins with a space',
    octets: 'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
    status: 400,
    reason: 'field_name_invalid',
  },
  row('ended by LF', 'X: a\nY: b\r\n', 'line_ending_invalid'),
  row('head ended by LF', 'X: a\r\n\n', 'line_ending_invalid'),
  row('bare CR in a value', 'X: a\rb\r\n', 'line_ending_invalid'),
  row('CR CR LF', 'X: a\r\r\n', 'line_ending_invalid'),
  row('CR as the first octet of a line', '\rX: a\r\n', 'line_ending_invalid'),
  ...['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1f', '\x7f'].map((c) =>
    row(`${JSON.stringify(c)} in a value`, `X: a${c}b\r\n`, 'field_value_invalid'),
  ),
  row('no colon', 'X\r\n', 'field_name_invalid'),
  row('empty name', ': a\r\n', 'field_name_invalid'),
  ...['X[]', 'X\x85', 'X(', 'X"', 'X,', 'X/', 'X@', '\xff', 'X\0'].map((name) =>
    row(`name ${JSON.stringify(name)}`, `${name}: a\r\n`, 'field_name_invalid'),
  ),
  row(
    'two Authorization',
    'Authorization: Basic eA==\r\nauthorization: Basic eQ==\r\n',
    'singleton_field_repeated',
  ),
  row('two Content-Type', 'Content-Type: a/b\r\nContent-Type: a/b\r\n', 'singleton_field_repeated'),
  row('Connection: host', 'Connection: host\r\n', 'connection_names_protected_field'),
  ...[
    'Content-Length',
    'authorization',
    'X-Forwarded-For',
    'x-real-ip',
    'cookie',
    'close, Host',
    'transfer-encoding',
    'x-forwarded-proto',
    'forwarded',
    'via',
  ].map((value) =>
    row(`Connection: ${value}`, `Connection: ${value}\r\n`, 'connection_names_protected_field'),
  ),
  row('Connection with something that is no token', 'Connection: a b\r\n', 'field_value_invalid'),
  row('an expectation that is not known', 'Expect: 200-ok\r\n', 'expectation_unknown', 417),
];

const SERVED: readonly ServedRow[] = [
  {
    name: 'octets from 0x80 pass unchanged',
    octets: 'GET / HTTP/1.1\r\nHost: a\r\nX: \x80\xc3\xa9\xff\r\n\r\n',
    upstream: (request) => assert.equal(request.one('x'), '\x80\xc3\xa9\xff'),
  },
  {
    name: 'names with underscores that look like known fields are dropped',
    octets:
      'POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\nTRANSFER_ENCODING: chunked\r\nX_Forwarded_For: 1.2.3.4\r\n' +
      'x-consumer_id: 1\r\nX_User: 1\r\n\r\n',
    upstream: (request) => {
      for (const name of ['content_length', 'transfer_encoding', 'x_forwarded_for', 'x-consumer_id'])
        assert.deepEqual(request.all(name), [], name);
      assert.equal(request.one('x_user'), '1');
      assert.equal(request.one('x-forwarded-for'), '127.0.0.1');
    },
  },
  {
    name: 'names of Object.prototype are ordinary',
    octets: 'GET / HTTP/1.1\r\nHost: a\r\n__proto__: x\r\nconstructor: y\r\nhasOwnProperty: z\r\n\r\n',
    upstream: (request) => {
      assert.equal(request.one('__proto__'), 'x');
      assert.equal(request.one('constructor'), 'y');
    },
  },
  {
    name: 'order, case and duplicates of unknown fields stay',
    octets: 'GET / HTTP/1.1\r\nb: 1\r\nHost: a\r\nA: 2\r\nB: 3\r\nempty:\r\n\r\n',
    upstream: (request) => {
      assert.deepEqual(
        request.lines.filter(([name]) => /^(a|b|empty)$/i.test(name)),
        [
          ['b', '1'],
          ['A', '2'],
          ['B', '3'],
          ['empty', ''],
        ],
      );
    },
  },
  {
    name: 'hop-by-hop fields, and those that Connection names, end here',
    octets:
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop\r\nconnection: x-hop-two\r\nX-Hop: 1\r\nX-Hop-Two: 2\r\nKeep-Alive: 5\r\n' +
      'Proxy-Connection: x\r\nTE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nProxy-Authorization: x\r\nProxy: http://evil\r\nX-Kept: 3\r\n\r\n',
    upstream: (request) => {
      assert.equal(request.one('connection'), 'keep-alive');
      for (const name of [
        'x-hop',
        'x-hop-two',
        'keep-alive',
        'proxy-connection',
        'te',
        'upgrade',
        'http2-settings',
        'proxy-authorization',
        'proxy',
      ])
        assert.deepEqual(request.all(name), [], name);
      assert.equal(request.one('x-kept'), '3');
    },
  },
  {
    name: 'TE: trailers is kept, alone',
    octets: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: te\r\nTE: gzip;q=0.5, trailers\r\n\r\n',
    upstream: (request) => assert.equal(request.one('te'), 'trailers'),
  },
];

test('field lines that are refused', async (t) => {
  const upstream = await startUpstream(t);
  await refuseAll(t, await startGateway(t, { upstream: upstream.port }), upstream, REFUSED);
});

test('field lines that are passed on', async (t) => {
  const upstream = await startUpstream(t);
  await serveAll(t, await startGateway(t, { upstream: upstream.port }), upstream, SERVED);
});

test('an underscored framing field in two reads changes nothing', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('POST /one HTTP/1.1\r\nHost: a\r\nContent_Length: 33\r\n');
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.send('\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  assert.equal((await client.response()).status, 200);
  assert.deepEqual(
    upstream.requests.map((request) => request.target),
    ['/one', '/two'],
  );
});
