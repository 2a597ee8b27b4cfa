import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plugins as registry } from '../../declarative/test/fixture-plugins.ts';
import type { AnyField, Fields, RecordField } from '../../schema/field.ts';
import { isRecord, validate } from '../../schema/validate.ts';
import { caCertificates } from '../ca-certificates.ts';
import { certificates } from '../certificates.ts';
import type { EntityDefinition } from '../definition.ts';
import { CORE_ENTITIES, entityIndex } from '../index.ts';
import { keys } from '../keys.ts';
import { pluginEntitySchema, validatePlugin } from '../plugins.ts';
import { partsOfUrl, services } from '../services.ts';
import { upstreams } from '../upstreams.ts';
import { vaults } from '../vaults.ts';
import { CA_CERTIFICATE, EC_CERTIFICATE, EC_KEY, RSA_CERTIFICATE, RSA_KEY } from './pem.ts';

function errors({ schema, prepare }: EntityDefinition, input: Record<string, unknown>): unknown {
  const { problems, fields } = validate(schema, prepare?.(input) ?? input);
  return problems.length === 0 ? undefined : (JSON.parse(JSON.stringify(fields)) as unknown);
}

describe('the index of entities', () => {
  it('has each entity after those that it refers to', () => {
    const seen = new Set<string>();
    for (const { collection, foreignKeys } of CORE_ENTITIES) {
      for (const { reference } of foreignKeys)
        assert.ok(seen.has(reference), `${collection} before ${reference}`);
      seen.add(collection);
    }
  });

  it('adds the entities of plugins, with what all credentials have', () => {
    const acls = entityIndex(registry).get('acls');
    assert.deepEqual(Object.keys(acls?.schema.fields ?? {}), [
      'id',
      'created_at',
      'consumer',
      'group',
      'tags',
    ]);
    assert.deepEqual(acls?.cacheKey, ['consumer', 'group']);
    assert.deepEqual(acls?.foreignKeys, [{ field: 'consumer', reference: 'consumers', onDelete: 'cascade' }]);
    assert.equal(acls?.owner, 'acl');
    const keyauth = entityIndex(registry).get('keyauth_credentials');
    assert.deepEqual([keyauth?.adminPath, keyauth?.uniqueFields, keyauth?.ttl], ['key-auths', ['key'], true]);
  });

  it('describes every field', () => {
    const without: string[] = [];
    const visit = (field: AnyField, path: string) => {
      if (field.options.description === undefined) without.push(path);
      if (field.type === 'record') visitFields(field.fields, path);
    };
    const visitFields = (fields: Fields, path: string) => {
      for (const [name, field] of Object.entries(fields)) visit(field, `${path}.${name}`);
    };
    for (const { collection, schema } of CORE_ENTITIES)
      visitFields((schema as RecordField).fields, collection);
    assert.deepEqual(without, []);
  });
});

describe('services', () => {
  it('take URLs apart', () => {
    for (const [url, parts] of [
      ['http://a', ['http', 'a', 80, null]],
      ['https://a/x/y', ['https', 'a', 443, '/x/y']],
      ['//a:443', ['https', 'a', 443, null]],
      ['//a', ['http', 'a', 80, null]],
      ['HTTP://u:p@a:1/?q', ['http', 'a', 1, '/']],
      ['grpc://[::1]:5/x?q#f', ['grpc', '[::1]', 5, '/x']],
    ] as const) {
      const { protocol, host, port, path } = partsOfUrl(url) ?? {};
      assert.deepEqual([protocol, host, port, path], parts, url);
    }
    for (const url of ['', 'a', 'http://', '/x']) assert.equal(partsOfUrl(url), undefined, url);
  });

  it('miss a host when the URL cannot be understood', () => {
    assert.deepEqual(errors(services, { url: 'nonsense' }), { host: 'required field missing' });
    assert.equal(errors(services, { url: 'http://a', protocol: 'ws' }), undefined);
  });

  it('allow settings of TLS only with TLS', () => {
    assert.equal(
      errors(services, { host: 'a', protocol: 'https', tls_verify: true, tls_verify_depth: 2 }),
      undefined,
    );
    assert.deepEqual(errors(services, { host: 'a', tls_verify: true, ca_certificates: [] }), {
      '@entity': [
        "failed conditional validation given value of field 'protocol'",
        "failed conditional validation given value of field 'protocol'",
      ],
      tls_verify: 'value must be null',
      ca_certificates: 'value must be null',
    });
  });
});

