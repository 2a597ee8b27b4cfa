import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CA_CERTIFICATE } from '../../../shared/config/entities/test/pem.ts';
import { Bench, refusal } from './fixture.ts';

const ID = '11111111-1111-4111-8111-111111111111';

describe('references', () => {
  it('may be given by a unique field', () => {
    const bench = new Bench();
    const consumer = bench.insert('consumers', { username: 'u', custom_id: 'x' });
    for (const by of [
      { username: 'u' },
      { custom_id: 'x' },
      { id: null, username: 'u' },
      { username: 'u', custom_id: 'no' },
    ]) {
      const plugin = bench
        .draft()
        .insert('plugins', { name: 'rate-limiting', config: { minute: 1 }, consumer: by });
      assert.deepEqual(plugin['consumer'], { id: consumer.id });
    }
  });

  it('by a name that nothing has are code 13, before anything else is looked at', () => {
    const text = "the foreign key cannot be resolved with '{name=\"x\"}' for an existing 'services' entity";
    assert.deepEqual(
      refusal(() => new Bench().insert('routes', { service: { name: 'x' }, paths: 5 })),
      {
        status: 400,
        code: 13,
        name: 'foreign keys unresolved',
        message: `foreign key unresolved (service.name: ${text})`,
        fields: { service: { name: text } },
      },
    );
    assert.match(
      refusal(() =>
        new Bench().insert('plugins', { name: 'cors', service: { name: 'x' }, route: { name: 'y' } }),
      ).message,
      /^2 foreign keys unresolved \(route\.name: .*; service\.name: .*\)$/,
    );
  });

  it('to an id that is not there are code 4', () => {
    assert.deepEqual(
      refusal(() => new Bench().insert('routes', { service: { id: ID }, paths: ['/'] })),
      {
        status: 400,
        code: 4,
        name: 'foreign key violation',
        message: `the foreign key '{id="${ID}"}' does not reference an existing 'services' entity.`,
        fields: { service: { id: ID } },
      },
    );
  });

  it('that are none are schema violations', () => {
    const fields = (service: unknown) =>
      refusal(() => new Bench().insert('routes', { service, paths: ['/'] })).fields;
    assert.deepEqual(fields('name'), { service: 'expected a record' });
    assert.deepEqual(fields({}), { service: 'missing primary key' });
    assert.deepEqual(fields({ name: 'not a name!' }), { service: 'missing primary key' });
    assert.deepEqual(fields({ id: 'x' }), { service: { id: 'expected a valid UUID' } });
  });

  it('by a list of ids keep a CA certificate', () => {
    const bench = new Bench();
    const ca = bench.insert('ca_certificates', { cert: CA_CERTIFICATE, cert_digest: 'never looked at' });
    assert.match(ca['cert_digest'] as string, /^[0-9a-f]{64}$/);
    const service = bench.insert('services', { url: 'https://a', ca_certificates: [ca.id] });
    assert.deepEqual(
      refusal(() => bench.draft().remove('ca_certificates', ca.id)),
      {
        status: 400,
        code: 19,
        name: 'referenced by others',
        message: `ca certificate ${ca.id} is still referenced by services (id = ${service.id})`,
      },
    );
    bench.write((draft) => draft.update('services', service.id, { ca_certificates: null }));
    assert.equal(bench.draft().remove('ca_certificates', ca.id), true);
  });

  it('of an expired CA certificate are never made', () => {
    const bench = new Bench();
    bench.now = Date.UTC(2300, 0);
    assert.deepEqual(refusal(() => bench.insert('ca_certificates', { cert: CA_CERTIFICATE })).fields, {
      cert: 'certificate expired, "Not After" time is in the past',
    });
  });
});

