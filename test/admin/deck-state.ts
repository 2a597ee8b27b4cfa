/** A configuration as somebody would have in a file for decK: the least of each entity, ids from the client. */
import { createHash } from 'node:crypto';
import { CA_CERTIFICATE, RSA_CERTIFICATE, RSA_KEY } from '../../shared/config/entities/test/pem.ts';
import { Random } from '../../shared/test/random.ts';
import type { Entity, State } from './deck-client.ts';

type Mutable = Record<string, Entity[]>;

/** `withTestPlugins`: also credentials of plugins that only tests may have. */
export function wantedState(withTestPlugins: boolean): State {
  const random = new Random(42);
  const state: Mutable = {};
  const add = (collection: string, fields: object): Entity => {
    const entity = { id: random.uuid(), ...fields } as Entity;
    (state[collection] ??= []).push(entity);
    return entity;
  };
  const ref = ({ id }: Entity) => ({ id });
  const certificate = add('certificates', {
    cert: RSA_CERTIFICATE,
    key: RSA_KEY,
    snis: ['a.example', 'b.example'],
  });
  add('ca_certificates', { cert: CA_CERTIFICATE, cert_digest: fingerprint(CA_CERTIFICATE) });
  const services = Array.from({ length: 12 }, (_, i) =>
    add('services', {
      name: `service-${i}`,
      host: i % 3 === 0 ? 'pool-0.example' : `h${i}.example`,
      tags: ['managed', `n${i}`],
      ...(i === 1
        ? { protocol: 'https', port: 443, client_certificate: ref(certificate), tls_verify: true }
        : {}),
    }),
  );
  const routes = services.flatMap((service, i) => [
    add('routes', {
      name: `prefix-${i}`,
      paths: [`/p${i}`],
      service: ref(service),
      methods: ['GET', 'POST'],
    }),
    add('routes', {
      name: `pattern-${i}`,
      paths: [`~/x${i}/[0-9]+$`],
      hosts: ['*.example'],
      service: ref(service),
    }),
  ]);
  const consumers = Array.from({ length: 9 }, (_, i) =>
    add('consumers', { username: `user-${i}`, custom_id: i % 2 === 0 ? `c${i}` : null }),
  );
  for (const [i, consumer] of consumers.entries()) {
    add('keyauth_credentials', { key: `key-${i}`, consumer: ref(consumer) });
    if (!withTestPlugins) continue;
    add('basicauth_credentials', { username: `u${i}`, password: `p${i}`, consumer: ref(consumer) });
    add('acls', { group: `group-${i % 2}`, consumer: ref(consumer) });
  }
  for (let i = 0; i < 4; i++) {
    const upstream = add('upstreams', {
      name: `pool-${i}.example`,
      ...(i === 1 ? { algorithm: 'consistent-hashing', hash_on: 'ip' } : {}),
    });
    for (let n = 0; n < 9; n++)
      add('targets', { target: `10.0.${i}.${n}:8080`, weight: n * 10, upstream: ref(upstream) });
  }
  add('vaults', { name: 'env', prefix: 'secrets', config: { prefix: 'SECRET_' } });
  add('key_sets', { name: 'keys' });
  add('plugins', { name: 'prometheus', config: {} });
  for (const route of routes.slice(0, 9))
    add('plugins', { name: 'key-auth', config: { key_names: ['k'] }, route: ref(route) });
  for (const consumer of consumers)
    add('plugins', { name: 'rate-limiting', config: { minute: 60 }, consumer: ref(consumer) });
  return state;
}

/** What is wanted a day later: one field here, one entity less there. */
export function changedState(state: State): State {
  const services = (state['services'] ?? []).map((service, i) =>
    i === 2 ? { ...service, retries: 1 } : service,
  );
  const targets = (state['targets'] ?? []).map((target, i) => (i === 3 ? { ...target, weight: 1 } : target));
  const plugins = (state['plugins'] ?? []).slice(1);
  return { ...state, services, targets, plugins };
}

function fingerprint(pem: string): string {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return createHash('sha256').update(der).digest('hex');
}
