/** `/proxy-cache`: what the caches of this node's workers hold. Only what the plugin proxy-cache itself answers is told. */
import type { WorkerControls } from '../context.ts';
import { NO_CONTENT, NOT_FOUND, ok } from '../http/answer.ts';
import type { EndpointTable, Methods } from '../http/endpoint-table.ts';

const PLUGIN = 'proxy-cache';

export function addProxyCache(table: EndpointTable, workers: Pick<WorkerControls, 'operatePlugin'>): void {
  const ask = (operation: string, id: string | undefined, key: string | undefined) =>
    workers.operatePlugin({ plugin: PLUGIN, id, operation, key });

  /** Each worker has a store of its own: the first that has the response shows it, all remove it. */
  const one = (id: string | undefined, key: string | undefined): Methods => ({
    GET: async () => {
      const found = (await ask('get', id, key)).find((response) => response !== null);
      return found === undefined ? NOT_FOUND : ok(found);
    },
    DELETE: async () => ((await ask('delete', id, key)).includes(true) ? NO_CONTENT : NOT_FOUND),
  });

  table.add('/proxy-cache', {
    DELETE: async () => {
      await ask('purge', undefined, undefined);
      return NO_CONTENT;
    },
  });
  table.add('/proxy-cache/{cache_key}', {
    GET: (call) => one(undefined, call.values[0]).GET!(call),
    DELETE: (call) => one(undefined, call.values[0]).DELETE!(call),
  });
  table.add('/proxy-cache/{plugin_id}/caches/{cache_key}', {
    GET: (call) => one(call.values[0], call.values[1]).GET!(call),
    DELETE: (call) => one(call.values[0], call.values[1]).DELETE!(call),
  });
}
