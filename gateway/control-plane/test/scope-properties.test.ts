/** Over random configurations: what is sent is complete, and has nothing of anybody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportDeclarative } from '../../../shared/config/declarative/export.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import { startGateway } from '../../../shared/proxy/test/harness/gateway.ts';
import { EntitySet } from '../../../shared/sync/entity-set.ts';
import { Random } from '../../../shared/test/random.ts';
import { microgatewayScope, type Scope, ScopeIndex } from '../scope.ts';
import { configurationFrom, randomDocument, registry, serviceName } from './random-configuration.ts';
import { definitions as bundled, bundledPlugins, configured } from './running.ts';

const SERVICES = 8;
const definitions = entityIndex(registry);

function sent({ entities }: Scope): Configuration {
  const set = new EntitySet();
  // As it arrives: JSON text.
  for (const { collection, entity } of entities) set.put(collection, JSON.parse(JSON.stringify(entity)));
  return set.configuration('f'.repeat(32));
}

const ids = (list: readonly { readonly id: string }[]): readonly string[] => list.map(({ id }) => id).sort();

/** What must be there, found by looking at everything rather than at indexes. */
function expected(
  all: Configuration,
  service: string,
  calls: readonly string[],
): Record<string, readonly string[]> {
  const own = all.services.find(({ name }) => name === service)!;
  const called = all.services.filter(({ name, enabled }) => enabled && calls.includes(String(name)));
  const routes = all.routes.filter((route) => route.service?.id === own.id);
  const here = all.plugins.filter(
    (plugin) =>
      plugin.enabled &&
      (plugin.service === null || plugin.service.id === own.id) &&
      (plugin.route === null || routes.some(({ id }) => id === plugin.route?.id)),
  );
  const owners = ['key-auth', 'basic-auth', 'acl'];
  const identified = here.some(({ name, consumer }) => consumer === null && owners.includes(name));
  const plugins = here.filter(({ consumer }) => consumer === null || identified);
  const credentials = (collection: string, owner: string) =>
    plugins.some(({ name }) => name === owner) ? (all.pluginEntities[collection] ?? []) : [];
  const hosts = routes.flatMap((route) => route.hosts ?? []);
  const snis = all.snis.filter(({ name }) => hosts.includes(name));
  const upstreams = all.upstreams.filter(({ name }) => called.some(({ host }) => host === name));
  const certificates = new Set(
    [
      ...snis.map(({ certificate }) => certificate.id),
      ...[own, ...called, ...upstreams].map((one) => one.client_certificate?.id),
    ].filter((one) => one !== undefined),
  );
  return {
    services: [...new Set(ids([own, ...called]))],
    routes: ids(routes),
    plugins: ids(plugins),
    consumers: identified ? ids(all.consumers) : [],
    keyauth_credentials: ids(credentials('keyauth_credentials', 'key-auth')),
    basicauth_credentials: ids(credentials('basicauth_credentials', 'basic-auth')),
    acls: ids(credentials('acls', 'acl')),
    upstreams: ids(upstreams),
    targets: ids(all.targets.filter(({ upstream }) => upstreams.some(({ id }) => id === upstream.id))),
    snis: ids(snis),
    certificates: [...certificates].sort(),
  };
}

test('exactly what belongs to it, complete enough to be read as a document', async () => {
  let withPeople = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const all = await configurationFrom(randomDocument(random, SERVICES));
    const index = new ScopeIndex(all, definitions);
    for (let round = 0; round < 4; round++) {
      const service = serviceName(random.below(SERVICES));
      const calls = random.some(
        Array.from({ length: SERVICES }, (_, i) => serviceName(i)),
        0,
        4,
      );
      const configuration = sent(microgatewayScope(index, { service, calls }, '*'));
      const lists = { ...configuration, ...configuration.pluginEntities } as unknown as Record<
        string,
        readonly { readonly id: string }[]
      >;
      const want = expected(all, service, calls);
      for (const [collection, wanted] of Object.entries(want)) {
        assert.deepEqual(ids(lists[collection] ?? []), wanted, `seed ${seed}: ${collection} of ${service}`);
      }
      const known = new Set([...Object.keys(want), 'pluginEntities', 'hash']);
      for (const [collection, list] of Object.entries(lists)) {
        if (!known.has(collection)) assert.deepEqual(list, [], collection);
      }
      // References that lead nowhere would be found here.
      const again = await configurationFrom(exportDeclarative(configuration));
      assert.deepEqual(ids(again.plugins), want['plugins']);
      if (want['consumers']?.length !== 0) withPeople++;
    }
  }
  assert.ok(withPeople > 20 && withPeople < 220, 'both kinds were seen');
});

