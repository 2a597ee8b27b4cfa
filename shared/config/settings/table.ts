/**
 * Every setting of both compositions, once: name, how it is written, default, flag, what it does. Help,
 * `docs/settings.md`, the environment and `GET /` of the Admin API are made from it. Names are Kong's where
 * Kong has one. A setting stands here only if something reads it.
 */
import {
  checkCidr,
  checkHttpsUrl,
  checkServer,
  checkStore,
  choice,
  duration,
  integer,
  list,
  listen,
  localTarget,
  onOff,
  plainListen,
  type SettingType,
  size,
  text,
  workerCount,
} from './types.ts';

export type Product = 'gateway' | 'microgateway';

export interface SettingDefinition<T> {
  readonly type: SettingType<T>;
  /** As it would be written. */
  readonly default: string;
  readonly flag: string;
  /** Further names under which the environment is read (`nginx_worker_processes`): Kong's. */
  readonly aliases: readonly string[];
  /** The name (or an alias) is a setting of Kong's. */
  readonly kong: boolean;
  readonly products: readonly Product[];
  readonly group: SettingGroup;
  readonly description: string;
}

export const SETTING_GROUPS = [
  'Configuration',
  'Listeners',
  'Process',
  'Clients',
  'Headers',
  'Upstreams',
  'Names',
  'Plugins',
  'Logs',
  'Traffic',
] as const;
export type SettingGroup = (typeof SETTING_GROUPS)[number];

interface Options {
  readonly flag?: string;
  readonly aliases?: readonly string[];
  readonly kong?: true;
  readonly only?: Product;
}

function setting<T>(
  group: SettingGroup,
  type: SettingType<T>,
  defaultText: string,
  description: string,
  options: Options = {},
): Omit<SettingDefinition<T>, 'flag'> & { readonly flag: string | undefined } {
  return {
    type,
    default: defaultText,
    flag: options.flag,
    aliases: options.aliases ?? [],
    kong: options.kong === true,
    products: options.only === undefined ? ['gateway', 'microgateway'] : [options.only],
    group,
    description,
  };
}

const HOUR = 3_600_000;
const GIB = 1024 ** 3;
const RESPONSE_HEADERS = [
  'server_tokens',
  'latency_tokens',
  'Server',
  'Via',
  'X-Kong-Proxy-Latency',
  'X-Kong-Response-Latency',
  'X-Kong-Upstream-Latency',
  'X-Kong-Upstream-Status',
  'X-Kong-Admin-Latency',
  'X-Kong-Request-Id',
  'off',
];

