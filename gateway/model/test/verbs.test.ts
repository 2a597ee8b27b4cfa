import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bench, refusal, START } from './fixture.ts';

const SECONDS = Math.floor(START / 1000);
const ID = '11111111-1111-4111-8111-111111111111';

describe('POST', () => {
  it('gives the whole entity, with defaults and time stamps', () => {
    const bench = new Bench();
    const service = bench.insert('services', { name: 'a', url: 'https://a.example/x', tags: ['t', 't'] });
    assert.match(service.id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(service, {
      id: service.id,
      created_at: SECONDS,
      updated_at: SECONDS,
      name: 'a',
      retries: 5,
      protocol: 'https',
      host: 'a.example',
      port: 443,
      path: '/x',
      connect_timeout: 60000,
      write_timeout: 60000,
      read_timeout: 60000,
      tags: ['t'],
      client_certificate: null,
      tls_verify: null,
      tls_verify_depth: null,
      ca_certificates: null,
      enabled: true,
    });
    assert.deepEqual(bench.model.find('services', 'a'), service);
    assert.deepEqual(bench.model.find('services', service.id.toUpperCase()), service);
  });

  it('takes the id and created_at that are sent, and never updated_at', () => {
    const bench = new Bench();
    const route = bench.insert('routes', {
      id: ID.toUpperCase(),
      paths: ['/'],
      created_at: 5,
      updated_at: 6,
    });
    assert.deepEqual([route.id, route['created_at'], route['updated_at']], [ID, 5, SECONDS]);
    bench.insert('routes', { paths: ['/'], updated_at: 'never looked at' });
  });

  it('gives targets fractions of seconds and their default port', () => {
    const bench = new Bench();
    const upstream = bench.insert('upstreams', { name: 'u' });
    const target = bench.write((draft) =>
      draft.insert('targets', { target: '::1' }, { fixed: { upstream: { id: upstream.id } } }),
    );
    assert.equal(target['created_at'], START / 1000);
    assert.equal(target['target'], '[0000:0000:0000:0000:0000:0000:0000:0001]:8000');
  });

  it('refuses an id that is taken', () => {
    const bench = new Bench();
    bench.insert('routes', { id: ID, paths: ['/'] });
    assert.deepEqual(
      refusal(() => bench.insert('routes', { id: ID, paths: ['/'] })),
      {
        status: 400,
        code: 3,
        name: 'primary key violation',
        message: `primary key violation on key '{id="${ID}"}'`,
        fields: { id: ID },
      },
    );
  });
});

describe('PUT', () => {
  it('makes an entity with the id of the path', () => {
    const bench = new Bench();
    const other = '22222222-2222-4222-8222-222222222222';
    const service = bench.write((draft) => draft.upsert('services', ID, { id: other, host: 'a' }));
    assert.equal(service.id, ID);
    assert.equal(bench.model.find('services', other), undefined);
  });

  it('makes an entity with the name of the path, whatever the body says', () => {
    const bench = new Bench();
    const service = bench.write((draft) => draft.upsert('services', 'a', { name: 'b', host: 'a', id: ID }));
    assert.deepEqual([service.id, service['name']], [ID, 'a']);
  });

  it('replaces: what is omitted is as by default, and the id stays', () => {
    const bench = new Bench();
    const before = bench.insert('services', { name: 'a', host: 'a', retries: 1, tags: ['x'], created_at: 5 });
    bench.now += 3000;
    const after = bench.write((draft) => draft.upsert('services', 'a', { host: 'b', id: ID }));
    assert.equal(after.id, before.id);
    assert.deepEqual(
      [after['host'], after['retries'], after['tags'], after['created_at'], after['updated_at']],
      ['b', 5, null, SECONDS + 3, SECONDS + 3],
    );
    const kept = bench.write((draft) => draft.upsert('services', before.id, { host: 'b', created_at: 7 }));
    assert.deepEqual([kept['created_at'], kept['name']], [7, null]);
    assert.equal(bench.model.find('services', 'a'), undefined);
    assert.equal(bench.model.count('services'), 1);
  });
});

describe('PATCH', () => {
  it('merges records, replaces lists, clears with null, and refreshes updated_at', () => {
    const bench = new Bench();
    const before = bench.insert('upstreams', {
      name: 'u',
      tags: ['a', 'b'],
      host_header: 'h',
      healthchecks: { active: { timeout: 9, healthy: { interval: 3 } } },
    });
    bench.now += 5000;
    const after = bench.write((draft) =>
      draft.update('upstreams', 'u', {
        tags: ['c'],
        host_header: null,
        healthchecks: { active: { healthy: { successes: 2, http_statuses: [201] } }, threshold: 10 },
      }),
    );
    const checks = after['healthchecks'] as {
      threshold: number;
      active: { timeout: number; healthy: Record<string, unknown> };
    };
    assert.equal(checks.threshold, 10);
    assert.equal(checks.active.timeout, 9);
    assert.deepEqual({ ...checks.active.healthy }, { interval: 3, successes: 2, http_statuses: [201] });
    assert.deepEqual([after['tags'], after['host_header']], [['c'], null]);
    assert.deepEqual([after['created_at'], after['updated_at']], [before['created_at'], SECONDS + 5]);
  });

  it('replaces maps, and expands shorthands', () => {
    const bench = new Bench();
    bench.insert('routes', { name: 'r', headers: { a: ['1'], b: ['2'] } });
    const route = bench.write((draft) => draft.update('routes', 'r', { headers: { c: ['3'] } }));
    assert.deepEqual({ ...(route['headers'] as object) }, { c: ['3'] });
    bench.insert('services', { name: 's', url: 'https://a.example/x' });
    const service = bench.write((draft) => draft.update('services', 's', { url: 'http://b' }));
    assert.deepEqual(
      [service['protocol'], service['host'], service['port'], service['path']],
      ['http', 'b', 80, null],
    );
  });

  it('couples fields as a whole entity does', () => {
    const bench = new Bench();
    bench.insert('upstreams', { name: 'u', hash_on: 'ip' });
    assert.equal(bench.model.find('upstreams', 'u')?.['algorithm'], 'consistent-hashing');
    bench.write((draft) => draft.update('upstreams', 'u', { hash_on: 'none' }));
    assert.equal(bench.model.find('upstreams', 'u')?.['algorithm'], 'round-robin');
  });

  it('says that a required field must stay, and what updating broke', () => {
    const bench = new Bench();
    bench.insert('services', { name: 's', host: 'h' });
    assert.equal(
      refusal(() => bench.draft().update('services', 's', { host: null })).message,
      'schema violation (host: required field missing)',
    );
    bench.insert('consumers', { username: 'c' });
    assert.equal(
      refusal(() => bench.draft().update('consumers', 'c', { username: null })).message,
      "schema violation (when updating, at least one of these fields must be non-empty: 'custom_id', 'username')",
    );
  });

  it('does not change an id', () => {
    const bench = new Bench();
    const service = bench.insert('services', { name: 's', host: 'h' });
    bench.draft().update('services', 's', { id: service.id.toUpperCase(), retries: 1 });
    assert.deepEqual(refusal(() => bench.draft().update('services', 's', { id: ID })).fields, {
      id: 'immutable field cannot be updated',
    });
  });

  it('of what is not there is code 6', () => {
    const bench = new Bench();
    assert.deepEqual(
      refusal(() => bench.draft().update('services', ID, {})),
      {
        status: 404,
        code: 6,
        name: 'not found',
        message: `could not find the entity with primary key '{id="${ID}"}'`,
        fields: { id: ID },
      },
    );
    assert.equal(
      refusal(() => bench.draft().update('services', 'x', {})).message,
      `could not find the entity with '{name="x"}'`,
    );
  });
});

describe('PATCH of a plugin', () => {
  it('merges the config as the plugin describes it', () => {
    const bench = new Bench();
    const { id } = bench.insert('plugins', {
      name: 'rate-limiting',
      config: { minute: 5, redis: { host: 'a', port: 1 } },
    });
    const after = bench.write((draft) =>
      draft.update('plugins', id, { config: { second: 2, redis: { host: 'b' } } }),
    );
    const config = after['config'] as Record<string, unknown>;
    assert.deepEqual([config['minute'], config['second']], [5, 2]);
    assert.deepEqual({ ...(config['redis'] as object) }, { host: 'b', port: 1, password: null });
    assert.deepEqual(
      refusal(() => bench.draft().update('plugins', id, { config: { second: 0, x: 1 } })).fields,
      {
        config: { second: 'value must be greater than 0', x: 'unknown field' },
      },
    );
  });
});

describe('DELETE', () => {
  it('is done when there is none', () => {
    const bench = new Bench();
    assert.equal(bench.draft().remove('services', 'x'), false);
    assert.equal(bench.draft().remove('services', ID), false);
  });

  it('takes with it what hangs on it', () => {
    const bench = new Bench();
    const service = bench.insert('services', { name: 's', host: 'h' });
    const consumer = bench.insert('consumers', { username: 'c' });
    bench.insert('plugins', { name: 'cors', service: { id: service.id } });
    bench.insert('plugins', { name: 'rate-limiting', config: { minute: 1 }, consumer: { username: 'c' } });
    bench.insert('acls', { group: 'g', consumer: { id: consumer.id } });
    bench.insert('keyauth_credentials', { consumer: { id: consumer.id } });
    assert.equal(
      bench.write((draft) => draft.remove('consumers', 'c')),
      true,
    );
    assert.deepEqual(
      ['plugins', 'acls', 'keyauth_credentials', 'consumers'].map((c) => bench.model.count(c)),
      [1, 0, 0, 0],
    );
    bench.write((draft) => draft.remove('services', 's'));
    assert.equal(bench.model.size(), 0);
    assert.equal(bench.model.hash(), '0'.repeat(32));
  });

  it('is refused while a route refers to the service', () => {
    const bench = new Bench();
    bench.insert('services', { name: 's', host: 'h' });
    bench.insert('routes', { name: 'r', paths: ['/'], service: { name: 's' } });
    const draft = bench.draft();
    assert.deepEqual(
      refusal(() => draft.remove('services', 's')),
      {
        status: 400,
        code: 4,
        name: 'foreign key violation',
        message: "an existing 'routes' entity references this 'services' entity",
        fields: { '@referenced_by': 'routes' },
      },
    );
    assert.deepEqual(draft.change, []);
    draft.remove('routes', 'r');
    assert.equal(draft.remove('services', 's'), true);
  });
});
