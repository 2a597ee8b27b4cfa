/** Whole configurations from a seed. Everything is marked with what it belongs to, in its tags and in its secrets. */
import { readDeclarative } from '../../../shared/config/declarative/read.ts';
import { plugins as registry } from '../../../shared/config/declarative/test/fixture-plugins.ts';
import { EC_CERTIFICATE, EC_KEY } from '../../../shared/config/entities/test/pem.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import type { Random } from '../../../shared/test/random.ts';

export { registry };

const NOW = Date.UTC(2026, 0, 1);
const AUTHENTICATING = ['key-auth', 'basic-auth'];
const POLICIES = ['rate-limiting', 'cors', 'acl', ...AUTHENTICATING];

export function serviceName(i: number): string {
  return `service-${i}`;
}

function configOf(name: string, marker: string): object {
  if (name === 'rate-limiting') return { minute: 5, redis: { password: `secret ${marker}` } };
  if (name === 'acl') return { allow: [`group ${marker}`] };
  return {};
}

/** The document; entities of service i and what is its own are tagged `own-i`. */
export function randomDocument(random: Random, services: number): Record<string, unknown[]> {
  const document: Record<string, unknown[]> = {
    services: [],
    routes: [],
    upstreams: [],
    targets: [],
    plugins: [],
    consumers: [],
    certificates: [],
    snis: [],
  };
  const add = (collection: string, entity: object): void => void document[collection]?.push(entity);
  const certificate = (tags: readonly string[]): string => {
    const id = random.uuid();
    add('certificates', { id, cert: EC_CERTIFICATE, key: EC_KEY, tags });
    return id;
  };
  // Of one name there is at most one plugin in one place.
  const places = new Set<string>();
  const plugin = (place: object, tags: readonly string[], marker: string): void => {
    const name = random.pick(POLICIES);
    const taken = JSON.stringify([name, place]);
    const forConsumer = 'consumer' in place && name !== 'rate-limiting';
    if (places.has(taken) || forConsumer) return;
    places.add(taken);
    add('plugins', {
      id: random.uuid(),
      name,
      ...place,
      tags,
      enabled: random.chance(0.85),
      config: configOf(name, marker),
    });
  };
  for (let i = 0; i < 3; i++) {
    const username = `consumer-${i}`;
    add('consumers', {
      id: random.uuid(),
      username,
      tags: ['people'],
      keyauth_credentials: [{ id: random.uuid(), key: `key-of-${username}`, tags: ['people'] }],
      basicauth_credentials: [{ id: random.uuid(), username, password: 'x', tags: ['people'] }],
      acls: [{ id: random.uuid(), group: `group-${i}`, tags: ['people'] }],
    });
  }
  for (let i = 0; i < services; i++) {
    const tags = [`own-${i}`];
    const name = serviceName(i);
    const pooled = random.chance(0.5);
    const secured = random.chance(0.5);
    add('services', {
      id: random.uuid(),
      name,
      host: pooled ? `pool-${i}` : `${name}.test`,
      protocol: secured ? 'https' : 'http',
      ...(secured && random.chance(0.5) ? { client_certificate: certificate(tags) } : {}),
      enabled: random.chance(0.9),
      tags,
    });
    if (pooled) {
      add('upstreams', {
        id: random.uuid(),
        name: `pool-${i}`,
        tags,
        ...(random.chance(0.3) ? { client_certificate: certificate(tags) } : {}),
      });
      for (let n = 0; n < 2; n++) {
        add('targets', {
          id: random.uuid(),
          upstream: `pool-${i}`,
          target: `10.${i >> 8}.${i & 255}.${n}:80`,
          tags,
        });
      }
    }
    for (let n = random.below(3); n > 0; n--) {
      const route = `${name}-${n}`;
      add('routes', { id: random.uuid(), name: route, service: name, hosts: [`${route}.test`], tags });
      if (random.chance(0.4)) {
        const id = certificate([`tls-${i}`]);
        add('snis', { id: random.uuid(), name: `${route}.test`, certificate: id, tags: [`tls-${i}`] });
      }
      if (random.chance(0.3)) plugin({ route }, tags, `own-${i}`);
    }
    if (random.chance(0.4)) plugin({ service: name }, tags, `own-${i}`);
    if (random.chance(0.2))
      plugin({ service: name, consumer: `consumer-${random.below(3)}` }, tags, `own-${i}`);
  }
  if (random.chance(0.4)) plugin({}, ['everywhere'], 'everywhere');
  if (random.chance(0.3)) plugin({ consumer: `consumer-${random.below(3)}` }, ['everywhere'], 'everywhere');
  return document;
}

export async function configurationFrom(document: Readonly<Record<string, unknown>>): Promise<Configuration> {
  const text = JSON.stringify({ _format_version: '3.0', ...document });
  const result = await readDeclarative(text, { format: 'json', plugins: registry, now: NOW });
  if (result.ok) return result.configuration;
  throw new Error(result.findings.map(({ message, path }) => `${String(path)}: ${message}`).join('\n'));
}
