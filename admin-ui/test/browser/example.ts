/** A gateway with something of everything, and the pages that show it. */
import { RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import type { Gateway } from './browser.ts';

export const MARKUP = '<img src=x onerror="window.pwned=1">';

export interface ShownPage {
  /** Of its picture. */
  readonly name: string;
  readonly address: string;
  readonly heading: string | RegExp;
  /** Is there when the content is. */
  readonly wait?: string | RegExp;
}

/** Those of which the documents have a picture. */
export const PICTURED: ReadonlySet<string> = new Set([
  'live',
  'services',
  'new-service',
  'service',
  'routes',
  'plugins',
  'plugin-configuration',
  'consumers',
  'consumer-reach',
  'upstreams',
  'upstream',
  'tls',
  'keys',
  'nodes',
  'changes',
  'changes-editor',
  'settings',
]);

export async function fill(g: Gateway, upstream: string): Promise<readonly ShownPage[]> {
  const { hostname, port } = new URL(upstream);
  const make = (path: string, body: unknown) => g.ask<{ id: string }>('POST', path, body);
  const orders = await make('/services', { name: 'orders', url: upstream, tags: ['shop'] });
  const payments = await make('/upstreams', {
    name: 'payments.internal',
    algorithm: 'least-connections',
    healthchecks: {
      active: {
        http_path: '/health',
        healthy: { interval: 5, successes: 2 },
        unhealthy: { interval: 5, http_failures: 3 },
      },
    },
    tags: ['shop', 'pci'],
  });
  await make(`/upstreams/${payments.id}/targets`, { target: `${hostname}:${port}`, weight: 100 });
  await make(`/upstreams/${payments.id}/targets`, { target: '127.0.0.1:9', weight: 50 });
  const service = await make('/services', {
    name: 'payments',
    host: 'payments.internal',
    path: '/v1',
    tags: ['shop', 'pci'],
  });
  await make('/services', { name: 'catalog', url: 'http://catalog.internal:8080', enabled: false });
  const route = await make('/services/orders/routes', { name: 'orders', paths: ['/orders'], tags: ['shop'] });
  await make(`/services/${service.id}/routes`, {
    name: 'payments',
    hosts: ['api.example.com'],
    paths: ['/payments', '/pay'],
    methods: ['GET', 'POST'],
  });
  await make('/services/catalog/routes', {
    name: 'catalog-item',
    paths: ['~/catalog/(?<id>[0-9]+)'],
    regex_priority: 5,
  });
  const limit = await make(`/services/${orders.id}/plugins`, {
    name: 'rate-limiting',
    config: { minute: 100, policy: 'local' },
  });
  await make(`/services/${orders.id}/plugins`, { name: 'key-auth' });
  await make('/plugins', { name: 'correlation-id' });
  await make(`/routes/${route.id}/plugins`, {
    name: 'request-transformer',
    config: { add: { headers: ['x-team:shop'] } },
  });
  const ann = await make('/consumers', { username: 'ann', custom_id: 'c-1', tags: ['gold'] });
  await make('/consumers/ann/key-auth', { key: 'key-of-ann' });
  await make('/consumers/ann/acls', { group: 'gold' });
  await make('/consumers', { username: 'bob' });
  await make('/consumers', { username: MARKUP, tags: ['"><svg onload=window.pwned=1>'] });
  const certificate = await make('/certificates', {
    cert: RSA_CERTIFICATE,
    key: RSA_KEY,
    snis: ['api.example.com'],
  });
  await make('/vaults', { prefix: 'shop-env', name: 'env', config: { prefix: 'SHOP_' } });
  const set = await make('/key-sets', { name: 'partners' });
  await g.ask('PATCH', '/services/orders', { retries: 2 });
  return [
    { name: 'live', address: '/live', heading: 'Live', wait: '/orders/1' },
    { name: 'services', address: '/services', heading: 'Services', wait: 'payments' },
    { name: 'new-service', address: '/services/new', heading: 'New service' },
    { name: 'service', address: `/services/${orders.id}`, heading: 'orders', wait: 'Plugins of the service' },
    {
      name: 'service-configuration',
      address: `/services/${orders.id}?tab=configuration`,
      heading: 'orders',
      wait: 'More fields',
    },
    {
      name: 'service-text',
      address: `/services/${orders.id}?tab=text`,
      heading: 'orders',
      wait: '_format_version',
    },
    {
      name: 'service-history',
      address: `/services/${orders.id}?tab=history`,
      heading: 'orders',
      wait: 'Generation',
    },
    { name: 'routes', address: '/routes', heading: 'Routes', wait: 'catalog-item' },
    { name: 'route', address: `/routes/${route.id}`, heading: 'orders', wait: 'request-transformer' },
    { name: 'new-route', address: '/routes/new', heading: 'New route', wait: 'Strip path' },
    { name: 'plugins', address: '/plugins', heading: 'Plugins', wait: 'correlation-id' },
    { name: 'plugin-catalogue', address: '/plugins/new', heading: 'New plugin', wait: 'basic-auth' },
    { name: 'new-plugin', address: '/plugins/new?plugin=cors', heading: 'New cors', wait: 'Max age' },
    { name: 'plugin', address: `/plugins/${limit.id}`, heading: 'rate-limiting', wait: 'Priority' },
    {
      name: 'plugin-configuration',
      address: `/plugins/${limit.id}?tab=configuration`,
      heading: 'rate-limiting',
      wait: 'Minute',
    },
    {
      name: 'plugin-order',
      address: `/plugins/order?route=${route.id}`,
      heading: 'Execution order',
      wait: 'correlation-id',
    },
    { name: 'consumers', address: '/consumers', heading: 'Consumers', wait: 'bob' },
    {
      name: 'consumer-credentials',
      address: `/consumers/${ann.id}?tab=credentials`,
      heading: 'ann',
      wait: 'gold',
    },
    { name: 'consumer-reach', address: `/consumers/${ann.id}?tab=reach`, heading: 'ann', wait: 'let in' },
    { name: 'upstreams', address: '/upstreams', heading: 'Upstreams', wait: 'payments.internal' },
    {
      name: 'upstream',
      address: `/upstreams/${payments.id}`,
      heading: 'payments.internal',
      wait: '127.0.0.1:9',
    },
    { name: 'tls', address: '/tls', heading: 'TLS', wait: 'api.example.com' },
    { name: 'certificate', address: `/tls/certificates/${certificate.id}`, heading: /.+/, wait: 'Serial' },
    { name: 'keys', address: '/keys?tab=vaults', heading: 'Keys & vaults', wait: 'shop-env' },
    { name: 'key-set', address: `/keys/key-sets/${set.id}`, heading: 'partners', wait: 'Created' },
    { name: 'nodes', address: '/nodes', heading: 'Nodes', wait: 'No data planes yet' },
    { name: 'changes', address: '/changes', heading: 'Changes', wait: 'Generation' },
    { name: 'changes-editor', address: '/changes?tab=editor', heading: 'Changes', wait: 'with its secrets' },
    { name: 'generation', address: '/changes/2', heading: 'Generation 2', wait: 'How' },
    { name: 'settings', address: '/settings', heading: 'Settings', wait: 'declarative_config' },
    { name: 'settings-tokens', address: '/settings?tab=tokens', heading: 'Settings', wait: 'No tokens yet' },
    { name: 'settings-audit', address: '/settings?tab=audit', heading: 'Settings', wait: '/key-sets' },
    { name: 'settings-about', address: '/settings?tab=about', heading: 'Settings', wait: 'licences' },
  ];
}
