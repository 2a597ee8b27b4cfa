import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../test/random.ts';
import { exportDeclarative, exportYaml } from '../export.ts';
import { readDeclarative } from '../read.ts';
import { plugins } from './fixture-plugins.ts';

function generator(seed: number) {
  const random = new Random(seed);
  const pick = <T>(...values: readonly T[]) => random.pick(values);
  const maybe = <T>(value: T) => (random.chance(0.5) ? value : undefined);
  const times = <T>(most: number, make: (i: number) => T) =>
    Array.from({ length: random.below(most + 1) }, (_, i) => make(i));
  return { pick, maybe, times };
}

function randomDocument(seed: number): Record<string, unknown> {
  const { pick, maybe, times } = generator(seed);
  const version = pick('3.0', '2.1');
  // Old documents must not mark their regular expressions.
  const regex = version === '3.0' ? '~/b/(?<id>\\d+)$' : '/b/(?<id>\\d+)$';
  let count = 0;
  const fresh = (prefix: string) => `${prefix}-${seed}-${count++}`;
  const tags = () => maybe(times(3, () => pick('a', 'b', 'no', '1.0', 'schön', '~', 'null')));
  const consumers = times(3, () => ({
    username: fresh('user'),
    custom_id: maybe(fresh('id')),
    tags: tags(),
    keyauth_credentials: times(2, () => ({ key: maybe(fresh('key')) })),
    basicauth_credentials: times(1, () => ({
      username: fresh('login'),
      password: pick('yes', 'x: y', '0123'),
    })),
    acls: maybe([{ group: pick('1', 'admins', 'on') }]),
  }));
  const plugin = () =>
    pick<Record<string, unknown>>(
      { name: 'cors', config: { origins: maybe(['*']), max_age: maybe(pick(1, 2.5)) } },
      { name: 'rate-limiting', config: { minute: pick(1, 1e6), redis_host: maybe('r') } },
      {
        name: 'request-transformer',
        config: { rename: { 'x-a': 'y', on: 'off' } },
        enabled: pick(true, false),
      },
    );
  const route = () => ({
    name: maybe(fresh('route')),
    paths: pick(['/a'], ['/a', regex], ['/a b', '/ü']),
    methods: maybe(['GET', 'GET', 'POST']),
    hosts: maybe(['*.example.com', 'a:81']),
    headers: maybe({ 'x-version': ['1', '~*v\\d'] }),
    protocols: maybe(['https']),
    regex_priority: maybe(pick(0, 5, -1)),
    tags: tags(),
    plugins: maybe([plugin()]),
  });
  const services = times(4, () => ({
    name: maybe(fresh('service')),
    url: pick('http://a.example', 'https://a.example:81/x', '//[::1]:443'),
    retries: maybe(0),
    tags: tags(),
    routes: times(3, route),
    plugins: maybe([plugin()]),
  }));
  const upstreams = times(2, () => ({
    name: fresh('upstream'),
    algorithm: maybe(pick('consistent-hashing', 'least-connections', 'round-robin', 'latency')),
    hash_on: maybe(pick('none', 'ip', 'path')),
    healthchecks: maybe({
      active: { healthy: { interval: 1.5 }, http_path: '/h' },
      threshold: pick(0, 55.5),
    }),
    targets: [{ target: pick('a', '10.0.0.1:1', '[::1]:2'), weight: maybe(pick(0, 5)) }],
  }));
  const vaults = maybe([{ prefix: 'my-vault', name: 'env', config: { prefix: 'X_' } }]);
  const key_sets = maybe([{ name: 'set', keys: [{ kid: 'a', jwk: '{"kid":"a","kty":"oct","k":"YQ"}' }] }]);
  return { _format_version: version, consumers, services, upstreams, vaults, key_sets };
}

describe('what is exported and read again', () => {
  it('is equal, whatever the document', async () => {
    let entities = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const text = JSON.stringify(randomDocument(seed));
      const first = await readDeclarative(text, { format: 'json', plugins, now: 1_750_000_000_250 });
      assert.ok(first.ok, first.ok ? '' : `seed ${seed}: ${JSON.stringify(first.findings)}`);
      const { configuration } = first;
      entities += configuration.services.length + configuration.plugins.length;
      const yaml = seed % 5 === 0;
      const exported = yaml
        ? await exportYaml(configuration)
        : JSON.stringify(exportDeclarative(configuration));
      const second = await readDeclarative(exported, { format: yaml ? 'yaml' : 'json', plugins, now: 5 });
      assert.ok(second.ok, second.ok ? '' : `seed ${seed}: ${JSON.stringify(second.findings)}`);
      assert.deepEqual({ ...second.configuration, hash: '' }, { ...configuration, hash: '' }, `seed ${seed}`);
    }
    assert.ok(entities > 300);
  });

  it('is flat, with references as ids and stored values', async () => {
    const result = await readDeclarative(
      '_format_version: "3.0"\nservices: [{name: a, host: a, routes: [{name: r, paths: [/a]}]}]\n',
      { format: 'yaml', plugins, now: 0 },
    );
    assert.ok(result.ok);
    const document = exportDeclarative(result.configuration);
    assert.deepEqual(Object.keys(document), ['_format_version', '_transform', 'services', 'routes']);
    assert.equal(document['_transform'], false);
    const [route] = document['routes'] as [Record<string, unknown>];
    assert.equal(route['service'], result.configuration.services[0]?.id);
    assert.equal(route['methods'], null);
  });
});
