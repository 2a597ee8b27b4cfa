/** Whatever is thrown at whichever endpoint: an answer of Kong's shape, and never a 5xx. */
import assert from 'node:assert/strict';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Random } from '../../../shared/test/random.ts';
import { bench } from './fixture.ts';

const SEED = 20_261_124;
const REQUESTS = 4_000;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/yaml',
  '',
];
const NAMES = [
  'name',
  'host',
  'paths',
  'service',
  'config',
  'tags',
  'id',
  'key',
  'target',
  '__proto__',
  'ttl',
  'snis',
];
const MORE_NAMES = [
  'consumer',
  'username',
  'constructor',
  'created_at',
  'cert',
  'jwk',
  'pem',
  'prefix',
  'protocols',
  '',
];
const TEXTS = [
  'a',
  'h.example',
  '/x',
  '',
  'key-auth',
  'rate-limiting',
  '10.0.0.1:80',
  '\0',
  '\ud800',
  'ä',
  '~/(',
  'env',
];
const KNOWN = '11111111-1111-4111-8111-111111111111';
/** Bodies that some endpoint takes, to be spoilt a little. */
const NEARLY_RIGHT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  services: { name: 'b', host: 'h.example', retries: 3 },
  service: { name: 'd', url: 'https://h.example/x' },
  routes: { name: 'c', hosts: ['r.example'], service: { name: 'a' } },
  consumers: { username: 'c', custom_id: 'd' },
  upstreams: { name: 'v.example', algorithm: 'latency', healthchecks: { active: { timeout: 2 } } },
  targets: { target: '10.0.0.1', weight: 5 },
  'key-auth': { key: 'k', ttl: 10 },
  'key-auths': { key: 'l', consumer: { username: 'a' } },
  'basic-auth': { username: 'u', password: 'p' },
  acls: { group: 'g', consumer: { id: KNOWN } },
  plugins: { name: 'rate-limiting', config: { minute: 5, redis_host: 'h' } },
  vaults: { prefix: 'p', name: 'env', config: { prefix: 'P_' } },
  'key-sets': { name: 'b' },
  keys: { kid: '1', jwk: '{"kty":"oct","k":"c2VjcmV0","kid":"1"}' },
};
const QUERIES = [
  '',
  '?size=1',
  '?size=x',
  '?offset=%%%',
  '?offset=bm9uZQ',
  '?tags=a,b/c',
  '?tags=%00',
  '?unit=b',
  '?%FF=1',
];

function value(random: Random, depth = 0): unknown {
  switch (random.below(depth > 4 ? 6 : 9)) {
    case 0:
      return random.pick(TEXTS);
    case 1:
      return random.pick([0, -1, 1.5, 1e308, 65536, 2 ** 53]);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return KNOWN;
    case 5:
      return random.uuid();
    case 6:
      return Array.from({ length: random.below(3) }, () => value(random, depth + 1));
    default:
      return fields(random, depth + 1);
  }
}

function fields(random: Random, depth = 0): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const name of random.some([...NAMES, ...MORE_NAMES], 0, 5)) result[name] = value(random, depth);
  return result;
}

