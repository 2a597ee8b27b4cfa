/** The one gateway that this page is about: its client, session, connection and cache, made once. */
import { QueryClient } from '@tanstack/react-query';
import { isProblem } from './api-problem.ts';
import { ApiClient } from './client.ts';
import { ConnectionMonitor } from './connection.ts';
import { Observable } from './observable.ts';
import { Session } from './session.ts';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 3_000,
      gcTime: 5 * 60_000,
      // A gateway that is away is asked again by the connection monitor, once for the whole page.
      retry: (failures, error) =>
        failures < 2 && isProblem(error) && (error.status === 503 || error.status === 504),
      networkMode: 'always',
      refetchOnReconnect: false,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

/** Said by a 405 to a change, when `GET /` did not say so before. */
export const refusedChanges = new Observable(false);

export const client: ApiClient = new ApiClient({
  base: new URL('../', new URL(location.pathname, location.origin)),
  fetch: (...call) => fetch(...call),
  events: {
    answered: () => connection.answered(),
    unreachable: () => connection.unreachable(),
    unauthorized: (message) => session.unauthorized(message),
    readOnly: () => refusedChanges.set(true),
  },
});

export const session = new Session(client);

export const connection = new ConnectionMonitor(
  () => session.read(),
  () => void queries.invalidateQueries(),
  {
    now: Date.now,
    setTimeout: (callback, ms) => window.setTimeout(callback, ms),
    clearTimeout: (timer) => window.clearTimeout(timer),
  },
);
