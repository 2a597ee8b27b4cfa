/**
 * Endpoints about the process that Kong's clients may ask for: timers, caches, metrics, the list of endpoints. There is
 * no cache of entities here: what is served is compiled, and every key is unknown.
 */
import type { AdminContext } from '../context.ts';
import { message, NO_CONTENT, NOT_FOUND, ok } from '../http/answer.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import { pendingTimers } from './root.ts';

export function addProcessEndpoints(table: EndpointTable, context: AdminContext): void {
  table.add('/endpoints', { GET: () => ok({ data: table.paths() }) });
  table.add('/timers', {
    GET: async () => {
      const { workers } = await context.poolStatus();
      const pending = pendingTimers();
      return ok({
        worker: { id: 0, count: workers.length },
        stats: { sys: { total: pending, running: 0, pending, waiting: 0 } },
      });
    },
  });
  table.add('/cache', { DELETE: () => NO_CONTENT });
  table.add('/cache/{key}', { GET: () => NOT_FOUND, DELETE: () => NO_CONTENT });
  table.add('/status/dns', {
    GET: () => message(501, 'not implemented with the legacy DNS client'),
  });
  // As in Kong this is the plugin's: it is there when the plugin is.
  if (context.plugins.schemas.some(({ name }) => name === 'prometheus')) {
    table.add('/metrics', {
      GET: async () => ({
        status: 200,
        text: await context.metrics(),
        headers: { 'Content-Type': 'text/plain; charset=UTF-8' },
      }),
    });
  }
}