function body(random: Random, type: string, endpoint: string): Buffer {
  if (random.chance(0.05)) return Buffer.from(Array.from({ length: 40 }, () => random.below(256)));
  if (type.startsWith('application/json')) {
    if (random.chance(0.1))
      return Buffer.from((JSON.stringify(value(random)) ?? '').slice(0, random.below(40)));
    const word = endpoint.split('/').findLast((part) => Object.hasOwn(NEARLY_RIGHT, part));
    const right = random.chance(0.8) ? NEARLY_RIGHT[word ?? random.pick(Object.keys(NEARLY_RIGHT))] : {};
    const spoilt = random.chance(0.5) ? fields(random) : {};
    return Buffer.from(JSON.stringify({ ...right, ...spoilt }));
  }
  const names = random.some([...NAMES, 'config.minute', 'hosts[]', 'hosts[2]', 'a[b].c', '[', '.'], 0, 4);
  if (type.startsWith('multipart')) {
    const parts = names.map(
      (name) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${random.pick(TEXTS)}\r\n`,
    );
    return Buffer.from(`${parts.join('')}${random.chance(0.9) ? '--x--\r\n' : ''}`);
  }
  return Buffer.from(
    names.map((name) => `${name}=${encodeURIComponent(random.pick(TEXTS).toWellFormed())}`).join('&'),
  );
}

test('random requests to every endpoint', async (t) => {
  const { app, managed } = bench();
  await managed.write({ actor: 'test', summary: 'something to find' }, (draft) => {
    for (const [collection, input] of [
      ['services', { id: KNOWN, name: 'a', host: 'h', tags: ['a'] }],
      ['routes', { id: KNOWN, name: 'a', paths: ['/'], service: { id: KNOWN } }],
      ['consumers', { id: KNOWN, username: 'a' }],
      ['upstreams', { id: KNOWN, name: 'a' }],
      ['plugins', { id: KNOWN, name: 'rate-limiting', config: { minute: 1 } }],
    ] as const)
      draft.insert(collection, input);
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  t.after(() => {
    agent.destroy();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const paths = ((await send(port, 'GET', '/endpoints')).json as { data: string[] }).data;
  const allowed = new Map<string, readonly string[]>();
  for (const path of paths) {
    const { allow } = await send(port, 'OPTIONS', path.replaceAll(/[{}]/g, ''));
    allowed.set(path, allow.split(', '));
  }
  const random = new Random(SEED);
  const statuses = new Map<number, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const endpoint = random.pick(paths);
    const path = endpoint.replaceAll(/\{[^}]+\}/g, () =>
      encodeURIComponent(random.chance(0.6) ? random.pick([KNOWN, 'a']) : random.pick(TEXTS).toWellFormed()),
    );
    const broken = random.chance(0.05)
      ? random.pick(['%', '%FF', '//', '/default/default', '/..', '/%00'])
      : '';
    const target = `${path}${broken}${random.pick(QUERIES)}`;
    const method = random.pick(random.chance(0.9) ? (allowed.get(endpoint) ?? METHODS) : METHODS);
    const type = random.chance(0.6) ? 'application/json' : random.pick(TYPES);
    const sent = method === 'GET' || method === 'HEAD' ? undefined : body(random, type, endpoint);
    const answer = await send(port, method, target, type, sent);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const told = `${method} ${target} ${type} ${sent?.toString().slice(0, 300)}: ${answer.status} ${answer.text.slice(0, 300)}`;
    // The one endpoint that says it is not implemented, as Kong's does.
    assert.ok(answer.status < 500 || (answer.status === 501 && path === '/status/dns'), told);
    if (answer.status >= 400 && answer.status !== 415 && method !== 'HEAD')
      assert.equal(typeof (answer.json as { message?: unknown } | undefined)?.message, 'string', told);
  }
  for (const status of [200, 201, 204, 400, 404, 405, 409, 415])
    assert.ok((statuses.get(status) ?? 0) > 0, `${status} never came up: ${JSON.stringify([...statuses])}`);
  assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined);
});

interface Received {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly allow: string;
}

const agent = new Agent({ keepAlive: true });

function send(port: number, method: string, path: string, type = '', sent?: Buffer): Promise<Received> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(type === '' ? {} : { 'Content-Type': type }),
      ...(sent === undefined ? {} : { 'Content-Length': sent.length }),
    };
    const outgoing = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = String(response.headers['content-type']).startsWith('application/json') && text !== '';
        resolve({
          status: response.statusCode ?? 0,
          text,
          json: isJson ? JSON.parse(text) : undefined,
          allow: response.headers.allow ?? '',
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(sent);
  });
}
