/** What upstreams send: relayed, repaired where that is safe, refused with 502, or cut (RFC 9112 4-7, 9110 15). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const head = (lines: string, status = '200 OK'): string => `HTTP/1.1 ${status}\r\n${lines}\r\n`;

const REFUSED: readonly (readonly [name: string, octets: string])[] = [
  [
    'Content-Length and Transfer-Encoding',
    head('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n',
  ],
  ['two Content-Length', head('Content-Length: 2\r\nContent-Length: 2\r\n') + 'ok'],
  ...['+2', '-2', '', '2, 2', '0x2', '2 2', '9007199254740993'].map(
    (value) =>
      [`Content-Length: ${JSON.stringify(value)}`, `${head(`Content-Length: ${value}\r\n`)}ok`] as const,
  ),
  ...['foo', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', '', 'identity', 'chunked;a=b'].map(
    (value) =>
      [
        `Transfer-Encoding: ${JSON.stringify(value)}`,
        `${head(`Transfer-Encoding: ${value}\r\n`)}0\r\n\r\n`,
      ] as const,
  ),
  [
    'two Transfer-Encoding',
    head('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n',
  ],
  ['Transfer-Encoding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['folded line', head('X: a\r\n b\r\nContent-Length: 0\r\n')],
  ['space before the colon', head('X : a\r\nContent-Length: 0\r\n')],
  ['line ended by LF', head('X: a\nContent-Length: 0\r\n')],
  ['bare CR', head('X: a\rb\r\nContent-Length: 0\r\n')],
  ['NUL in a value', head('X: a\0b\r\nContent-Length: 0\r\n')],
  ['no colon', head('X\r\nContent-Length: 0\r\n')],
  ['bad name', head('X[]: 1\r\nContent-Length: 0\r\n')],
  ...['600 X', '099 X', '000 X', '1000 X', '20 X', 'abc X', '-20 X', '20x'].map(
    (status) => [`status ${status}`, head('Content-Length: 0\r\n', status)] as const,
  ),
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['http/1.1', 'http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['an empty line first', '\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['CTL in the reason', head('Content-Length: 0\r\n', '200 O\x01K')],
  ['LF in the reason', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
  [
    '101 that was not asked for',
    head('Connection: upgrade\r\nUpgrade: websocket\r\n', '101 Switching Protocols'),
  ],
  ['too many interim responses', head('', '103 Early Hints').repeat(33) + head('Content-Length: 0\r\n')],
  ['head over the limit', head(`X: ${'a'.repeat(33_000)}\r\nContent-Length: 0\r\n`)],
  ['head over the limit, not ended', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(33_000)}`],
  ['too many lines', head(`${'X: a\r\n'.repeat(101)}Content-Length: 0\r\n`)],
  ['too many connection options', head(`Connection: ${'a,'.repeat(40)}\r\nContent-Length: 0\r\n`)],
];

test('malformed before the head was relayed: 502, and the connection to the upstream is destroyed', async (t) => {
  let answer = '';
  const upstream = await startUpstream(t, { onRequest: () => answer });
  const gateway = await startGateway(t, { upstream: upstream.port });
  for (const [name, octets] of REFUSED) {
    await t.test(name, async (t) => {
      answer = octets;
      const client = await connect(t, gateway.port);
      client.send(GET);
      let response = await client.response();
      while (response.status < 200) response = await client.response();
      assert.equal(response.status, 502);
      const id = response.one('x-kong-request-id');
      assert.equal(
        response.body.toString(),
        `An invalid response was received from the upstream server\nrequest_id: ${id}\n`,
      );
      assert.equal(response.one('content-type'), 'text/plain; charset=utf-8');
      await upstream.until('end of the connection', () => (upstream.peers.at(-1)!.closed ? true : undefined));
      // The client did nothing wrong: its connection is kept.
      answer = head('Content-Length: 2\r\n') + 'ok';
      client.send(GET);
      assert.equal((await client.response()).status, 200);
      upstream.peers.at(-1)!.end();
      await upstream.until('end of the connection', () => (upstream.peers.at(-1)!.closed ? true : undefined));
    });
  }
});

const CUT: readonly (readonly [name: string, octets: string, ends: boolean])[] = [
  ['body shorter than its length', head('Content-Length: 10\r\n') + 'hello', true],
  ['no last chunk', head('Transfer-Encoding: chunked\r\n') + '5\r\nhello\r\n', true],
  ['a chunk that ends early', head('Transfer-Encoding: chunked\r\n') + '5\r\nhel', true],
  ['a bad chunk size', head('Transfer-Encoding: chunked\r\n') + '5\r\nhello\r\nx\r\n', false],
  ['a chunk without CRLF', head('Transfer-Encoding: chunked\r\n') + '5\r\nhelloX', false],
  [
    'Content-Length in the trailers',
    head('Transfer-Encoding: chunked\r\n') + '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n',
    false,
  ],
];

test('malformed or cut after the head: the client sees that it is not complete', async (t) => {
  let script: (typeof CUT)[number] = CUT[0]!;
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      const at = script[1].indexOf('\r\n\r\n') + 4;
      peer.send(script[1].slice(0, at));
      // The head goes in a read of its own, so that it has been relayed when the body breaks.
      setTimeout(() => {
        if (script[2]) peer.end(script[1].slice(at));
        else peer.send(script[1].slice(at));
      }, 20);
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { retries: 5 } });
  for (const row of CUT) {
    await t.test(row[0], async (t) => {
      script = row;
      upstream.forget();
      const client = await connect(t, gateway.port);
      client.send(GET);
      const rest = await client.closed();
      assert.ok(client.wasReset, 'cut, not closed in order');
      assert.ok(!rest.includes('\r\n0\r\n\r\n'), 'no last chunk');
      assert.equal(upstream.requests.length, 1, 'no other attempt');
      assert.equal(gateway.engine.status().requestsActive, 0);
    });
  }
});

test('responses without a body', async (t) => {
  let answer = '';
  const upstream = await startUpstream(t, { onRequest: () => answer });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  const get = async (octets: string, method = 'GET') => {
    answer = octets;
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    return client.response(method);
  };
  const noContent = await get(head('Content-Length: 0\r\n', '204 No Content'));
  assert.equal(noContent.one('content-length'), undefined);
  const coded = await get(head('Transfer-Encoding: chunked\r\n', '204 No Content'));
  assert.equal(coded.one('transfer-encoding'), undefined);
  const unmodified = await get(head('Content-Length: 5\r\nETag: "a"\r\n', '304 Not Modified'));
  assert.equal(unmodified.one('content-length'), '5');
  const bare = await get(head('ETag: "a"\r\n', '304 Not Modified'));
  assert.equal(bare.one('content-length'), undefined);
  const headLength = await get(head('Content-Length: 1234\r\n'), 'HEAD');
  assert.equal(headLength.one('content-length'), '1234');
  const headChunked = await get(head('Transfer-Encoding: chunked\r\n'), 'HEAD');
  assert.deepEqual(
    [headChunked.one('transfer-encoding'), headChunked.one('content-length')],
    [undefined, undefined],
  );
  const empty = await get(head('Content-Length: 0\r\n'));
  assert.equal(empty.one('content-length'), '0');
  assert.equal(upstream.peers.length, 1, 'all over one connection');
});

test('a body where none may be is not the next response', async (t) => {
  let answer = '';
  const upstream = await startUpstream(t, { onRequest: () => answer });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const smuggled = head('Content-Length: 8\r\n') + 'smuggled';
  for (const [method, octets] of [
    ['GET', head('', '204 No Content') + smuggled],
    ['GET', head('Content-Length: 5\r\n', '304 Not Modified') + 'hello'],
    ['HEAD', head('Content-Length: 5\r\n') + 'hello'],
    ['GET', head('Content-Length: 2\r\n') + 'ok' + smuggled],
    ['GET', head('Transfer-Encoding: chunked\r\n') + '2\r\nok\r\n0\r\n\r\n' + smuggled],
  ] as const) {
    const client = await connect(t, gateway.port);
    answer = octets;
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.response(method);
    answer = head('Content-Length: 4\r\n') + 'next';
    client.send(GET);
    assert.equal((await client.response()).body.toString(), 'next', octets);
    client.close();
  }
  assert.equal(
    upstream.peers.filter((peer) => peer.requests > 2).length,
    0,
    'no such connection was used again',
  );
});

test('octets that come later on an idle connection end it', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(GET);
  await client.response();
  upstream.peers[0]!.send(head('Content-Length: 8\r\n') + 'smuggled');
  await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
  client.send(GET);
  assert.equal((await client.response()).body.toString(), 'ok');
  assert.equal(upstream.peers.length, 2);
});

test('interim responses go to 1.1 clients without hop-by-hop fields, and never to 1.0', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () =>
      head('', '100 Continue') +
      head('Link: </a>; rel=preload\r\nConnection: x\r\nX: 1\r\n', '103 Early Hints') +
      head('', '102 Processing') +
      head('Content-Length: 2\r\n') +
      'ok',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(GET);
  const hints = await client.response();
  assert.equal(hints.startLine, 'HTTP/1.1 103 Early Hints');
  assert.deepEqual(hints.lines, [['Link', '</a>; rel=preload']]);
  assert.equal((await client.response()).status, 102);
  assert.equal((await client.response()).status, 200);
  const old = await connect(t, gateway.port);
  old.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.equal((await old.response()).status, 200);
});

test('a response without a length is chunked for 1.1 and ends with the connection for 1.0', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      peer.end('HTTP/1.1 200 OK\r\nX: 1\r\n\r\nsome body');
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send(GET);
    const response = await client.response();
    assert.equal(response.one('transfer-encoding'), 'chunked');
    assert.equal(response.body.toString(), 'some body');
  }
  const old = await connect(t, gateway.port);
  old.send('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
  await old.closed();
  const response = await old.response();
  assert.equal(response.one('transfer-encoding'), undefined);
  assert.equal(response.one('connection'), 'close');
  assert.equal(response.body.toString(), 'some body');
});

test('hop-by-hop fields of a response, and those that its Connection names, end here', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () =>
      head(
        'Connection: keep-alive, X-Hop, set-cookie\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\n' +
          'Set-Cookie: a=1\r\nX-Kong-Proxy-Latency: 9\r\nVia: 1.1 other\r\nTrailer: X\r\nContent-Length: 2\r\n',
      ) + 'ok',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const response = await ask(t, gateway.port, GET);
  for (const name of ['connection', 'x-hop', 'keep-alive', 'proxy-authenticate', 'upgrade'])
    assert.deepEqual(response.all(name), [], name);
  assert.deepEqual(response.all('set-cookie'), ['a=1'], 'end-to-end fields cannot be named away');
  assert.notEqual(response.one('x-kong-proxy-latency'), '9');
  assert.equal(response.one('via'), '1.1 other, 1.1 cardinal-88888888');
});

test('trailers of a response go to the client, forbidden ones do not', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () =>
      head('Transfer-Encoding: chunked\r\n') +
      '2;x=y\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=1\r\nX-Forwarded-For: 1\r\n\r\n',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const response = await ask(t, gateway.port, GET);
  assert.equal(response.body.toString(), 'ok');
  assert.deepEqual(response.trailers, [['X-Sum', '1']]);
});

test('heads and bodies may come an octet at a time', async (t) => {
  const octets =
    head('X-One: 1\r\nTransfer-Encoding: chunked\r\n') + '5\r\nhello\r\n1;a\r\n!\r\n0\r\nT: 1\r\n\r\n';
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      let at = 0;
      const next = (): void => {
        if (at === octets.length) return;
        peer.send(octets[at++]!);
        setImmediate(next);
      };
      next();
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send(GET);
    const response = await client.response();
    assert.equal(response.body.toString(), 'hello!');
    assert.deepEqual(response.trailers, [['T', '1']]);
  }
});

test('ten thousand chunks of one octet leave as few', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () => head('Transfer-Encoding: chunked\r\n') + '1\r\nx\r\n'.repeat(10_000) + '0\r\n\r\n',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const response = await ask(t, gateway.port, GET);
  assert.equal(response.body.length, 10_000);
  assert.ok(response.raw.length < 11_000, `${response.raw.length} octets`);
});

test('a response that comes before the whole request: relayed, and the connection is not used again', async (t) => {
  const upstream = await startUpstream(t, {
    onHead: (peer, text) => {
      if (text.startsWith('POST')) peer.send(head('Content-Length: 5\r\n', '403 Forbidden') + 'early');
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome');
  const response = await client.response('POST');
  assert.equal(response.status, 403);
  assert.equal(response.one('connection'), 'close', 'the rest of the body would have to be read');
  await client.closed();
  await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
});
