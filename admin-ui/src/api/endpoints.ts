/**
 * Every endpoint of the Admin API that the UI asks, in one place: a test compares this list with a running gateway.
 * `{...}` are parameters. Nothing else in the UI spells a path.
 */
export const ENDPOINTS = {
  node: '/',
  status: '/status',
  endpoints: '/endpoints',
  logLevel: '/debug/node/log-level',
  setLogLevel: '/debug/node/log-level/{level}',
  config: '/config',

  session: '/_cardinal/session',
  login: '/_cardinal/login',
  logout: '/_cardinal/logout',
  tokens: '/_cardinal/tokens',
  token: '/_cardinal/tokens/{id}',
  audit: '/_cardinal/audit',
  nodes: '/_cardinal/nodes',
  fleetNode: '/_cardinal/nodes/{id}',
  stats: '/_cardinal/stats',
  explain: '/_cardinal/explain',
  wholeConfig: '/_cardinal/config',
  history: '/_cardinal/history',
  generation: '/_cardinal/history/{generation}',
  restore: '/_cardinal/history/{generation}/restore',

  tap: '/_cardinal/tap',
  request: '/_cardinal/requests/{id}',

  schema: '/schemas/{entity}',
  pluginSchema: '/schemas/plugins/{name}',
  vaultSchema: '/schemas/vaults/{name}',
  validate: '/schemas/{entity}/validate',

  services: '/services',
  service: '/services/{id}',
  serviceRoutes: '/services/{id}/routes',
  servicePlugins: '/services/{id}/plugins',
  routes: '/routes',
  route: '/routes/{id}',
  routePlugins: '/routes/{id}/plugins',
  plugins: '/plugins',
  plugin: '/plugins/{id}',
  consumers: '/consumers',
  consumer: '/consumers/{id}',
  consumerPlugins: '/consumers/{id}/plugins',
  upstreams: '/upstreams',
  upstream: '/upstreams/{id}',
  upstreamHealth: '/upstreams/{id}/health',
  targets: '/upstreams/{id}/targets',
  target: '/upstreams/{id}/targets/{target}',
  targetHealthy: '/upstreams/{id}/targets/{target}/healthy',
  targetUnhealthy: '/upstreams/{id}/targets/{target}/unhealthy',
  addressHealthy: '/upstreams/{id}/targets/{target}/{address}/healthy',
  addressUnhealthy: '/upstreams/{id}/targets/{target}/{address}/unhealthy',
  certificates: '/certificates',
  certificate: '/certificates/{id}',
  certificateSnis: '/certificates/{id}/snis',
  caCertificates: '/ca_certificates',
  caCertificate: '/ca_certificates/{id}',
  snis: '/snis',
  sni: '/snis/{id}',
  keys: '/keys',
  key: '/keys/{id}',
  keySets: '/key-sets',
  keySet: '/key-sets/{id}',
  keySetKeys: '/key-sets/{id}/keys',
  vaults: '/vaults',
  vault: '/vaults/{id}',
  acls: '/consumers/{id}/acls',
  acl: '/consumers/{id}/acls/{credential}',
  basicAuths: '/consumers/{id}/basic-auth',
  basicAuth: '/consumers/{id}/basic-auth/{credential}',
  hmacAuths: '/consumers/{id}/hmac-auth',
  hmacAuth: '/consumers/{id}/hmac-auth/{credential}',
  jwts: '/consumers/{id}/jwt',
  jwt: '/consumers/{id}/jwt/{credential}',
  keyAuths: '/consumers/{id}/key-auth',
  keyAuth: '/consumers/{id}/key-auth/{credential}',
} as const;

export type Endpoint = keyof typeof ENDPOINTS;

/** The path of an endpoint with its parameters put in, in their order. */
export function pathOf(endpoint: Endpoint, ...values: readonly (string | number)[]): string {
  let next = 0;
  const path = ENDPOINTS[endpoint].replace(/\{[^}]+\}/g, (name) => {
    const value = values[next++];
    if (value === undefined) throw new Error(`${endpoint}: no value for ${name}`);
    return encodeURIComponent(value);
  });
  if (next !== values.length) throw new Error(`${endpoint} takes ${next} values, got ${values.length}`);
  return path;
}
