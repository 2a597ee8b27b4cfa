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
    throw redirect({ to: '/overview' as '/', replace: true });
  },
});

type PageModule = Record<string, unknown>;
const page = (path: string, load: () => Promise<PageModule>, name: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as never, name as never),
  });

const overview = () => import('../pages/overview/overview-page.tsx');
const live = () => import('../pages/live/live-page.tsx');
const explain = () => import('../pages/explain/explain-page.tsx');
const map = () => import('../pages/map/map-page.tsx');
const latency = () => import('../pages/latency/latency-page.tsx');

const tree = root.addChildren([
  index,
  page('/overview', overview, 'OverviewPage'),
  page('/live', live, 'LivePage'),
  page('/explain', explain, 'ExplainPage'),
  page('/map', map, 'MapPage'),
  page('/latency', latency, 'LatencyPage'),
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