describe('upstreams', () => {
  it('need what they hash', () => {
    assert.deepEqual(errors(upstreams, { name: 'a', hash_on: 'query_arg' }), {
      '@entity': ["failed conditional validation given value of field 'hash_on'"],
      hash_on_query_arg: 'required field missing',
    });
    assert.deepEqual(errors(upstreams, { name: 'a', hash_on: 'ip', hash_fallback: 'ip' }), {
      '@entity': ["failed conditional validation given value of field 'hash_on'"],
      hash_fallback: 'expected one of: none, consumer, header, cookie, path, query_arg, uri_capture',
    });
    assert.deepEqual(
      errors(upstreams, {
        name: 'a',
        hash_on: 'header',
        hash_on_header: 'x',
        hash_fallback: 'header',
        hash_fallback_header: 'x',
      }),
      { '@entity': ["values of these fields must be distinct: 'hash_on_header', 'hash_fallback_header'"] },
    );
    assert.equal(errors(upstreams, { name: 'a', hash_on: 'cookie', hash_on_cookie: 'c' }), undefined);
  });

  it('have full health checks, whatever part is given', () => {
    const { value } = validate(upstreams.schema, {
      name: 'a',
      healthchecks: { active: { http_path: '/h' } },
    });
    const healthchecks = value['healthchecks'] as {
      active: Record<string, unknown>;
      passive: { healthy: { http_statuses: number[] } };
    };
    assert.equal(healthchecks.active['http_path'], '/h');
    assert.deepEqual(healthchecks.active['healthy'], {
      interval: 0,
      http_statuses: [200, 302],
      successes: 0,
    });
    assert.equal(healthchecks.passive.healthy.http_statuses.length, 19);
  });
});

describe('certificates', () => {
  it('and keys must match', () => {
    assert.equal(errors(certificates, { cert: RSA_CERTIFICATE, key: RSA_KEY }), undefined);
    assert.equal(
      errors(certificates, {
        cert: RSA_CERTIFICATE,
        key: RSA_KEY,
        cert_alt: EC_CERTIFICATE,
        key_alt: EC_KEY,
      }),
      undefined,
    );
    assert.deepEqual(errors(certificates, { cert: RSA_CERTIFICATE, key: EC_KEY }), {
      '@entity': ['certificate does not match key'],
    });
    assert.deepEqual(
      errors(certificates, {
        cert: RSA_CERTIFICATE,
        key: RSA_KEY,
        cert_alt: EC_CERTIFICATE,
        key_alt: RSA_KEY,
      }),
      { '@entity': ['alternative certificate does not match key'] },
    );
    assert.deepEqual(
      errors(certificates, { cert: RSA_CERTIFICATE, key: RSA_KEY, cert_alt: EC_CERTIFICATE }),
      {
        '@entity': ["all or none of these fields must be set: 'cert_alt', 'key_alt'"],
      },
    );
  });

  it('with alternatives must be of two types', () => {
    const both = { cert: EC_CERTIFICATE, key: EC_KEY, cert_alt: EC_CERTIFICATE, key_alt: EC_KEY };
    assert.match(JSON.stringify(errors(certificates, both)), /need to have different type/);
  });

  it('must parse, unless they are references', () => {
    assert.match(
      JSON.stringify(errors(certificates, { cert: 'x', key: 'y' })),
      /invalid certificate: .*invalid key: /,
    );
    assert.equal(errors(certificates, { cert: '{vault://env/cert}', key: '{vault://env/key}' }), undefined);
  });

  it('of CAs must be of CAs, alone, and not expired', () => {
    assert.equal(errors(caCertificates, { cert: CA_CERTIFICATE }), undefined);
    assert.match(
      JSON.stringify(errors(caCertificates, { cert: RSA_CERTIFICATE })),
      /missing the \\"CA\\" basic constraint/,
    );
    assert.deepEqual(errors(caCertificates, { cert: CA_CERTIFICATE + CA_CERTIFICATE }), {
      cert: 'please submit only one certificate at a time',
    });
    const entity: Record<string, unknown> = { cert: CA_CERTIFICATE };
    caCertificates.derive?.(entity);
    assert.match(String(entity['cert_digest']), /^[0-9a-f]{64}$/);
    assert.equal(caCertificates.inspect?.(entity, 1_800_000_000), undefined);
    assert.deepEqual(caCertificates.inspect?.(entity, 9_000_000_000), {
      field: 'cert',
      message: 'certificate expired, "Not After" time is in the past',
    });
  });
});