test('nothing that is marked as somebody else\u2019s is in it, wherever it may hide', async () => {
  for (let seed = 100; seed <= 160; seed++) {
    const random = new Random(seed);
    const all = await configurationFrom(randomDocument(random, SERVICES));
    const own = random.below(SERVICES);
    const other = (own + 1 + random.below(SERVICES - 1)) % SERVICES;
    const index = new ScopeIndex(all, definitions);
    const subscription = { service: serviceName(own), calls: [serviceName(other)] };
    const scope = microgatewayScope(index, subscription, '*');
    for (const { collection, entity } of scope.entities) {
      const text = JSON.stringify(entity);
      for (let i = 0; i < SERVICES; i++) {
        if (i !== own) assert.ok(!text.includes(`tls-${i}"`), `seed ${seed}: ${collection}`);
        if (i === own) continue;
        const reached = ['services', 'upstreams', 'targets', 'certificates'].includes(collection);
        if (i !== other || !reached) assert.ok(!text.includes(`own-${i}"`), `seed ${seed}: ${collection}`);
      }
    }
  }
});

test('what is sent can be served, inbound and outbound', async (t) => {
  const services = Array.from(
    { length: 4 },
    (_, i) => `
  - name: service-${i}
    protocol: https
    host: pool-${i}
    port: 443
    ca_certificates: []
    routes: [ { name: r-${i}, hosts: [r-${i}.test] } ]
    plugins: [ { name: ${i % 2 === 0 ? 'key-auth' : 'correlation-id'} } ]`,
  );
  const pools = Array.from(
    { length: 4 },
    (_, i) => `  - { name: pool-${i}, targets: [ { target: "127.0.0.1:${9000 + i}" } ] }`,
  );
  const all = await configured(`
services:${services.join('')}
upstreams:
${pools.join('\n')}
consumers:
  - { username: alice, keyauth_credentials: [ { key: k } ] }
plugins:
  - { name: rate-limiting, config: { minute: 5 } }
  - { name: rate-limiting, consumer: alice, config: { minute: 50 } }
`);
  const index = new ScopeIndex(all, bundled);
  const to = { protocol: 'http', host: '127.0.0.1', port: 9 } as const;
  for (let i = 0; i < 4; i++) {
    const service = serviceName(i);
    const calls = [serviceName((i + 1) % 4)];
    const configuration = sent(microgatewayScope(index, { service, calls }, '*'));
    for (const role of [{ kind: 'inbound', service, to } as const, { kind: 'outbound' } as const]) {
      await startGateway(t, { configuration, plugins: bundledPlugins, role } as Parameters<
        typeof startGateway
      >[1]);
    }
  }
});

test('a thousand other services change nothing of what a microgateway is sent', async () => {
  const small = randomDocument(new Random(7), SERVICES);
  const many = randomDocument(new Random(8), 1000);
  // The first ones have the same names; leave them and what is everywhere out.
  const others: Record<string, unknown[]> = {};
  const apart = (entity: unknown): boolean => {
    const owner = /"(?:own|tls)-(\d+)"/.exec(JSON.stringify(entity))?.[1];
    return owner !== undefined && Number(owner) >= SERVICES;
  };
  for (const [collection, list] of Object.entries(many)) others[collection] = list.filter(apart);
  const merged: Record<string, unknown[]> = {};
  for (const collection of Object.keys(small)) {
    merged[collection] = [...(others[collection] ?? []), ...(small[collection] ?? [])];
  }
  const before = new ScopeIndex(await configurationFrom(small), definitions);
  const after = new ScopeIndex(await configurationFrom(merged), definitions);
  assert.ok(after.configuration.services.length > 900);
  for (let i = 0; i < SERVICES; i++) {
    const subscription = { service: serviceName(i), calls: [serviceName((i + 3) % SERVICES)] };
    const digest = (index: ScopeIndex): string => {
      const set = new EntitySet();
      for (const { collection, entity } of microgatewayScope(index, subscription, '*').entities) {
        set.put(collection, entity);
      }
      return set.digest();
    };
    assert.equal(digest(after), digest(before));
  }
});
