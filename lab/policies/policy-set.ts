/**
 * A set of plugins that every pattern must enforce alike on every internal call: built-in ones, or those of the
 * user's own file. A set is data: where its plugins run is decided by each pattern's configuration.
 */
import { createHmac } from 'node:crypto';
import { TOPOLOGY_IDS } from '../topologies/topology.ts';

export interface PluginSetting {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Only for this consumer (by username). */
  readonly consumer?: string;
}

export interface PolicySet {
  readonly name: string;
  /** What it is, for people. */
  readonly says: string;
  readonly plugins: readonly PluginSetting[];
  /** Consumers as in a declarative file, with their credentials. */
  readonly consumers: readonly Readonly<Record<string, unknown>>[];
  /** What a request needs to be let through. */
  readonly headers: Readonly<Record<string, string>>;
  /** Requests of the verdict corpus that are special to this set. */
  readonly samples: readonly PolicySample[];
  /** Modules of own plugins. */
  readonly pluginPaths: readonly string[];
}

export interface PolicySample {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly times?: number;
  /** Added for the pattern that is asked: who has a limit has one for each, for patterns share processes. */
  readonly headersFor?: (topology: string) => Readonly<Record<string, string>>;
}

const JWT_SECRET = 'the-lab-signs-with-this-secret-of-enough-length';
const KEY = 'the-key-of-the-lab';

/** Plugins that decide about a request; a legacy microgateway leaves these to the centre. */
export const DECIDING: ReadonlySet<string> = new Set([
  'acl',
  'basic-auth',
  'bot-detection',
  'hmac-auth',
  'ip-restriction',
  'jwt',
  'key-auth',
  'ldap-auth',
  'oauth2-introspection',
  'rate-limiting',
  'request-size-limiting',
  'request-termination',
  'request-validator',
  'session',
]);

/** Counts how often a set of plugins ran: what the analytic table is checked against. */
const COUNT: PluginSetting = { name: 'lab-chain-count' };
const WIDE_LIMIT = { hour: 1_000_000_000, policy: 'local', limit_by: 'consumer' };

const none: PolicySet = {
  name: 'none',
  says: 'no plugins: the cost of the hops alone',
  plugins: [],
  consumers: [],
  headers: {},
  samples: [],
  pluginPaths: [],
};

const keyAuth: PolicySet = {
  name: 'key-auth',
  says: 'an API key',
  plugins: [COUNT, { name: 'key-auth' }],
  consumers: [{ username: 'ann', keyauth_credentials: [{ key: KEY }] }],
  headers: { apikey: KEY },
  samples: [
    { method: 'GET', path: '/item', headers: {} },
    { method: 'GET', path: '/item', headers: { apikey: 'wrong' } },
    { method: 'GET', path: `/item?apikey=${KEY}`, headers: {} },
  ],
  pluginPaths: [],
};

/** `logFile` is where access logs go: a file in the run's own folder. */
function standard(logFile: string): PolicySet {
  const secrets = (key: string) => [{ key, secret: JWT_SECRET, algorithm: 'HS256' }];
  return {
    name: 'standard',
    says: 'JWT, group check, rate limit, metrics, access log',
    plugins: [
      COUNT,
      { name: 'jwt' },
      { name: 'acl', config: { allow: ['staff'] } },
      { name: 'rate-limiting', config: WIDE_LIMIT },
      ...TOPOLOGY_IDS.map((id) => ({
        name: 'rate-limiting',
        consumer: `greedy-${id}`,
        config: { ...WIDE_LIMIT, hour: 3 },
      })),
      { name: 'prometheus', config: { status_code_metrics: true, latency_metrics: true } },
      { name: 'file-log', config: { path: logFile } },
    ],
    consumers: [
      { username: 'ann', jwt_secrets: secrets('ann'), acls: [{ group: 'staff' }] },
      ...TOPOLOGY_IDS.map((id) => ({
        username: `greedy-${id}`,
        jwt_secrets: secrets(`greedy-${id}`),
        acls: [{ group: 'staff' }],
      })),
      { username: 'bob', jwt_secrets: secrets('bob'), acls: [{ group: 'guests' }] },
    ],
    headers: bearer('ann'),
    samples: [
      { method: 'GET', path: '/item', headers: {} },
      { method: 'GET', path: '/item', headers: { authorization: 'Bearer not.a.token' } },
      { method: 'GET', path: '/item', headers: { authorization: `${bearer('ann').authorization}x` } },
      { method: 'GET', path: '/item', headers: bearer('nobody') },
      { method: 'GET', path: '/item', headers: bearer('bob') },
      {
        method: 'GET',
        path: '/item',
        headers: {},
        headersFor: (topology) => bearer(`greedy-${topology}`),
        times: 6,
      },
      { method: 'POST', path: '/item', headers: bearer('ann'), body: '{"item":"tea"}' },
    ],
    pluginPaths: [],
  };
}

function heavy(logFile: string): PolicySet {
  const base = standard(logFile);
  const query = { name: 'page', in: 'query', required: false, schema: '{"type":"integer","minimum":1}' };
  return {
    ...base,
    name: 'heavy',
    says: 'standard, and transformations in both directions and schema validation',
    plugins: [
      ...base.plugins,
      { name: 'correlation-id', config: { header_name: 'X-Request-ID', echo_downstream: true } },
      {
        name: 'request-transformer',
        config: { add: { headers: ['X-Channel:internal'] }, remove: { headers: ['x-debug'] } },
      },
      { name: 'response-transformer', config: { add: { headers: ['X-Shop:1'] } } },
      { name: 'request-validator', config: { version: 'draft7', parameter_schema: [query] } },
    ],
    samples: [
      ...base.samples,
      { method: 'GET', path: '/item?page=0', headers: base.headers },
      { method: 'GET', path: '/item?page=2', headers: base.headers },
    ],
  };
}

/** The article's middleware: it takes 100 ms wherever it runs. */
const slowMiddleware: PolicySet = {
  name: 'middleware-100ms',
  says: 'middleware that takes 100 ms, wherever it runs',
  plugins: [COUNT, { name: 'fault-injection', config: { delay: { fixed_delay: 100 } } }],
  consumers: [],
  headers: {},
  samples: [{ method: 'GET', path: '/item', headers: {} }],
  pluginPaths: [],
};

export const POLICY_SET_NAMES = [
  'none',
  'key-auth',
  'standard',
  'heavy',
  'middleware-100ms',
  'control-plane',
] as const;
export type PolicySetName = (typeof POLICY_SET_NAMES)[number];

export function builtInPolicySet(name: PolicySetName, logFile: string): PolicySet {
  switch (name) {
    case 'none':
      return none;
    case 'key-auth':
      return keyAuth;
    case 'standard':
      return standard(logFile);
    case 'heavy':
      return heavy(logFile);
    case 'middleware-100ms':
      return slowMiddleware;
    case 'control-plane':
      return { ...keyAuth, name, says: 'an API key, by way of a control plane' };
  }
}

function bearer(key: string): { readonly authorization: string } {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: key })}`;
  const signature = createHmac('sha256', JWT_SECRET).update(signed).digest('base64url');
  return { authorization: `Bearer ${signed}.${signature}` };
}
