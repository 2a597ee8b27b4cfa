import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { declarativeFromObject } from '../../../shared/config/declarative/read.ts';
import { CA_CERTIFICATE, RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import { Bench, plugins } from './fixture.ts';

const BODIES: readonly (readonly [collection: string, body: Record<string, unknown>])[] = [
  ['certificates', { cert: RSA_CERTIFICATE, key: RSA_KEY, tags: ['a'] }],
  ['ca_certificates', { cert: CA_CERTIFICATE }],
  ['services', { name: 's', url: 'https://h.example:81/p', retries: null, tags: ['a', 'a', 'b'] }],
  ['services', { name: 'g', host: '[::1]', protocol: 'grpc' }],
  ['routes', { name: 'r', paths: ['/a', '~/b$'], headers: { 'x-a': ['1'] }, methods: ['GET', 'GET'] }],
  ['routes', { name: 'grpc', paths: ['/a'], protocols: ['grpc'], sources: null }],
  ['consumers', { username: 'u', custom_id: null }],
  ['upstreams', { name: 'u', hash_on: 'header', hash_on_header: 'x', healthchecks: { threshold: 3 } }],
  ['key_sets', { name: 'k' }],
  ['keys', { kid: 'k', jwk: '{"kty":"oct","k":"aaaa","kid":"k"}' }],
  ['vaults', { prefix: 'v', name: 'env', config: { prefix: 'P' } }],
  ['plugins', { name: 'rate-limiting', config: { minute: 5, redis_host: 'r' } }],
  ['plugins', { name: 'tcp-log', config: { host: 'h', port: 1 }, protocols: ['tcp'], enabled: false }],
];
const OF_A_CONSUMER: typeof BODIES = [
  ['keyauth_credentials', { key: 'k', ttl: 10 }],
  ['basicauth_credentials', { username: 'u', password: 'p' }],
  ['acls', { group: 'g', tags: [] }],
];

const CONSUMER = '11111111-1111-4111-8111-111111111111';

/** Both as plain data, without what differs from run to run. */
function comparable(entity: object): unknown {
  return JSON.parse(JSON.stringify({ ...entity, id: 0, created_at: 0, updated_at: 0 }));
}

function fromFile(bench: Bench, document: object, collection: string): StoredEntity {
  const result = declarativeFromObject({ _format_version: '3.0', ...document }, { plugins, now: bench.now });
  assert.ok(result.ok, JSON.stringify(result));
  const { configuration } = result;
  const lists = { ...configuration, ...configuration.pluginEntities } as unknown as Record<
    string,
    StoredEntity[]
  >;
  return lists[collection]?.[0] as StoredEntity;
}

describe('an entity that is posted is the one that is read from a file', () => {
  for (const [collection, body] of BODIES) {
    it(`${collection} ${JSON.stringify(body).slice(0, 60)}`, () => {
      const bench = new Bench();
      const { id } = bench.insert(collection, body);
      const posted = bench.model.stored(collection, id) as StoredEntity;
      const read = fromFile(bench, { [collection]: [body] }, collection);
      assert.deepEqual(comparable(posted), comparable(read));
      assert.deepEqual(Object.keys(posted).sort(), Object.keys(read).sort());
      assert.deepEqual(posted['created_at'], read['created_at']);
      assert.deepEqual(posted['updated_at'], read['updated_at']);
    });
  }

  for (const [collection, body] of OF_A_CONSUMER) {
    it(`${collection} of a consumer`, () => {
      const bench = new Bench();
      bench.insert('consumers', { username: 'c', id: CONSUMER });
      const { id } = bench.insert(collection, { ...body, consumer: { id: CONSUMER } });
      const read = fromFile(
        bench,
        { consumers: [{ username: 'c', id: CONSUMER, [collection]: [body] }] },
        collection,
      );
      assert.deepEqual(comparable(bench.model.stored(collection, id) as StoredEntity), comparable(read));
    });
  }

  it('targets of an upstream', () => {
    const bench = new Bench();
    const upstream = { name: 'u', id: CONSUMER };
    bench.insert('upstreams', upstream);
    const { id } = bench.insert('targets', { target: 'T.example', upstream: { name: 'u' } });
    const read = fromFile(
      bench,
      { upstreams: [{ ...upstream, targets: [{ target: 'T.example' }] }] },
      'targets',
    );
    const posted = bench.model.stored('targets', id) as StoredEntity;
    assert.deepEqual(comparable(posted), comparable(read));
    assert.equal(posted['created_at'], read['created_at']);
  });
});
