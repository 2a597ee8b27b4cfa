/**
 * The addresses of the pages. They stand in the fragment, so that a gateway serves one file wherever a proxy puts it.
 * Every page is loaded when it is first opened.
 */
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { Shell } from '../shell/shell.tsx';
import { NotFoundPage, PageError } from './fallback-pages.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/live' as '/', replace: true });
  },
});

type PageModule = Record<string, unknown>;
const page = (path: string, load: () => Promise<PageModule>, name: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as never, name as never),
  });

/** Each page with its module and its name there; what is loaded together stands in one module. */
const tree = root.addChildren([
  index,
  page('/live', () => import('../pages/live/live-page.tsx'), 'LivePage'),

  page('/services', () => import('../pages/services/services-page.tsx'), 'ServicesPage'),
  page('/services/new', () => import('../pages/create/guided-page.tsx'), 'GuidedPage'),
  page('/services/$id', () => import('../pages/services/service-page.tsx'), 'ServicePage'),
  page('/routes', () => import('../pages/routes/routes-page.tsx'), 'RoutesPage'),
  page('/routes/new', () => import('../pages/plain-create-pages.tsx'), 'NewRoutePage'),
  page('/routes/$id', () => import('../pages/routes/route-page.tsx'), 'RoutePage'),
  page('/plugins', () => import('../pages/plugins/plugins-page.tsx'), 'PluginsPage'),
  page('/plugins/new', () => import('../pages/plugins/new-plugin-page.tsx'), 'NewPluginPage'),
  page('/plugins/order', () => import('../pages/plugins/order-page.tsx'), 'OrderPage'),
  page('/plugins/$id', () => import('../pages/plugins/plugin-page.tsx'), 'PluginPage'),
  page('/consumers', () => import('../pages/consumers/consumers-page.tsx'), 'ConsumersPage'),
  page('/consumers/new', () => import('../pages/plain-create-pages.tsx'), 'NewConsumerPage'),
  page('/consumers/$id', () => import('../pages/consumers/consumer-page.tsx'), 'ConsumerPage'),
  page('/upstreams', () => import('../pages/upstreams/upstreams-page.tsx'), 'UpstreamsPage'),
  page('/upstreams/new', () => import('../pages/plain-create-pages.tsx'), 'NewUpstreamPage'),
  page('/upstreams/$id', () => import('../pages/upstreams/upstream-page.tsx'), 'UpstreamPage'),

  page('/tls', () => import('../pages/tls/tls-page.tsx'), 'TlsPage'),
  page('/tls/certificates/new', () => import('../pages/tls/certificate-pages.tsx'), 'NewCertificatePage'),
  page('/tls/certificates/$id', () => import('../pages/tls/certificate-pages.tsx'), 'CertificatePage'),
  page(
    '/tls/ca-certificates/new',
    () => import('../pages/tls/certificate-pages.tsx'),
    'NewCaCertificatePage',
  ),
  page('/tls/ca-certificates/$id', () => import('../pages/tls/certificate-pages.tsx'), 'CaCertificatePage'),
  page('/tls/snis/new', () => import('../pages/tls/certificate-pages.tsx'), 'NewSniPage'),
  page('/tls/snis/$id', () => import('../pages/tls/certificate-pages.tsx'), 'SniPage'),
  page('/keys', () => import('../pages/keys/keys-page.tsx'), 'KeysPage'),
  page('/keys/keys/new', () => import('../pages/keys/key-pages.tsx'), 'NewKeyPage'),
  page('/keys/keys/$id', () => import('../pages/keys/key-pages.tsx'), 'KeyPage'),
  page('/keys/key-sets/new', () => import('../pages/keys/key-pages.tsx'), 'NewKeySetPage'),
  page('/keys/key-sets/$id', () => import('../pages/keys/key-pages.tsx'), 'KeySetPage'),
  page('/keys/vaults/new', () => import('../pages/keys/key-pages.tsx'), 'NewVaultPage'),
  page('/keys/vaults/$id', () => import('../pages/keys/key-pages.tsx'), 'VaultPage'),

  page('/nodes', () => import('../pages/nodes/nodes-page.tsx'), 'NodesPage'),
  page('/changes', () => import('../pages/changes/changes-page.tsx'), 'ChangesPage'),
  page('/changes/$generation', () => import('../pages/changes/generation-page.tsx'), 'GenerationPage'),
  page('/settings', () => import('../pages/settings/settings-page.tsx'), 'SettingsPage'),
]);

export const router = createRouter({
  routeTree: tree,
  history: createHashHistory(),
  defaultErrorComponent: ({ error }) => (
    <PageError error={error instanceof Error ? error : new Error(String(error))} />
  ),
  defaultPendingMs: 150,
  scrollRestoration: true,
  defaultPreload: 'intent',
});
