/**
 * Routes: which requests are taken, and for which service. What a route must and must not have depends on the
 * first of its `protocols`, as in Kong.
 */
import { atLeastOneOf } from '../schema/checks.ts';
import {
  array,
  boolean,
  type EntityCheck,
  foreign,
  integer,
  map,
  record,
  set,
  string,
} from '../schema/field.ts';
import {
  brokenHeaderName,
  brokenIpOrCidr,
  brokenRouteHeaderValue,
  brokenRouteHost,
  brokenRoutePath,
  brokenWildcardHost,
  nameField,
  portField,
} from '../schema/formats.ts';
import { ENTITY } from '../schema/problem.ts';
import { PROTOCOLS } from '../schema/protocols.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

type Row = Readonly<Record<string, unknown>>;
type Family = 'http' | 'stream' | 'passthrough' | 'grpc';

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['http', 'http'],
  ['https', 'http'],
  ['tcp', 'stream'],
  ['tls', 'stream'],
  ['udp', 'stream'],
  ['tls_passthrough', 'passthrough'],
  ['grpc', 'grpc'],
  ['grpcs', 'grpc'],
]);
const SUBSETS: Readonly<Record<Family, string>> = {
  http: "('http', 'https')",
  stream: "('tcp', 'tls', 'udp')",
  passthrough: "('tls_passthrough')",
  grpc: "('grpc', 'grpcs')",
};

function mixedProtocols(protocols: readonly string[]): string | undefined {
  const families = new Set<Family>();
  for (const protocol of protocols) families.add(FAMILIES.get(protocol) ?? 'http');
  if (families.size <= 1) return undefined;
  return `these sets are mutually exclusive: ${[...families].map((f) => SUBSETS[f]).join(', ')}`;
}

function protocolsOf(row: Row): readonly string[] {
  const protocols = row['protocols'];
  return Array.isArray(protocols) ? (protocols as string[]) : [];
}

function familyOf(row: Row): Family {
  return FAMILIES.get(protocolsOf(row)[0] ?? 'http') ?? 'http';
}

