/** Upstreams: a virtual host with several targets, how one is chosen, and how their health is watched. */

import { parseHostPort } from '../schema/address.ts';
import { conditional, distinct, requiredWhen } from '../schema/checks.ts';
import { boolean, type EntityCheck, foreign, integer, record, string } from '../schema/field.ts';
import { brokenCookieName, brokenHostWithPort, headerNameField, pathField } from '../schema/formats.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';
import { healthchecks } from './healthchecks.ts';

const HASH_SOURCES = [
  'none',
  'consumer',
  'ip',
  'header',
  'cookie',
  'path',
  'query_arg',
  'uri_capture',
] as const;

function brokenUpstreamName(name: string): string | undefined {
  const parsed = parseHostPort(name);
  if (parsed === undefined) return `Invalid name ('${name}'); must be a valid hostname`;
  if (parsed.kind !== 'name') return `Invalid name ('${name}'); no ip addresses allowed`;
  return parsed.port === undefined ? undefined : `Invalid name ('${name}'); no port allowed`;
}

const hashSource = (description: string) => string({ default: 'none', oneOf: HASH_SOURCES, description });

/** What `hash_fallback` may be when `hash_on` is `source`. */
function fallbackFor(source: (typeof HASH_SOURCES)[number], allowed: readonly string[]): EntityCheck {
  return conditional({
    ifField: 'hash_on',
    ifMatch: string({ eq: source }),
    thenField: 'hash_fallback',
    thenMatch: string({ oneOf: allowed }),
  });
}

const others = (source: string) => HASH_SOURCES.filter((s) => s !== source);

const fields = {
  id,
  created_at: createdAt,
  updated_at: updatedAt,
  name: string({
    required: true,
    unique: true,
    custom: brokenUpstreamName,
    description: 'Host name by which services refer to the upstream.',
  }),
  algorithm: string({
    default: 'round-robin',
    oneOf: ['consistent-hashing', 'least-connections', 'round-robin', 'latency'],
    description: 'How a target is chosen.',
  }),
  hash_on: hashSource('What is hashed to choose a target.'),
  hash_fallback: hashSource('What is hashed when the first source gives nothing.'),
  hash_on_header: headerNameField({ description: 'Header that is hashed.' }),
  hash_fallback_header: headerNameField({ description: 'Header that is hashed as the fallback.' }),
  hash_on_cookie: string({
    custom: brokenCookieName,
    description: 'Cookie that is hashed; it is set when the request has none.',
  }),
  hash_on_cookie_path: pathField({ default: '/', description: 'Path of the cookie that is set.' }),
  hash_on_query_arg: string({ description: 'Query argument that is hashed.' }),
  hash_fallback_query_arg: string({ description: 'Query argument that is hashed as the fallback.' }),
  hash_on_uri_capture: string({ description: "Group of the route's regular expression that is hashed." }),
  hash_fallback_uri_capture: string({
    description: "Group of the route's regular expression that is hashed as the fallback.",
  }),
  slots: integer({
    default: 10000,
    between: [10, 65536],
    description: 'Size of the ring of consistent hashing.',
  }),
  healthchecks,
  tags,
  host_header: string({
    custom: brokenHostWithPort,
    description: 'Host header sent to the targets instead of the usual one.',
  }),
  client_certificate: foreign('certificates', {
    description: 'Certificate presented to the targets in the TLS handshake.',
  }),
  use_srv_name: boolean({
    default: false,
    description: 'Whether the name from an SRV record is sent as the Host header.',
  }),
} as const;

export const upstreams = define({
  collection: 'upstreams',
  endpointKey: 'name',
  cacheKey: undefined,
  schema: record(fields, {
    checks: [
      requiredWhen('hash_on', 'header', 'hash_on_header'),
      requiredWhen('hash_fallback', 'header', 'hash_fallback_header'),
      requiredWhen('hash_on', 'cookie', 'hash_on_cookie'),
      requiredWhen('hash_fallback', 'cookie', 'hash_on_cookie'),
      requiredWhen('hash_on', 'query_arg', 'hash_on_query_arg'),
      requiredWhen('hash_fallback', 'query_arg', 'hash_fallback_query_arg'),
      requiredWhen('hash_on', 'uri_capture', 'hash_on_uri_capture'),
      requiredWhen('hash_fallback', 'uri_capture', 'hash_fallback_uri_capture'),
      fallbackFor('none', ['none']),
      fallbackFor('cookie', ['none']),
      fallbackFor('consumer', others('consumer')),
      fallbackFor('ip', others('ip')),
      fallbackFor('path', others('path')),
      distinct('hash_on_header', 'hash_fallback_header'),
      distinct('hash_on_query_arg', 'hash_fallback_query_arg'),
      distinct('hash_on_uri_capture', 'hash_fallback_uri_capture'),
    ],
  }),
  prepare: coupleAlgorithm,
});

/**
 * `algorithm` and `hash_on` change each other, as in Kong: the algorithms that do not hash reset `hash_on`;
 * something to hash means consistent hashing; nothing to hash means round-robin.
 */
export function coupleAlgorithm(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { algorithm } = input;
  const hashOn = input['hash_on'] ?? 'none';
  if (algorithm === 'least-connections' || algorithm === 'latency') {
    return hashOn === 'none' ? input : { ...input, hash_on: 'none' };
  }
  if (hashOn !== 'none')
    return algorithm === 'consistent-hashing' ? input : { ...input, algorithm: 'consistent-hashing' };
  return algorithm === 'consistent-hashing' ? { ...input, algorithm: 'round-robin' } : input;
}
