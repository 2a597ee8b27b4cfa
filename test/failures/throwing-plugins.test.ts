/** A plugin that fails takes its own exchange with it, and nothing else. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PluginInstance } from '../../shared/plugins/contract.ts';
import { startGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { ask, connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { type RawUpstream, startUpstream } from '../../shared/proxy/test/harness/raw-upstream.ts';
import { PATIENCE_MS } from '../../shared/proxy/test/harness/waiters.ts';

const GOOD = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n';
const BAD = 'POST /bad HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
const isBad = (exchange: { readonly request: { readonly path: string } }): boolean =>
  exchange.request.path === '/bad';

function fault(kind: string): Error {
  return new Error(`${kind} is broken`);
}

const BOOM = 'POST /bad';

async function start(t: TestContext, plugin: PluginInstance) {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, plugin });
  return { upstream, gateway };
}

/** Everything that was taken for the exchange is given back. */
async function nothingIsLeft(
  gateway: Awaited<ReturnType<typeof start>>['gateway'],
  upstream: RawUpstream,
): Promise<void> {
  const { engine } = gateway;
  const started = performance.now();
  while (engine.status().requestsActive > 0 && performance.now() - started < PATIENCE_MS) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(engine.status().requestsActive, 0);
  // One kept connection at most: what was half used was not put back.
  const open = upstream.peers.filter((peer) => !peer.closed);
  assert.ok(open.length <= 2, `${open.length} connections to the upstream`);
}

const answered: readonly [name: string, plugin: PluginInstance][] = [
  [
    'rewrite',
    {
      rewrite(exchange) {
        if (isBad(exchange)) throw fault(BOOM);
      },
    },
  ],
  [
    'rewrite, later',
    {
      async rewrite(exchange) {
        await null;
        if (isBad(exchange)) throw fault(BOOM);
      },
    },
  ],
  [
    'access',
    {
      access(exchange) {
        if (isBad(exchange)) throw fault(BOOM);
      },
    },
  ],
  [
    'access, later',
    {
      async access(exchange) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isBad(exchange)) throw fault(BOOM);
      },
    },
  ],
  [
    'access, after it has ended the exchange',
    {
      access(exchange) {
        if (!isBad(exchange)) return;
        exchange.fail(403, 'no');
        throw fault(BOOM);
      },
    },
  ],
  [
    'access, while it reads the body',
    {
      async access(exchange) {
        if (!isBad(exchange)) return;
        await exchange.request.readBody(100);
        throw fault(BOOM);
      },
    },
  ],
  [
    'access, with something that is no error',
    {
      access(exchange) {
        if (isBad(exchange)) throw undefined;
      },
    },
  ],
  [
    'response',
    {
      response(exchange) {
        exchange.response.headers.set('X-Half', 'done');
        if (isBad(exchange) && exchange.response.source === 'upstream') throw fault(BOOM);
      },
    },
  ],
  [
    'response, later',
    {
      async response(exchange) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isBad(exchange)) throw fault(BOOM);
      },
    },
  ],
  [
    'requestBody',
    {
      requestBody(exchange, chunk) {
        if (isBad(exchange)) throw fault(BOOM);
        return chunk;
      },
    },
  ],
  [
    'requestBody, at its end',
    {
      requestBody(exchange, chunk, last) {
        if (isBad(exchange) && last) throw fault(BOOM);
        return chunk;
      },
    },
  ],
  [
    'requestBody, which returns nothing',
    {
      requestBody: ((exchange: never, chunk: Buffer) =>
        isBad(exchange) ? undefined : chunk) as unknown as NonNullable<PluginInstance['requestBody']>,
    },
  ],
  [
    'requestBody, which returns a promise',
    {
      requestBody: (async () => {
        throw fault(BOOM);
      }) as unknown as NonNullable<PluginInstance['requestBody']>,
    },
  ],
];

