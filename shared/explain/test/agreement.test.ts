/** `explain` and the proxy agree: random configurations and requests, each asked of both. */
import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../config/empty.ts';
import type { Configuration, Plugin, PluginEntity } from '../../config/entities.ts';
import { openCatalog } from '../../plugins/catalog.ts';
import type { AnyPluginDefinition } from '../../plugins/contract.ts';
import { configuredPlugin } from '../../plugins/testkit/configured-plugin.ts';
import { makeConsumer, makePlugin, makeRoute, makeService } from '../../plugins/testkit/entities.ts';
import { startGateway } from '../../proxy/test/harness/gateway.ts';
import { Random } from '../../test/random.ts';
import { Explainer } from '../explainer.ts';

const HOSTS = ['a.test', 'b.test', '*.test', 'a.*', 'A.test', 'x.a.test'];
const PATHS = ['/', '/a', '/a/b', '/ab', '~/a/(?<id>[0-9]+)', '~/[a-z]+/b$', '/é'];
const ASKED_HOSTS = ['a.test', 'b.test', 'x.a.test', 'a.org', 'other', 'A.test:81'];
const ASKED_PATHS = [
  '/',
  '/a',
  '/a/b',
  '/a/12',
  '/abc',
  '/x/b',
  '/a/../b',
  '//a',
  '/%C3%A9',
  '/a?x=1',
  '/a/?',
  '/%',
];
const METHODS = ['GET', 'POST', 'PUT', 'OPTIONS'];

const DRY: readonly [string, Record<string, unknown>][] = [
  ['ip-restriction', { deny: ['127.0.0.0/8'] }],
  ['ip-restriction', { allow: ['127.0.0.1'] }],
  ['ip-restriction', { allow: ['10.0.0.0/8'], status: 451 }],
  ['key-auth', {}],
  ['key-auth', { key_names: ['x-key'] }],
  ['cors', { origins: ['*'] }],
  ['request-size-limiting', { allowed_payload_size: 1, size_unit: 'bytes' }],
  ['request-termination', { status_code: 418 }],
  ['request-termination', { status_code: 503, trigger: 'x-maintenance' }],
  ['bot-detection', { deny: ['curl'] }],
];

function randomConfiguration(
  random: Random,
  port: number,
  definitions: ReadonlyMap<string, AnyPluginDefinition>,
): Configuration {
  const services = Array.from({ length: 2 }, (_, at) =>
    makeService({
      id: random.uuid(),
      name: `s${at}`,
      host: '127.0.0.1',
      port,
      path: random.pick([null, '/base', '/base/']),
      enabled: random.chance(0.9),
      retries: 0,
    }),
  );
  const routes = Array.from({ length: 1 + random.below(8) }, (_, at) =>
    makeRoute({
      id: random.uuid(),
      name: `r${at}`,
      service: random.chance(0.95) ? { id: random.pick(services).id } : null,
      hosts: random.chance(0.5) ? random.some(HOSTS, 1, 2) : null,
      paths: random.chance(0.8) ? random.some(PATHS, 1, 3) : null,
      methods: random.chance(0.3) ? random.some(METHODS, 1, 2) : null,
      headers: random.chance(0.2) ? { 'x-v': [random.pick(['1', '2'])] } : null,
      protocols: random.chance(0.1) ? ['https'] : ['http', 'https'],
      https_redirect_status_code: random.pick([426, 301]),
      strip_path: random.chance(0.5),
      preserve_host: random.chance(0.3),
      regex_priority: random.below(3),
    }),
  );
  const consumer = makeConsumer({ id: random.uuid(), username: 'alice' });
  const plugins: Plugin[] = [];
  for (let i = random.below(5); i > 0; i--) {
    const [name, config] = random.pick(DRY);
    const definition = definitions.get(name)!;
    const made = configuredPlugin(definition, config);
    assert.deepEqual(made.problems, []);
    const scope = random.below(3);
    plugins.push(
      makePlugin({
        ...made.value,
        id: random.uuid(),
        route: scope === 1 ? { id: random.pick(routes).id } : null,
        service: scope === 2 ? { id: random.pick(services).id } : null,
      }),
    );
  }
  const credential: PluginEntity = {
    id: random.uuid(),
    created_at: 0,
    tags: null,
    key: 'k',
    ttl: null,
    consumer: { id: consumer.id },
  };
  return {
    ...EMPTY_CONFIGURATION,
    hash: random.uuid(),
    services,
    routes: routes.filter(({ hosts, paths, methods, headers }) => hosts ?? paths ?? methods ?? headers),
    plugins,
    consumers: [consumer],
    pluginEntities: { keyauth_credentials: [credential] },
  };
}

