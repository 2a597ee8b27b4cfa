/** Content-Length, Transfer-Encoding and the chunked coding in requests (RFC 9112 6, 7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';
import { type RefusedRow, refuseAll, type ServedRow, serveAll } from './harness/tables.ts';

const length = (value: string, reason = 'content_length_invalid'): RefusedRow => ({
  name: `Content-Length: ${JSON.stringify(value)}`,
  octets: `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${value}\r\n\r\nhello`,
  status: 400,
  reason,
});
const coding = (value: string, status: number): RefusedRow => ({
  name: `Transfer-Encoding: ${JSON.stringify(value)}`,
  octets: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`,
  status,
  reason:
    status === 501
      ? 'transfer_encoding_not_supported'
      : /[\0\v\f]/.test(value)
        ? 'field_value_invalid'
        : 'transfer_encoding_invalid',
});
const lines = (name: string, text: string, reason: string, version = '1.1'): RefusedRow => ({
  name,
  octets: `POST / HTTP/${version}\r\nHost: a\r\n${text}\r\n0\r\n\r\n`,
  status: 400,
  reason,
});

const REFUSED: readonly RefusedRow[] = [
  ...[
    '+5',
    '-1',
    '-0',
    '0x5',
    '5 5',
    '5_0',
    '1e2',
    '0o5',
    '',
    ',5',
    '5,',
    '5, 6',
    '5, 5',
    '5;',
    '"5"',
    '5.0',
    '\xb2',
    '9007199254740993',
    '9'.repeat(20),
    '9'.repeat(400),
  ].map((value) => length(value)),
  lines('two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'content_length_repeated'),
  lines('two equal lengths', 'Content-Length: 5\r\ncontent-length: 5\r\n', 'content_length_repeated'),
  lines(
    'length, then coding',
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'transfer_encoding_with_content_length',
  ),
  lines(
    'coding, then length',
    'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    'transfer_encoding_with_content_length',
  ),
  lines(
    'an empty coding and a length',
    'Transfer-Encoding:\r\nContent-Length: 5\r\n',
    'transfer_encoding_with_content_length',
  ),
  lines(
    'two coding lines',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
    'transfer_encoding_invalid',
  ),
  lines(
    'identity, then chunked, in two lines',
    'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n',
    'transfer_encoding_invalid',
  ),
  lines('a coding in HTTP/1.0', 'Transfer-Encoding: chunked\r\n', 'transfer_encoding_in_http_1_0', '1.0'),
  ...[
    'chunked, gzip',
    'chunked, chunked',
    'chunked;a=b',
    '',
    ',chunked',
    'chunked,',
    '"chunked"',
    'chun ked',
    'chunked\xa0',
    'chunked, identity',
  ].map((value) => coding(value, 400)),
  ...['chunked\x0b', '\x0cchunked', 'chunked\0'].map((value) => coding(value, 400)),
  ...['gzip, chunked', 'identity', 'xchunked', 'foo', 'gzip'].map((value) => coding(value, 501)),
];

const SERVED: readonly ServedRow[] = [
  {
    name: 'leading zeros are a number',
    octets: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello',
    upstream: (request) => {
      assert.equal(request.one('content-length'), '5');
      assert.equal(request.body.toString(), 'hello');
    },
  },
  ...['GET', 'DELETE', 'OPTIONS'].map((method) => ({
    name: `the body of a ${method} goes on`,
    octets: `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`,
    upstream: (request: { body: Buffer; method: string }) => {
      assert.equal(request.method, method);
      assert.equal(request.body.toString(), 'hello');
    },
  })),
  {
    name: 'an empty body is said to be empty when the client said so',
    octets: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    upstream: (request) => assert.equal(request.one('content-length'), '0'),
  },
  {
    name: 'a request without a body gets no framing field',
    octets: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    upstream: (request) =>
      assert.deepEqual([...request.all('content-length'), ...request.all('transfer-encoding')], []),
  },
  ...['Chunked', ' chunked \t', 'CHUNKED'].map((value) => ({
    name: `Transfer-Encoding:${JSON.stringify(value)} is chunked`,
    octets: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:${value}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    upstream: (request: { body: Buffer; one(name: string): string | undefined }) => {
      assert.equal(request.one('transfer-encoding'), 'chunked');
      assert.equal(request.body.toString(), 'hello');
    },
  })),
  {
    name: 'extensions are read and not passed on',
    octets:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c="d;\\" e"\r\nhello\r\n00;x\r\n\r\n',
    upstream: (request) => {
      assert.equal(request.body.toString(), 'hello');
      assert.ok(!request.raw.includes(';'));
    },
  },
  {
    name: 'trailers go on, without those that may not be trailers',
    octets:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\nHost: evil\r\nAuthorization: x\r\nCookie: x\r\n' +
      'Content-Type: x\r\nContent-Encoding: x\r\nContent-Range: x\r\nTrailer: x\r\nTE: x\r\nConnection: x\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX_Forwarded_Host: x\r\nX-Consumer-Id: 1\r\n\r\n',
    upstream: (request) => assert.deepEqual(request.trailers, [['X-Sum', '1']]),
  },
];

test('framing that is refused from the head alone', async (t) => {
  const upstream = await startUpstream(t);
  await refuseAll(t, await startGateway(t, { upstream: upstream.port }), upstream, REFUSED);
});

test('bodies that go on', async (t) => {
  const upstream = await startUpstream(t);
  await serveAll(t, await startGateway(t, { upstream: upstream.port }), upstream, SERVED);
});

const CHUNKS: readonly (readonly [name: string, body: string, reason: string, status?: number])[] = [
  ...[
    '0x5',
    '+5',
    '-5',
    ' 5',
    '5 ',
    '5_0',
    '',
    '00000000000000005',
    'ffffffffffffffff',
    '1ffffffffffffffff',
    'g',
    '5.0',
  ].map(
    (size) =>
      [`size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n0\r\n\r\n`, 'chunk_size_invalid'] as const,
  ),
  ['size line ended by LF', '5\nhello\r\n0\r\n\r\n', 'chunk_size_invalid'],
  ['size line ended by CR', '5\rhello\r\n0\r\n\r\n', 'chunk_ending_invalid'],
  ['size line ended by CR CR', '5\r\rhello\r\n0\r\n\r\n', 'chunk_ending_invalid'],
  ['size line ended by CR X', '5\rXhello\r\n0\r\n\r\n', 'chunk_ending_invalid'],
  ['data ended by LF', '5\r\nhello\n0\r\n\r\n', 'chunk_ending_invalid'],
  ['data without an end', '5\r\nhello0\r\n\r\n', 'chunk_ending_invalid'],
  ['one octet too many', '5\r\nhelloX\r\n0\r\n\r\n', 'chunk_ending_invalid'],
  ['one octet too few', '6\r\nhello\r\n0\r\n\r\n', 'chunk_ending_invalid'],
  ['an empty line between chunks', '5\r\nhello\r\n\r\n0\r\n\r\n', 'chunk_size_invalid'],
  ...['5;', '5;=x', '5; a', '5;a\0', '5;a="\0"', '5;a\n', '5;a="b"c', '5;a=', '5 ;a', '5;;a'].map(
    (line) =>
      [
        `extension ${JSON.stringify(line)}`,
        `${line}\r\nhello\r\n0\r\n\r\n`,
        line === '5 ;a' ? 'chunk_size_invalid' : 'chunk_extension_invalid',
      ] as const,
  ),
  ['an extension with CR', '5;a\rb\r\nhello\r\n0\r\n\r\n', 'chunk_ending_invalid'],
  [
    'too many octets of extensions',
    `5;${'a'.repeat(17_000)}\r\nhello\r\n0\r\n\r\n`,
    'chunk_extensions_too_large',
    413,
  ],
  [
    'too many octets of extensions in all',
    `1;${'a'.repeat(1000)}\r\nx\r\n`.repeat(17),
    'chunk_extensions_too_large',
    413,
  ],
  ['last chunk ended by LF', '5\r\nhello\r\n0\n\r\n', 'chunk_size_invalid'],
  ['trailer Content-Length', '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n', 'trailer_forbidden'],
  ['trailer Transfer-Encoding', '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n', 'trailer_forbidden'],
  ['trailer with a space before the colon', '5\r\nhello\r\n0\r\nX : 1\r\n\r\n', 'field_name_invalid'],
  ['folded trailer', '5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n', 'field_name_invalid'],
  ['section ended by LF', '5\r\nhello\r\n0\r\n\n', 'line_ending_invalid'],
  ['too many trailers', `0\r\n${'X: 1\r\n'.repeat(101)}\r\n`, 'too_many_fields', 431],
  ['too long trailers', `0\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`, 'head_too_large', 431],
];

test('chunked bodies that are refused: answered, closed, and never completed towards the upstream', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  for (const [name, body, reason, status = 400] of CHUNKS) {
    await t.test(name, async (t) => {
      const before = gateway.counted('cardinal_messages_refused_total', { reason });
      const client = await connect(t, gateway.port);
      // The head first: the upstream has the request before its body turns out to be broken.
      client.send('POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
      const peer = await upstream.until('head', () =>
        upstream.peers.find((one) => one.headSeen && !one.closed),
      );
      client.send(`${body}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
      const response = await client.response('POST');
      assert.equal(response.status, status);
      assert.equal(response.one('connection'), 'close');
      assert.equal(await client.closed(), '');
      await upstream.until('end of the connection', () => (peer.closed ? true : undefined));
      assert.ok(!peer.received.includes('\r\n0\r\n'), 'no last chunk');
      assert.ok(!upstream.text.includes('smuggled'));
      assert.equal(upstream.requests.length, 0);
      assert.equal(gateway.counted('cardinal_messages_refused_total', { reason }), before + 1, reason);
      assert.equal(gateway.engine.status().requestsActive, 0);
    });
  }
});