describe('unique values', () => {
  it('are code 5 when they are taken', () => {
    const bench = new Bench();
    bench.insert('services', { name: 'foo', host: 'h' });
    assert.deepEqual(
      refusal(() => bench.insert('services', { name: 'foo', host: 'h' })),
      {
        status: 409,
        code: 5,
        name: 'unique constraint violation',
        message: `UNIQUE violation detected on '{name="foo"}'`,
        fields: { name: 'foo' },
      },
    );
    const other = bench.insert('services', { host: 'h' });
    assert.equal(refusal(() => bench.draft().update('services', other.id, { name: 'foo' })).code, 5);
    assert.equal(refusal(() => bench.draft().upsert('services', ID, { name: 'foo', host: 'h' })).code, 5);
  });

  it('may change hands', () => {
    const bench = new Bench();
    bench.insert('services', { name: 'a', host: 'h' });
    bench.insert('services', { name: 'b', host: 'h' });
    bench.write((draft) => {
      draft.update('services', 'a', { name: 'c' });
      draft.update('services', 'b', { name: 'a' });
      draft.update('services', 'c', { name: 'b' });
    });
    assert.equal(bench.model.count('services'), 2);
    assert.notEqual(bench.model.find('services', 'a')?.id, bench.model.find('services', 'b')?.id);
  });

  it('of plugins are the name with its scope, and the instance name', () => {
    const bench = new Bench();
    bench.insert('plugins', { name: 'cors' });
    assert.deepEqual(
      refusal(() => bench.insert('plugins', { name: 'cors' })),
      {
        status: 409,
        code: 5,
        name: 'unique constraint violation',
        message: `UNIQUE violation detected on '{consumer=null,name="cors",route=null,service=null}'`,
        fields: { consumer: null, name: 'cors', route: null, service: null },
      },
    );
    const { id } = bench.insert('services', { name: 's', host: 'h' });
    const body = { name: 'cors', service: { name: 's' }, instance_name: 'i' };
    bench.insert('plugins', body);
    assert.equal(
      refusal(() => bench.insert('plugins', { ...body, instance_name: null })).message,
      `UNIQUE violation detected on '{consumer=null,name="cors",route=null,service={id="${id}"}}'`,
    );
    assert.deepEqual(
      refusal(() =>
        bench.insert('plugins', { name: 'tcp-log', config: { host: 'h', port: 1 }, instance_name: 'i' }),
      ).fields,
      { instance_name: 'i' },
    );
  });

  it('that count together are free again when one of them changes', () => {
    const bench = new Bench();
    bench.insert('consumers', { username: 'c' });
    const body = { consumer: { username: 'c' }, group: 'g' };
    const { id } = bench.insert('acls', body);
    assert.match(refusal(() => bench.insert('acls', body)).message, /consumer=\{id="[^"]+"\},group="g"/);
    bench.write((draft) => draft.update('acls', id, { group: 'h' }));
    bench.insert('acls', body);
    assert.equal(bench.model.count('acls'), 2);
  });

  it('of keys count within their set', () => {
    const bench = new Bench();
    bench.insert('key_sets', { name: 's' });
    const key = { kid: 'k', jwk: '{"kty":"oct","k":"aaaa","kid":"k"}' };
    bench.insert('keys', key);
    bench.insert('keys', { ...key, set: { name: 's' } });
    assert.deepEqual(refusal(() => bench.insert('keys', key)).fields, { kid: 'k', set: null });
  });
});

describe('plugins', () => {
  it('must share a protocol with what they are for, when they name any', () => {
    const bench = new Bench();
    bench.insert('services', { name: 's', host: 'h' });
    bench.insert('routes', { name: 'r', paths: ['/'], protocols: ['http'], service: { name: 's' } });
    const body = { name: 'cors', protocols: ['grpc'] };
    const fields = (more: object) => refusal(() => bench.insert('plugins', { ...body, ...more })).fields;
    assert.deepEqual(fields({ route: { name: 'r' } }), {
      protocols: "must match the associated route's protocols",
    });
    assert.deepEqual(fields({ service: { name: 's' } }), {
      protocols: "must match the protocols of at least one route pointing to this Plugin's service",
    });
    bench.insert('routes', { name: 'g', paths: ['/'], protocols: ['grpc'], service: { name: 's' } });
    const { id } = bench.insert('plugins', { ...body, service: { name: 's' } });
    assert.equal(refusal(() => bench.draft().update('plugins', id, { route: { name: 'r' } })).code, 2);
    bench.draft().update('plugins', id, { config: { max_age: 1 } });
  });

  it('must be known, may not have every scope, and take no unknown settings', () => {
    const bench = new Bench();
    assert.deepEqual(refusal(() => bench.insert('plugins', { name: 'no' })).fields, {
      name: "plugin 'no' not enabled; add it to the 'plugins' configuration property",
    });
    bench.insert('consumers', { username: 'c' });
    assert.deepEqual(
      refusal(() => bench.insert('plugins', { name: 'cors', consumer: { username: 'c' } })).fields,
      {
        consumer: 'value must be null',
      },
    );
  });
});

describe('credentials', () => {
  it('get keys, and are hashed once', () => {
    const bench = new Bench();
    const consumer = bench.insert('consumers', { username: 'c' });
    const key = bench.insert('keyauth_credentials', { consumer: { id: consumer.id } });
    assert.match(key['key'] as string, /^[A-Za-z0-9]{32}$/);
    const login = bench.insert('basicauth_credentials', {
      consumer: { username: 'c' },
      username: 'u',
      password: 'p',
    });
    assert.match(login['password'] as string, /^[0-9a-f]{40}$/);
    const renamed = bench.write((draft) => draft.update('basicauth_credentials', 'u', { username: 'v' }));
    assert.equal(renamed['password'], login['password']);
    const changed = bench.write((draft) => draft.update('basicauth_credentials', 'v', { password: 'q' }));
    assert.notEqual(changed['password'], login['password']);
    const back = bench.write((draft) => draft.update('basicauth_credentials', 'v', { password: 'p' }));
    assert.equal(back['password'], login['password']);
  });
});