for (const [name, plugin] of answered) {
  test(`${name}: 500 in Kong's shape, and the connection goes on`, async (t) => {
    const { gateway, upstream } = await start(t, plugin);
    const client = await connect(t, gateway.port);
    const other = await connect(t, gateway.port);
    other.send(GOOD);
    assert.equal((await other.response()).status, 200);
    client.send(GOOD);
    assert.equal((await client.response()).status, 200);
    for (let round = 0; round < 3; round++) {
      client.send(BAD);
      const response = await client.response('POST');
      assert.equal(response.status, 500);
      const body = JSON.parse(response.body.toString());
      assert.equal(body.message, 'An unexpected error occurred');
      assert.equal(body.request_id, response.one('x-kong-request-id'));
      assert.equal(response.one('x-half'), undefined);
      assert.equal(response.one('connection'), undefined);
      client.send(GOOD);
      assert.equal((await client.response()).status, 200);
    }
    other.send(GOOD);
    assert.equal((await other.response()).status, 200);
    await nothingIsLeft(gateway, upstream);
    assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'plugin_failed' }), 3);
    const logs = gateway.logs.filter((line) => line.includes('plugin failed'));
    assert.ok(logs.length > 0 && logs[0]!.includes('under-test'), logs[0]);
  });
}

const cut: readonly [name: string, plugin: PluginInstance][] = [
  [
    'responseBody',
    {
      responseBody(exchange, chunk) {
        if (isBad(exchange)) throw fault(BOOM);
        return chunk;
      },
    },
  ],
  [
    'responseBody, at its end',
    {
      responseBody(exchange, chunk, last) {
        if (isBad(exchange) && last) throw fault(BOOM);
        return chunk;
      },
    },
  ],
  [
    'responseBody, which returns nothing',
    {
      responseBody: ((exchange: never, chunk: Buffer) =>
        isBad(exchange) ? undefined : chunk) as unknown as NonNullable<PluginInstance['responseBody']>,
    },
  ],
];

for (const [name, plugin] of cut) {
  test(`${name}: the response is cut, never completed; other connections go on`, async (t) => {
    const { gateway, upstream } = await start(t, plugin);
    const other = await connect(t, gateway.port);
    for (let round = 0; round < 3; round++) {
      const client = await connect(t, gateway.port);
      client.send(BAD);
      await assert.rejects(client.response('POST'), /cut/);
      other.send(GOOD);
      assert.equal((await other.response()).body.toString(), 'ok');
    }
    await nothingIsLeft(gateway, upstream);
    assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'plugin_failed' }), 3);
  });
}

test('responseBody on an answer of our own: cut as well', async (t) => {
  const { gateway, upstream } = await start(t, {
    access(exchange) {
      if (isBad(exchange)) exchange.exit(418, 'teapot');
    },
    responseBody(exchange, chunk) {
      if (isBad(exchange)) throw fault(BOOM);
      return chunk;
    },
  });
  const client = await connect(t, gateway.port);
  client.send(BAD);
  await assert.rejects(client.response('POST'), /cut/);
  assert.equal((await ask(t, gateway.port, GOOD)).status, 200);
  await nothingIsLeft(gateway, upstream);
});

for (const [name, log] of [
  [
    'log',
    () => {
      throw fault(BOOM);
    },
  ],
  [
    'log, later',
    async () => {
      await null;
      throw fault(BOOM);
    },
  ],
] as const) {
  test(`${name}: the response has been sent already`, async (t) => {
    const { gateway, upstream } = await start(t, { log: log as () => void });
    const client = await connect(t, gateway.port);
    for (let round = 0; round < 3; round++) {
      client.send(BAD);
      assert.equal((await client.response('POST')).status, 200);
    }
    await new Promise((resolve) => setImmediate(resolve));
    await nothingIsLeft(gateway, upstream);
    assert.ok(gateway.logs.some((line) => line.includes('plugin failed') && line.includes('is broken')));
  });
}

test('a phase that returns something that is no promise has ended', async (t) => {
  const { gateway } = await start(t, {
    access: ((exchange: { request: { headers: { remove(name: string): boolean } } }) =>
      exchange.request.headers.remove('x')) as unknown as NonNullable<PluginInstance['access']>,
  });
  assert.equal((await ask(t, gateway.port, BAD)).status, 200);
});

test('a phase that never ends holds its own request, until the client goes', async (t) => {
  const { gateway, upstream } = await start(t, {
    access: (exchange) => (isBad(exchange) ? new Promise<void>(() => {}) : undefined),
  });
  const client = await connect(t, gateway.port);
  client.send(BAD);
  assert.equal((await ask(t, gateway.port, GOOD)).status, 200);
  assert.equal(gateway.engine.status().requestsActive, 1);
  client.close();
  await nothingIsLeft(gateway, upstream);
});