interface Answer {
  readonly status: number;
  readonly route: string | undefined;
  readonly upstream: { readonly url: string; readonly host: string } | undefined;
}

function ask(port: number, method: string, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (piece: string) => {
          text += piece;
        });
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode!,
            route: incoming.headers['kong-route-name'] as string | undefined,
            upstream: incoming.headers['x-upstream'] === undefined ? undefined : JSON.parse(text),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('what explain says is what the proxy does', async (t) => {
  const upstream = createServer((request, response) => {
    response.setHeader('X-Upstream', '1');
    response.end(JSON.stringify({ url: request.url, host: request.headers.host }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const upstreamPort = (upstream.address() as AddressInfo).port;
  const catalog = await openCatalog(['bundled'], []);
  await catalog.all();
  const { definitions } = catalog;
  const gateway = await startGateway(t, {
    configuration: EMPTY_CONFIGURATION,
    plugins: definitions,
    settings: { allowDebugHeader: true },
  });
  const random = new Random(2024);
  const kinds = new Map<string, number>();
  for (let round = 0; round < 60; round++) {
    const configuration = randomConfiguration(random, upstreamPort, definitions);
    await gateway.reload(configuration);
    const explainer = await Explainer.open({ configuration, definitions });
    for (let i = 0; i < 12; i++) {
      const method = random.pick(METHODS);
      const path = random.pick(ASKED_PATHS);
      const host = random.pick(ASKED_HOSTS);
      const headers: Record<string, string> = { host, 'kong-debug': '1' };
      if (random.chance(0.3)) headers['x-v'] = random.pick(['1', '2', '3']);
      if (random.chance(0.3)) headers['apikey'] = random.pick(['k', 'wrong']);
      if (random.chance(0.2)) headers['x-maintenance'] = '1';
      if (random.chance(0.3)) headers['user-agent'] = 'curl/8';
      if (random.chance(0.2)) {
        headers['origin'] = 'http://site.test';
        headers['access-control-request-method'] = 'GET';
      }
      const explained = await explainer.explain({
        method,
        url: `http://${host}${path}`,
        headers: Object.entries(headers),
        sni: undefined,
        clientIp: '127.0.0.1',
        consumer: undefined,
        listenPort: gateway.port,
      });
      const answer = await ask(gateway.port, method, path, headers);
      const what = `${method} ${host}${path} ${JSON.stringify(headers)}\n${JSON.stringify(explained, null, 1)}`;
      const { kind, status } = explained.result;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      assert.equal(explained.result.certain, true, what);
      assert.equal(answer.upstream === undefined, kind !== 'forwarded', what);
      assert.equal(answer.status, status ?? 200, what);
      if (explained.matched !== null)
        assert.equal(answer.route, explained.matched.route.name ?? undefined, what);
      else assert.equal(answer.route, undefined, what);
      if (explained.upstream === null || answer.upstream === undefined) continue;
      assert.equal(`http://127.0.0.1:${upstreamPort}${answer.upstream.url}`, explained.upstream.url, what);
      assert.equal(answer.upstream.host, explained.upstream.host_header, what);
    }
  }
  for (const kind of ['forwarded', 'answered', 'no_route', 'malformed'])
    assert.ok((kinds.get(kind) ?? 0) >= 20, `${kind}: ${kinds.get(kind)}`);
});