function isGiven(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

const FORBIDDEN: Readonly<Record<Family, { readonly fields: readonly string[]; readonly when: string }>> = {
  http: { fields: ['sources', 'destinations'], when: "'http' or 'https'" },
  stream: {
    fields: ['methods', 'hosts', 'paths', 'headers'],
    when: "'tcp', 'tls', 'tls_passthrough' or 'udp'",
  },
  passthrough: {
    fields: ['methods', 'hosts', 'paths', 'headers'],
    when: "'tcp', 'tls', 'tls_passthrough' or 'udp'",
  },
  grpc: { fields: ['methods', 'sources', 'destinations'], when: "'grpc' or 'grpcs'" },
};

const CRITERIA = ['methods', 'hosts', 'headers', 'paths', 'snis', 'sources', 'destinations'] as const;

/** Fields that make no sense for the protocol. */
const forbiddenCriteria: EntityCheck = {
  name: 'custom_entity_check',
  fields: ['protocols'],
  document: { custom_entity_check: { field_sources: ['protocols'] } },
  run(row, report) {
    const { fields, when } = FORBIDDEN[familyOf(row)];
    for (const field of fields) {
      if (isGiven(row[field])) report(field, `cannot set '${field}' when 'protocols' is ${when}`);
    }
    if (familyOf(row) === 'grpc' && row['strip_path'] === true) {
      report('strip_path', "cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'");
    }
  },
};

/** A route must say something about the requests it takes. */
const someCriterion: EntityCheck = {
  name: 'custom_entity_check',
  fields: ['protocols', ...CRITERIA],
  document: { custom_entity_check: { field_sources: ['protocols', ...CRITERIA] } },
  run(row, report) {
    const protocols = protocolsOf(row);
    const any = (...fields: string[]) => fields.some((field) => isGiven(row[field]));
    switch (familyOf(row)) {
      case 'http':
        if (protocols.includes('https')) {
          if (!any('methods', 'hosts', 'headers', 'paths', 'snis')) {
            report(
              ENTITY,
              "must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'",
            );
          }
        } else if (!any('methods', 'hosts', 'headers', 'paths')) {
          report(ENTITY, "must set one of 'methods', 'hosts', 'headers', 'paths' when 'protocols' is 'http'");
        }
        break;
      case 'grpc':
        if (protocols.includes('grpcs')) {
          if (!any('hosts', 'headers', 'paths', 'snis')) {
            report(ENTITY, "must set one of 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'grpcs'");
          }
        } else if (!any('hosts', 'headers', 'paths')) {
          report(ENTITY, "must set one of 'hosts', 'headers', 'paths' when 'protocols' is 'grpc'");
        }
        break;
      case 'stream':
        if (!any('sources', 'destinations', 'snis')) {
          report(
            ENTITY,
            "must set one of 'sources', 'destinations', 'snis' when 'protocols' is 'tcp', 'tls' or 'udp'",
          );
        }
        break;
      case 'passthrough':
        if (!any('snis')) report(ENTITY, "must set snis when 'protocols' is 'tls_passthrough'");
        break;
    }
  },
};

const TLS_PROTOCOLS = new Set(['grpcs', 'https', 'tls', 'tls_passthrough']);

const snisNeedTls: EntityCheck = {
  name: 'conditional',
  fields: ['protocols', 'snis'],
  document: { conditional: { if_field: 'snis', then_field: 'protocols' } },
  run(row, report) {
    if (!isGiven(row['snis']) || protocolsOf(row).some((p) => TLS_PROTOCOLS.has(p))) return;
    report('snis', 'length must be 0');
    report(ENTITY, "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'");
  },
};

const endpoints = (description: string) =>
  set(
    record(
      {
        ip: string({ custom: brokenIpOrCidr, description: 'Address or range.' }),
        port: portField({ description: 'Port.' }),
      },
      {
        checks: [atLeastOneOf('ip', 'port')],
      },
    ),
    { description },
  );

const fields = {
  id,
  created_at: createdAt,
  updated_at: updatedAt,
  name: nameField({ unique: true, description: 'Name of the route.' }),
  protocols: set(string({ oneOf: PROTOCOLS }), {
    required: true,
    default: ['http', 'https'],
    lenMin: 1,
    custom: (value: readonly unknown[]) => mixedProtocols(value as readonly string[]),
    description: 'Protocols the route serves. The first one decides which other fields may be set.',
  }),
  https_redirect_status_code: integer({
    required: true,
    default: 426,
    oneOf: [426, 301, 302, 307, 308],
    description: 'Status of the answer to plain HTTP when only HTTPS is served.',
  }),
  strip_path: boolean({
    required: true,
    default: true,
    description: 'Whether the matched prefix is taken off the path that goes upstream.',
  }),
  preserve_host: boolean({
    required: true,
    default: false,
    description: "Whether the upstream gets the client's Host header.",
  }),
  request_buffering: boolean({
    required: true,
    default: true,
    description: 'Whether request bodies may be buffered before they go upstream.',
  }),
  response_buffering: boolean({
    required: true,
    default: true,
    description: 'Whether response bodies may be buffered before they go to the client.',
  }),
  tags,
  service: foreign('services', { description: 'The service that gets the requests.' }, 'restrict'),
  snis: set(string({ custom: brokenWildcardHost }), {
    description: 'Server names of the TLS handshake that match; a wildcard may stand at either end.',
  }),
  sources: endpoints('Addresses and ports of clients that match (stream routes).'),
  destinations: endpoints('Addresses and ports connected to that match (stream routes).'),
  methods: set(string({ match: /^[A-Z]+$/ }), { description: 'HTTP methods that match.' }),
  hosts: array(string({ custom: brokenRouteHost }), {
    description: 'Hosts that match; `*.example.com` and `example.*` are wildcards.',
  }),
  paths: array(string({ custom: brokenRoutePath }), {
    description: 'Prefixes of paths that match, or `~` and a regular expression anchored at the start.',
  }),
  headers: map(
    string({
      custom: (name) =>
        name.toLowerCase() === 'host'
          ? "cannot contain 'host' header, which must be specified in the 'hosts' attribute"
          : brokenHeaderName(name),
    }),
    array(string({ custom: brokenRouteHeaderValue })),
    { description: 'Header names with the values that match; `~*` begins a regular expression.' },
  ),
  regex_priority: integer({
    default: 0,
    description:
      'Of several regular expressions that match, the one of the route with the highest number wins.',
  }),
  path_handling: string({
    default: 'v0',
    oneOf: ['v0', 'v1'],
    description: 'How the paths of service, route and request are put together.',
  }),
} as const;

export const routes = define({
  collection: 'routes',
  endpointKey: 'name',
  cacheKey: undefined,
  schema: record(fields, { checks: [forbiddenCriteria, snisNeedTls, someCriterion] }),
  // The default of `strip_path` depends on the protocol: for gRPC a prefix is never stripped.
  prepare(input) {
    if (input['strip_path'] !== undefined || !Array.isArray(input['protocols'])) return input;
    const first: unknown = input['protocols'][0];
    return first === 'grpc' || first === 'grpcs' ? { ...input, strip_path: false } : input;
  },
});
