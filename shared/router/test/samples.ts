/** Routes and requests for the router's tests, with everything a test does not care about filled in. */
import type { Route } from '../../config/entities.ts';
import { makeRoute } from '../../plugins/testkit/entities.ts';
import { HeaderList } from '../../plugins/testkit/header-list.ts';
import type { RouteQuery, Router } from '../contract.ts';

let made = 0;

export function route(fields: Partial<Route> = {}): Route {
  made++;
  const id = `00000000-0000-4000-8000-${made.toString(16).padStart(12, '0')}`;
  return makeRoute({ id, name: null, paths: null, ...fields });
}

export function query(
  fields: Partial<Omit<RouteQuery, 'headers'>> & { headers?: readonly (readonly [string, string])[] } = {},
): RouteQuery {
  const { headers = [], ...rest } = fields;
  return {
    method: 'GET',
    authority: '',
    path: '/',
    scheme: 'http',
    sni: undefined,
    listenPort: 8000,
    ...rest,
    headers: new HeaderList(headers),
  };
}

/** The name of the route that wins, for tests that use names as values. */
export function winner(router: Router<string>, fields: Parameters<typeof query>[0]): string | undefined {
  return router.match(query(fields))?.value;
}
