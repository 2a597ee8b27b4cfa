/** `GET /status`: Kong's numbers, and either the reach of the store or the hash of the configuration. */
import type { AdminContext } from '../context.ts';
import { message, ok } from '../http/answer.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import { memoryFormat, nodeStatus } from './node-status.ts';

export function addStatus(table: EndpointTable, context: AdminContext): void {
  table.add('/status', {
    GET: async ({ query }) => {
      const memory = memoryFormat(query.first('unit'), query.first('scale'));
      if (typeof memory === 'string') return message(400, memory);
      const { hash } = context.managed.served.configuration;
      const { configuration_hash, ...status } = nodeStatus(
        await context.poolStatus(),
        hash,
        context.counterBytes,
        memory,
      );
      if (context.storeReachable === undefined) return ok({ ...status, configuration_hash });
      return ok({ ...status, database: { reachable: await context.storeReachable() } });
    },
  });
}