function oneOf(values: readonly string[]): (item: string) => string | undefined {
  return (item) =>
    values.some((value) => value.toLowerCase() === item.toLowerCase())
      ? undefined
      : `'${item}' is not one of ${values.join(', ')}`;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const TABLE = {
  declarative_config: setting(
    'Configuration',
    text('FILE', 'path'),
    '',
    'Declarative configuration file (YAML or JSON). It is watched: a valid change is put in place without dropping a request, an invalid one changes nothing. With a control plane it is only what is served while there is nothing else.',
    { flag: 'config', kong: true },
  ),
  data_dir: setting(
    'Configuration',
    text('DIR', 'path'),
    './.cardinal',
    'Where the process keeps what must survive a restart: the store, posted configurations, what a control plane sent, keys, the node id.',
    { aliases: ['prefix'], kong: true },
  ),
  store: setting(
    'Configuration',
    text('STORE', 'store', checkStore),
    '',
    'Where the entities of the Admin API are kept: `sqlite:PATH`, `redis://...` (also `rediss://`, `redis+sentinel://`, `redis+cluster://`), `memory`, or `off` (the configuration comes from a file or from `POST /config`). Empty: `sqlite:` in the data directory, or `off` with a configuration file.',
    { only: 'gateway' },
  ),
  database: setting(
    'Configuration',
    choice('store', 'off', 'postgres', 'cassandra'),
    'store',
    "Kong's setting: `off` is `store = off`. Kong's databases are not used here; where the entities are is what `store` says.",
    { kong: true, only: 'gateway' },
  ),
  role: setting(
    'Configuration',
    choice('traditional', 'control_plane', 'data_plane'),
    'traditional',
    'traditional: proxies, and serves its configuration to data planes. control_plane: does not proxy. data_plane: gets its configuration from `control_plane`.',
    { kong: true, only: 'gateway' },
  ),
  control_plane: setting(
    'Configuration',
    text('URL', 'https URL', checkHttpsUrl),
    '',
    'Control plane from which the configuration comes: https://HOST:PORT.',
    { aliases: ['cluster_control_plane'] },
  ),
  token: setting(
    'Configuration',
    text('TOKEN', 'join token'),
    '',
    'Join token of a data plane, from `cardinal token create --role microgateway`. Needed once; afterwards the certificate renews itself.',
  ),
  calls: setting(
    'Configuration',
    list('NAME,...', 'service names', () => undefined),
    '',
    'Other services that this one calls: they are what the control plane sends beside its own. `*`: all.',
    { only: 'microgateway' },
  ),
  stale_credentials_after: setting(
    'Configuration',
    duration(1000, 8760 * HOUR),
    '24h',
    'How long credentials of consumers count as right while the control plane cannot confirm them. `stale_credentials` says what happens then.',
  ),
  stale_credentials: setting(
    'Configuration',
    choice('serve', 'deny'),
    'serve',
    'Credentials that nobody has confirmed for `stale_credentials_after`. serve: they are accepted on. deny: they are refused until the control plane is reached.',
  ),
  configuration_budget: setting(
    'Configuration',
    size(64 * 1024, GIB),
    '8m',
    'Most bytes of entities that are taken from a control plane; a larger configuration is refused.',
  ),
  node_id: setting(
    'Configuration',
    text('UUID', 'UUID', (value) => (UUID.test(value) ? undefined : `must be a UUID, not '${value}'`)),
    '',
    'Identity of this node in logs and metrics. Generated when not set; the gateway, and a microgateway with a control plane, remember it in their data directory.',
    { kong: true },
  ),

  proxy_listen: setting('Listeners', listen, '0.0.0.0:8000', 'Addresses for client traffic.', {
    kong: true,
    only: 'gateway',
  }),
  admin_listen: setting(
    'Listeners',
    plainListen,
    '127.0.0.1:8001',
    'Addresses of the Admin API. For others than those of this machine alone it must ask for a token (`admin_auth`), or `admin_insecure` says that it need not.',
    { kong: true, only: 'gateway' },
  ),
  admin_insecure: setting(
    'Listeners',
    onOff,
    'off',
    'Lets an Admin API that asks for no token listen where other machines reach it.',
    { only: 'gateway' },
  ),
  admin_gui_url: setting(
    'Listeners',
    list('URL,...', 'origins', () => undefined),
    '',
    'Origins of a web UI that is not served by the Admin API itself: what CORS allows.',
    { kong: true, only: 'gateway' },
  ),
  admin_ui: setting(
    'Listeners',
    onOff,
    'off',
    'Serves the admin UI at /ui/ of the Admin API. It is in the making, and has to be built: npm run build:ui.',
    { only: 'gateway' },
  ),
  admin_auth: setting(
    'Listeners',
    choice('auto', 'on', 'off'),
    'auto',
    'Whether the Admin API asks for a token. auto: it does as soon as there is one (cardinal token create). off: never.',
    { only: 'gateway' },
  ),
  admin_allowed_hosts: setting(
    'Listeners',
    list('HOST,...', 'host names', () => undefined),
    '',
    'Further host names under which the Admin API may be asked (beside its addresses and localhost): anything else is refused, against DNS rebinding.',
    { only: 'gateway' },
  ),
  cluster_listen: setting(
    'Listeners',
    plainListen,
    '127.0.0.1:8005',
    'Addresses where data planes connect (TLS with client certificates). `off`: none.',
    { kong: true, only: 'gateway' },
  ),
  inbound_listen: setting(
    'Listeners',
    listen,
    '0.0.0.0:8000',
    'Addresses where other services call this one.',
    {
      only: 'microgateway',
    },
  ),
  outbound_listen: setting(
    'Listeners',
    listen,
    '127.0.0.1:8010',
    'Addresses where this service calls others, by service name (Host header or HTTP proxy).',
    { only: 'microgateway' },
  ),
  status_listen: setting(
    'Listeners',
    plainListen,
    '127.0.0.1:8100',
    'Addresses of /livez, /readyz, /status and /metrics.',
    { kong: true },
  ),
  service: setting(
    'Listeners',
    text('NAME', 'name'),
    '',
    'Name of the service this microgateway stands beside.',
    {
      only: 'microgateway',
    },
  ),
  to: setting('Listeners', localTarget, '', 'Where that service listens: http://127.0.0.1:3000.', {
    only: 'microgateway',
  }),
  outbound_unknown: setting(
    'Listeners',
    choice('deny', 'allow'),
    'deny',
    'Outbound calls to a host that is no service of the configuration: refuse them, or pass them on.',
    { only: 'microgateway' },
  ),

  workers: setting('Process', workerCount, 'auto', 'Worker threads that share the proxy addresses.', {
    aliases: ['nginx_worker_processes'],
    kong: true,
    only: 'gateway',
  }),
  worker_max_heap: setting(
    'Process',
    size(0, 64 * GIB),
    '0',
    'JavaScript heap of one worker; one that needs more is replaced. 0: the runtime decides from the memory of the machine.',
    { only: 'gateway' },
  ),
  drain_delay: setting(
    'Process',
    duration(0, HOUR),
    '0',
    'How long everything is served as before after SIGTERM, while /readyz says no: for load balancers and registries to notice.',
  ),
  drain_timeout: setting(
    'Process',
    duration(0, HOUR),
    '30s',
    'How long requests in flight may take to finish after SIGTERM and `drain_delay`.',
  ),
  max_connections: setting(
    'Process',
    integer(1, 1_000_000),
    '16384',
    'Client connections of one worker; more are refused until one ends.',
    { aliases: ['nginx_events_worker_connections'], kong: true },
  ),

  max_request_line_bytes: setting(
    'Clients',
    size(256, 1024 ** 2),
    '8k',
    'Longest request line; a longer one gets 414.',
  ),
  max_header_bytes: setting(
    'Clients',
    size(1024, 1024 ** 2),
    '32k',
    'Largest header section; a larger one gets 431.',
  ),
  max_header_count: setting('Clients', integer(10, 10_000), '100', 'Most header lines; more get 431.'),
  client_max_body_size: setting(
    'Clients',
    size(0, 1024 * GIB),
    '0',
    'Largest request body; a larger one gets 413. 0: no bound.',
    { aliases: ['nginx_http_client_max_body_size', 'nginx_proxy_client_max_body_size'], kong: true },
  ),
  header_timeout: setting(
    'Clients',
    duration(100, HOUR),
    '10s',
    'Time for a whole request head, from its first byte; then 408.',
    { aliases: ['nginx_http_client_header_timeout', 'nginx_proxy_client_header_timeout'], kong: true },
  ),
  body_idle_timeout: setting(
    'Clients',
    duration(100, HOUR),
    '30s',
    'Longest pause within a request body; then 408.',
    {
      aliases: ['nginx_http_client_body_timeout', 'nginx_proxy_client_body_timeout'],
      kong: true,
    },
  ),
  min_body_rate: setting(
    'Clients',
    size(0, GIB),
    '100',
    'Bytes a second that a request body must bring on average; a slower one gets 408. Only time in which the client is waited for counts. 0: no bound.',
  ),
  min_body_grace: setting(
    'Clients',
    duration(0, HOUR),
    '10s',
    'How long a request body is waited for before `min_body_rate` counts.',
  ),
  send_timeout: setting(
    'Clients',
    duration(100, HOUR),
    '60s',
    'Longest time in which a client takes nothing of its response; then the connection is cut.',
    { aliases: ['nginx_http_send_timeout', 'nginx_proxy_send_timeout'], kong: true },
  ),
  keepalive_timeout: setting(
    'Clients',
    duration(0, HOUR),
    '60s',
    'How long an idle client connection is kept.',
    {
      aliases: ['nginx_http_keepalive_timeout', 'nginx_proxy_keepalive_timeout'],
      kong: true,
    },
  ),
  keepalive_max_requests: setting(
    'Clients',
    integer(1, 1_000_000_000),
    '10000',
    'Requests of one client connection; then it is closed in order.',
    { aliases: ['nginx_http_keepalive_requests', 'nginx_proxy_keepalive_requests'], kong: true },
  ),
  trusted_ips: setting(
    'Clients',
    list('CIDR,...', 'IP addresses and CIDR blocks', checkCidr),
    '',
    'Peers whose forwarding headers (X-Forwarded-*, the real-IP header) are believed.',
    { kong: true },
  ),
  real_ip_header: setting(
    'Clients',
    text('NAME', 'header name', (value) =>
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? undefined : `must be a header name, not '${value}'`,
    ),
    'X-Real-IP',
    "Header with the client's address, read from trusted peers.",
    { kong: true },
  ),
  real_ip_recursive: setting(
    'Clients',
    onOff,
    'off',
    'Take the last address of that header that is not itself trusted, instead of the last one.',
    { kong: true },
  ),

  headers: setting(
    'Headers',
    list('NAME,...', 'header names and groups of them', oneOf(RESPONSE_HEADERS)),
    'server_tokens,latency_tokens,X-Kong-Request-Id',
    'What the gateway adds to responses. `off`: nothing.',
    { kong: true },
  ),
  headers_upstream: setting(
    'Headers',
    list('NAME,...', 'header names', oneOf(['X-Kong-Request-Id', 'off'])),
    'X-Kong-Request-Id',
    'What the gateway adds to upstream requests beside X-Forwarded-*. `off`: nothing.',
    { kong: true },
  ),
  allow_debug_header: setting(
    'Headers',
    onOff,
    'off',
    'Answer a request with `Kong-Debug: 1` with the names of its route and service.',
    { kong: true },
  ),

  upstream_keepalive_pool_size: setting(
    'Upstreams',
    integer(0, 1_000_000),
    '512',
    'Idle connections kept per upstream address and worker. 0: none.',
    { kong: true },
  ),
  upstream_keepalive_max_requests: setting(
    'Upstreams',
    integer(0, 1_000_000_000),
    '10000',
    'Requests of one upstream connection; then it is replaced. 0: no bound.',
    { kong: true },
  ),
  upstream_keepalive_idle_timeout: setting(
    'Upstreams',
    duration(0, HOUR),
    '60s',
    'How long an idle upstream connection is kept. 0: until the upstream closes it.',
    { kong: true },
  ),

  dns_resolver: setting(
    'Names',
    list('IP[:PORT],...', 'name servers', checkServer),
    '',
    "Name servers. Empty: the system's.",
    { kong: true },
  ),
  dns_order: setting(
    'Names',
    list('TYPE,...', 'record types', oneOf(['LAST', 'SRV', 'A', 'AAAA', 'CNAME'])),
    'LAST,SRV,A,CNAME',
    'Record types in the order in which they are asked for.',
    { kong: true },
  ),

  dns_valid_ttl: setting(
    'Names',
    duration(0, 24 * HOUR),
    '0',
    "Age at which an answer is asked for again. 0: the answer's own time to live, between a second and a minute.",
    { kong: true },
  ),
  dns_stale_ttl: setting(
    'Names',
    duration(0, 720 * HOUR),
    '1h',
    'How long an answer beyond its age is used while the name servers fail.',
    { kong: true },
  ),
  dns_not_found_ttl: setting(
    'Names',
    duration(0, HOUR),
    '30s',
    'Longest wait until a name that does not exist is asked for again.',
    { kong: true },
  ),
  dns_error_ttl: setting(
    'Names',
    duration(0, HOUR),
    '1s',
    'Wait after the first failure of the name servers; it doubles with each further one, up to half a minute.',
    { kong: true },
  ),

  plugins: setting(
    'Plugins',
    list('NAME,...', 'plugin names', (item) =>
      /^[a-z0-9][a-z0-9_-]*$/i.test(item) ? undefined : `'${item}' is not a plugin name`,
    ),
    'bundled',
    'Plugins that may be configured: `bundled` and names of own ones. `off`: none.',
    { kong: true },
  ),
  plugin_paths: setting(
    'Plugins',
    list('PATH,...', 'paths', () => undefined),
    '',
    'Modules of own plugins (a file, or a folder with an index file). All of them may be configured.',
  ),
  function_modules: setting(
    'Plugins',
    onOff,
    'off',
    'Lets the plugins pre-function and post-function load modules by path: whoever may write the configuration can then run code in the process.',
  ),

  log_level: setting(
    'Logs',
    choice('debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'),
    'notice',
    'Least severity that is logged.',
    { kong: true },
  ),
  log_format: setting(
    'Logs',
    choice('auto', 'json', 'pretty'),
    'auto',
    'How log lines look. auto: pretty on a terminal, else JSON.',
  ),
  tap: setting(
    'Traffic',
    choice('on', 'off'),
    'on',
    'Whether live requests may be watched (`cardinal tap`, /_cardinal/tap). off: they answer 403. Secrets are masked in any case.',
    { only: 'gateway' },
  ),
  request_sampling: setting(
    'Traffic',
    integer(0, 100),
    '1',
    'Per cent of the requests whose steps and plugins are timed. A gateway keeps the newest of them for /_cardinal/requests.',
  ),
  slow_request: setting(
    'Traffic',
    duration(0, HOUR),
    '1s',
    'Requests that take longer are kept for /_cardinal/requests, a bounded number of them. 0: none for that reason.',
    { only: 'gateway' },
  ),
  kept_requests: setting(
    'Traffic',
    integer(0, 10_000),
    '500',
    'Sampled, slow and refused requests that each worker keeps, in at most 2 MB. 0: none.',
    { only: 'gateway' },
  ),
  admin_max_body_size: setting(
    'Process',
    size(1024, GIB),
    '10m',
    'Largest body the Admin API takes; then 413.',
    {
      aliases: ['nginx_admin_client_max_body_size'],
      kong: true,
      only: 'gateway',
    },
  ),
} as const;

export type SettingName = keyof typeof TABLE;
type ValueOf<D> = D extends { readonly type: SettingType<infer T> } ? T : never;
export type SettingValues = { readonly [K in SettingName]: ValueOf<(typeof TABLE)[K]> };

// The value types differ per row; a row's own type is recovered through SettingValues.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type AnyDefinition = SettingDefinition<any>;

export const SETTINGS: ReadonlyMap<SettingName, AnyDefinition> = new Map(
  (Object.keys(TABLE) as SettingName[]).map((name) => {
    const row = TABLE[name] as Omit<AnyDefinition, 'flag'> & { flag: string | undefined };
    return [name, { ...row, flag: row.flag ?? name.replaceAll('_', '-') }];
  }),
);

/** The settings a product takes, in table order. */
export function flagSettings(product: Product): { name: SettingName; definition: AnyDefinition }[] {
  const found: { name: SettingName; definition: AnyDefinition }[] = [];
  for (const [name, definition] of SETTINGS) {
    if (definition.products.includes(product)) found.push({ name, definition });
  }
  return found;
}
