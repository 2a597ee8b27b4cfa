/** Plugins that look at what the upstream answers, answer in its place, and ask it on their own account. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { AccessExchange, Answer, ResponseWatcher } from '../../plugins/contract.ts';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';

async function startOrigin(t: TestContext, handler: http.RequestListener): Promise<number> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const OTHER: Answer = { status: 203, headers: [['X-Instead', '1']], body: Buffer.from('instead') };

class Notes implements ResponseWatcher {
  readonly said: string[] = [];
  readonly #answer: Answer | undefined;
  constructor(answer?: Answer) {
    this.#answer = answer;
  }
  head(status: number): Answer | undefined {
    this.said.push(`head ${status}`);
    return this.#answer;
  }
  piece(octets: Buffer): void {
    this.said.push(`piece ${octets.length}`);
  }
  ended(): void {
    this.said.push('ended');
  }
  failed(status: number): Answer | undefined {
    this.said.push(`failed ${status}`);
    return this.#answer;
  }
}

async function start(t: TestContext, upstream: number, access: (exchange: AccessExchange) => void) {
  const gateway = await startGateway(t, {
    upstream,
    plugin: {
      access,
      response: (exchange) => exchange.response.headers.set('X-After', exchange.response.source),
    },
  });
  const client = await connect(t, gateway.port);
  return {
    gateway,
    async ask(method = 'GET', target = '/') {
      client.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      return client.response(method);
    },
  };
}

test('head, pieces and the end, before the plugins change anything', async (t) => {
  const origin = await startOrigin(t, (_, response) => response.end('x'.repeat(10)));
  const notes = new Notes();
  const { ask } = await start(t, origin, (exchange) => exchange.watchResponse(notes));
  const response = await ask();
  assert.equal(response.one('content-length'), '10', 'it is relayed as it came');
  assert.deepEqual(notes.said, ['head 200', 'piece 10', 'ended']);
});

test('an answer in the place of a body, and of a response without one', async (t) => {
  let count = 0;
  const origin = await startOrigin(t, (request, response) => {
    count++;
    if (request.url === '/304') response.writeHead(304).end();
    else response.end('y'.repeat(100_000));
  });
  const { ask } = await start(t, origin, (exchange) => exchange.watchResponse(new Notes(OTHER)));
  for (const target of ['/304', '/', '/304']) {
    const response = await ask('GET', target);
    assert.equal(response.status, 203);
    assert.equal(response.body.toString(), 'instead');
    assert.equal(response.one('x-instead'), '1');
    assert.equal(response.one('x-after'), 'gateway');
  }
  assert.equal(count, 3);
});

test('no upstream: an answer in the place of the error', async (t) => {
  const { ask, gateway } = await start(t, 1, (exchange) => exchange.watchResponse(new Notes(OTHER)));
  assert.equal((await ask()).body.toString(), 'instead');
  assert.equal(gateway.counted('cardinal_exchange_errors_total'), 1, 'the error is counted all the same');
  const notes = new Notes();
  const plain = await start(t, 1, (exchange) => exchange.watchResponse(notes));
  assert.equal((await plain.ask()).status, 502);
  assert.deepEqual(notes.said, ['failed 502']);
});

test('a response that is cut, and a request that is answered before', async (t) => {
  const origin = await startOrigin(t, (_, response) => {
    response.writeHead(200, { 'Content-Length': '10' });
    response.write('abc', () => response.destroy());
  });
  const notes = new Notes();
  const { ask } = await start(t, origin, (exchange) => exchange.watchResponse(notes));
  await assert.rejects(ask());
  assert.deepEqual(notes.said, ['head 200', 'piece 3', 'failed 0']);
  const before = new Notes();
  const ended = await start(t, origin, (exchange) => {
    exchange.watchResponse(before);
    exchange.exit(204);
  });
  assert.equal((await ended.ask()).status, 204);
  assert.deepEqual(before.said, ['failed 0']);
});

test('one that throws is left out', async (t) => {
  const origin = await startOrigin(t, (_, response) => response.end('ok'));
  const notes = new Notes();
  const { ask, gateway } = await start(t, origin, (exchange) => {
    const broken = new Notes();
    broken.head = () => {
      throw new Error('broken');
    };
    exchange.watchResponse(broken);
    exchange.watchResponse(notes);
  });
  assert.equal((await ask()).body.toString(), 'ok');
  assert.deepEqual(notes.said, ['head 200', 'piece 2', 'ended']);
  assert.ok(gateway.logs.some((line) => line.includes('broken')));
});

test('an answer to HEAD may say a length; 304 says none', async (t) => {
  const { ask } = await start(t, 1, (exchange) => {
    if (exchange.request.path === '/304') exchange.exit(304, 'never', { headers: [['ETag', '"a"']] });
    else
      exchange.exit(200, undefined, {
        contentLength: 1234,
        headers: [
          ['Date', 'Thu, 01 Jan 2026 00:00:00 GMT'],
          ['Server', 'origin'],
        ],
      });
  });
  const head = await ask('HEAD');
  assert.equal(head.one('content-length'), '1234');
  assert.equal(head.one('date'), 'Thu, 01 Jan 2026 00:00:00 GMT');
  assert.equal(head.one('server'), 'origin');
  assert.equal((await ask('GET')).one('content-length'), '0');
  const notModified = await ask('GET', '/304');
  assert.equal(notModified.one('content-length'), undefined);
  assert.equal(notModified.body.length, 0);
});

test('asking again: its own request, which outlives the exchange and changes nothing of it', async (t) => {
  const seen: string[] = [];
  let release = (): void => {};
  const origin = await startOrigin(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['if-none-match']}`);
    release = () => response.end('later');
  });
  const notes = new Notes();
  const over = new Promise<void>((resolve) => {
    const { ended } = notes;
    notes.ended = () => {
      ended.call(notes);
      resolve();
    };
  });
  const { ask } = await start(t, origin, (exchange) => {
    exchange.request.headers.set('If-None-Match', '"a"');
    assert.equal(exchange.askAgain(notes), true);
    exchange.exit(200, 'now');
  });
  assert.equal((await ask('GET', '/x?y=1')).body.toString(), 'now');
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  release();
  await over;
  assert.deepEqual(seen, ['GET /x?y=1 "a"']);
  assert.deepEqual(notes.said, ['head 200', 'piece 5', 'ended']);
});

test('asking again: nobody there; and no more than so many at once', async (t) => {
  const notes = new Notes();
  const failed = new Promise<void>((resolve) => {
    const tell = notes.failed;
    notes.failed = (status) => {
      resolve();
      return tell.call(notes, status);
    };
  });
  const { ask } = await start(t, 1, (exchange) => {
    exchange.askAgain(notes);
    exchange.exit(200, 'now');
  });
  assert.equal((await ask()).status, 200);
  await failed;
  assert.deepEqual(notes.said, ['failed 502']);
  const origin = await startOrigin(t, () => {});
  const accepted: boolean[] = [];
  const many = await start(t, origin, (exchange) => {
    for (let n = 0; n < 70; n++) accepted.push(exchange.askAgain(new Notes()));
    exchange.exit(200);
  });
  await many.ask();
  assert.equal(accepted.filter(Boolean).length, 64);
});
