/**
 * docker-compose.yml, run as processes of this machine with a real Redis and a real HAProxy, and what it is for: traffic
 * that goes on when a gateway dies, and when all of them have. See local-stack.ts for what that leaves out.
 */
import assert from 'node:assert/strict';
import { accessSync, constants, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../docs/documents.ts';
import { KeepAliveLoad } from '../harness/keep-alive-load.ts';
import { NO_REDIS, startRedis, until } from '../harness/redis-server.ts';
import { fetchFrom } from '../process/cardinal-process.ts';
import type { Service } from './compose-file.ts';
import { LocalStack } from './local-stack.ts';

const LIMIT_MS = 20_000;
const NO_HAPROXY = hasProgram('haproxy') ? false : 'there is no haproxy on this machine';
const GATEWAYS = ['gateway-1', 'gateway-2'] as const;
const MICROGATEWAYS = ['catalog', 'orders', 'payments'] as const;
/** The load balancer looks four times a second here, so that draining need not wait for it as long. */
const FASTER = { CARDINAL_DRAIN_DELAY: '1s' };
const KEY = { apikey: 'demo-key' };

test('what Compose would run works, and goes on without its gateways', {
  skip: NO_REDIS || NO_HAPROXY,
}, async (t) => {
  const redis = await startRedis(t, { configuration: redisConfiguration() });
  const stack = await LocalStack.create(t, {
    given: new Map([['redis', redis.port]]),
    edit,
    environment: FASTER,
  });
  // Redis is given, and Prometheus is not on this machine.
  const up = new Set([...stack.services.keys()].filter((name) => name !== 'redis' && name !== 'prometheus'));
  await startAll(stack, up);
  const edge = stack.port('load-balancer', 8000);
  const ask = (path: string, headers: Record<string, string> = KEY) =>
    fetchFrom(`127.0.0.1:${edge}`, path, { headers });

  await t.test('through the edge to orders, and from there by name to payments', async () => {
    const order = await ask('/orders/1001', { ...KEY, 'X-Request-ID': 'one' });
    assert.equal(order.status, 200, order.text);
    assert.deepEqual(order.json.payment, { order: '1001', state: 'paid', by: 'invoice' });
    assert.equal(order.json.customer, 'demo');
    assert.equal(order.headers['x-request-id'], 'one');
    assert.equal((await ask('/orders/1001', {})).status, 401);
    assert.equal((await ask('/catalog/tea', {})).json.cents, 690);
    assert.equal((await ask('/payments/1001')).status, 404);
    for (const gateway of GATEWAYS) {
      const direct = await fetchFrom(`127.0.0.1:${stack.port(gateway, 8000)}`, '/orders/7', { headers: KEY });
      assert.equal(direct.status, 200, `${gateway} has the configuration from the store`);
    }
  });

  await t.test('a microgateway asks for the key as well, and has only what concerns it', async () => {
    const orders = `127.0.0.1:${stack.port('orders', 8000)}`;
    const named = { Host: 'orders' };
    assert.equal((await fetchFrom(orders, '/orders/1', { headers: named })).status, 401);
    assert.equal((await fetchFrom(orders, '/orders/1', { headers: { ...named, ...KEY } })).status, 200);
    const outbound = `127.0.0.1:${stack.port('orders', 8010)}`;
    const call = (host: string) => fetchFrom(outbound, '/payments/1', { headers: { Host: host } });
    assert.equal((await call('payments')).status, 200);
    assert.equal((await call('catalog')).status, 502);
    for (const name of MICROGATEWAYS) {
      const { json } = await fetchFrom(`127.0.0.1:${stack.port(name, 8100)}`, '/status/sync');
      assert.equal(json.source, 'live', name);
    }
  });

  await t.test('the health checks of the images say yes, and that nobody is there', async () => {
    const check = ['node', '/opt/cardinal/bin/cardinal.js', 'health'];
    for (const name of ['gateway-1', 'orders']) {
      assert.deepEqual(await stack.exec(name, check), { code: 0, signal: null, output: 'ready\n' });
    }
    const app = stack.services.get('orders-app') as Service;
    const [, ...words] = (app.healthcheck as { readonly test: readonly string[] }).test;
    assert.equal((await stack.exec('orders-app', words)).code, 0);
  });

  const headers: Record<string, string> = {};
  await t.test('the Admin API wants a token, which a command beside a gateway makes', async () => {
    const admin = `127.0.0.1:${stack.port('gateway-1', 8001)}`;
    assert.equal((await fetchFrom(admin, '/services')).status, 401);
    const made = await stack.exec('gateway-2', [
      ...['node', 'bin/cardinal.js', 'token', 'create', '--role', 'write', '--name', 'me', '-o', 'json'],
    ]);
    const { token } = JSON.parse(made.output.slice(0, made.output.lastIndexOf('}') + 1));
    headers['Authorization'] = `Bearer ${token}`;
    const listed = await fetchFrom(admin, '/services', { headers });
    const names = listed.json.data.map((one: { name: string }) => one.name);
    assert.deepEqual(names.sort(), ['catalog', 'orders', 'payments']);
  });

  await t.test(
    'without Redis traffic goes on and changes are refused; with it they are taken again',
    async () => {
      const admin = `127.0.0.1:${stack.port('gateway-1', 8001)}`;
      const write = () =>
        fetchFrom(admin, '/consumers/bob', {
          method: 'PUT',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: '{"tags":["x"]}',
        });
      await redis.kill();
      assert.equal((await write()).status, 503);
      for (let i = 0; i < 20; i++) assert.equal((await ask(`/orders/${i}`)).status, 200);
      await redis.start();
      await until(async () => (await write()).status === 200);
      assert.equal((await fetchFrom(admin, '/services/orders', { headers })).status, 200);
    },
  );

  await t.test('setting it up again changes nothing', async () => {
    const now = async () => ({
      tokens: await redis.ask('HKEYS', '{cardinal}:documents:join_token'),
      adminTokens: await redis.ask('HLEN', '{cardinal}:documents:admin_token'),
      head: await redis.ask('HGETALL', '{cardinal}:head'),
    });
    const before = await now();
    assert.match(before.head, /^\*[1-9]/);
    assert.match(before.tokens, /^\*3\r\n/);
    await stack.start('set-up');
    const ended = await stack.finished('set-up');
    assert.equal(ended.code, 0, ended.output);
    assert.match(ended.output, /it stays as it is/);
    assert.deepEqual(await now(), before);
  });

  await t.test('a gateway that is killed takes no request with it that had not reached it', async () => {
    await stack.end('gateway-1', 'SIGKILL');
    await until(async () => (await ask('/catalog/tea', {})).status === 200);
    for (let i = 0; i < 20; i++) assert.equal((await ask(`/orders/${i}`)).status, 200);
    // The nodes that were connected to it find the other one.
    for (const name of MICROGATEWAYS) await connected(stack, name);
    await stack.start('gateway-1');
    await ready(stack, 'gateway-1');
  });

  await t.test('a gateway that is stopped in order costs no request at all', async () => {
    const load = new KeepAliveLoad(edge, 4, 'GET /catalog/tea HTTP/1.1\r\nHost: edge\r\n\r\n', (response) =>
      response.startsWith('HTTP/1.1 200') ? undefined : response.slice(0, 200),
    );
    const { code } = await stack.end('gateway-2', 'SIGTERM');
    const { requests, failures } = await load.stop();
    assert.equal(code, 0, stack.output('gateway-2'));
    assert.deepEqual(failures, []);
    assert.ok(requests > 20);
  });

  await t.test('without any gateway the microgateways go on, also one that is started anew', async () => {
    await stack.end('gateway-1', 'SIGKILL');
    await until(async () => (await ask('/catalog/tea', {})).status === 503);
    const orders = (id: number) =>
      fetchFrom(`127.0.0.1:${stack.port('orders', 8000)}`, `/orders/${id}`, {
        headers: { Host: 'orders', ...KEY },
      });
    assert.equal((await orders(1)).json.payment.state, 'paid');
    await stack.end('orders', 'SIGKILL');
    await stack.start('orders');
    await ready(stack, 'orders');
    assert.equal((await orders(2)).json.payment.state, 'paid');
    const { json } = await fetchFrom(`127.0.0.1:${stack.port('orders', 8100)}`, '/status/sync');
    assert.equal(json.source, 'disk');
  });

  await t.test('gateways that come back have everything from the store', async () => {
    await stack.start('gateway-1');
    await ready(stack, 'gateway-1');
    await until(async () => (await ask('/orders/5')).status === 200);
  });
});

/** In the order of their dependencies, those whose dependencies are met at the same time. */
async function startAll(stack: LocalStack, names: ReadonlySet<string>): Promise<void> {
  const starting = new Map<string, Promise<void>>();
  const start = (name: string): Promise<void> => {
    const known = starting.get(name);
    if (known !== undefined) return known;
    const { dependsOn } = stack.services.get(name) as Service;
    const done = Promise.all([...dependsOn.keys()].filter((one) => names.has(one)).map(start))
      .then(() => stack.start(name))
      .then(() => ready(stack, name));
    starting.set(name, done);
    return done;
  };
  await Promise.all([...names].map(start));
}

/** Healthy, as its health check would say; `set-up` when it has done its work. */
async function ready(stack: LocalStack, name: string): Promise<void> {
  if (name === 'set-up') {
    const { code, output } = await stack.finished(name);
    assert.equal(code, 0, output);
    return;
  }
  const { buildTarget, environment } = stack.services.get(name) as Service;
  const serves = buildTarget === 'gateway' || buildTarget === 'microgateway';
  const port = stack.port(name, serves ? 8100 : Number(environment['PORT'] ?? 8000));
  const isReady = serves
    ? async () => (await fetchFrom(`127.0.0.1:${port}`, '/readyz').catch(() => undefined))?.status === 200
    : () => accepts(port);
  await until(async () => {
    assert.ok(stack.isRunning(name), `${name} ended: ${stack.output(name)}`);
    return isReady();
  }, LIMIT_MS).catch((error) => {
    throw new Error(`${name} is not ready: ${stack.output(name)}`, { cause: error });
  });
}

function connected(stack: LocalStack, name: string): Promise<void> {
  const status = `127.0.0.1:${stack.port(name, 8100)}`;
  return until(async () => (await fetchFrom(status, '/status/sync')).json.connected === true);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** The two gateways have one address here, and their status listeners different ports. */
function edit(service: string, text: string, stack: LocalStack): string {
  if (service !== 'load-balancer') return text;
  return text
    .replace('inter 1s', 'inter 250ms')
    .replaceAll(
      /^( +server (gateway-\d) .*)$/gm,
      (_, line: string, gateway: string) => `${line} port ${stack.port(gateway, 8100)}`,
    );
}

/** What the file says, without comments; the harness chooses port and folder. */
function redisConfiguration(): string[] {
  return readFileSync(join(ROOT, 'deploy/redis/redis.conf'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('protected-mode'));
}

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