describe('keys', () => {
  const jwk = JSON.stringify({ kid: 'a', kty: 'oct', k: 'YQ' });
  it('are a JWK or a PEM, and what they say they are', () => {
    assert.equal(errors(keys, { kid: 'a', jwk }), undefined);
    assert.equal(errors(keys, { kid: 'a', pem: { private_key: EC_KEY } }), undefined);
    const message = (input: Record<string, unknown>) => errors(keys, { kid: 'a', ...input });
    assert.deepEqual(message({}), {
      '@entity': ["exactly one of these fields must be non-empty: 'jwk', 'pem'"],
    });
    assert.deepEqual(message({ jwk: '{' }), { '@entity': ['could not json decode jwk string'] });
    assert.deepEqual(message({ jwk, kid: 'b' }), { '@entity': ['kid in jwk.kid must be equal to keys.kid'] });
    assert.deepEqual(message({ jwk: '{"kid":"a","kty":"RSA"}' }), {
      '@entity': ['could not load JWK, likely not a valid key'],
    });
    assert.deepEqual(message({ pem: { public_key: 'x' } }), { '@entity': ['could not load public key'] });
    assert.deepEqual(message({ pem: { public_key: RSA_CERTIFICATE, private_key: EC_KEY } }), {
      '@entity': ['public key does not match private key'],
    });
  });
});

describe('vaults', () => {
  it('are of the kind env, under a prefix of their own', () => {
    assert.equal(errors(vaults, { prefix: 'my-env', name: 'env', config: { prefix: 'A_' } }), undefined);
    assert.deepEqual(errors(vaults, { prefix: 'env', name: 'hcv' }), {
      prefix: 'must not be one of: env',
      name: "vault 'hcv' is not installed",
    });
  });
});

describe('plugins', () => {
  it('are validated with their own schema', () => {
    const { value, problems } = validatePlugin({ name: 'key-auth', config: { key_names: ['k'] } }, registry);
    assert.deepEqual(problems, []);
    assert.deepEqual(value['config'], { key_names: ['k'], hide_credentials: false, anonymous: null });
    assert.deepEqual(value['protocols'], ['grpc', 'grpcs', 'http', 'https']);
  });

  it('that are not loaded are named', () => {
    const { problems, fields } = validatePlugin(
      { name: 'nope', config: { anything: 1 }, enabled: 'x' },
      registry,
    );
    assert.deepEqual(
      problems.map(({ path }) => path.join('.')),
      ['name', 'enabled'],
    );
    assert.equal(fields['name'], "plugin 'nope' not enabled; add it to the 'plugins' configuration property");
    assert.equal(fields['enabled'], 'expected a boolean');
  });

  it('that are not loaded have their one message in the tree when nothing else is wrong', () => {
    const { fields } = validatePlugin({ name: 'nope' }, registry);
    assert.equal(fields['name'], "plugin 'nope' not enabled; add it to the 'plugins' configuration property");
  });

  it('narrow scopes and protocols', () => {
    const schema = pluginEntitySchema(
      registry.schema('acl') as NonNullable<ReturnType<typeof registry.schema>>,
    );
    const input = {
      name: 'acl',
      consumer: { id: '0855b320-0dd2-547d-891d-601e9b38647f' },
      config: { allow: ['a'] },
      protocols: ['tcp'],
    };
    assert.deepEqual(JSON.parse(JSON.stringify(validate(schema, input).fields)), {
      consumer: 'value must be null',
      protocols: ['expected one of: grpc, grpcs, http, https'],
    });
  });

  it('must be records', () => {
    assert.equal(isRecord(null), false);
    assert.deepEqual(
      validatePlugin(null, registry).problems.map(({ message }) => message),
      ['expected a record'],
    );
  });
});
