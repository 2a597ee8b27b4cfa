/** `/clustering/*`: the data planes of a control plane. */
import type { AdminContext, DataPlaneRow } from '../context.ts';
import { message, ok } from '../http/answer.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';

const NO_CONTROL_PLANE = message(
  400,
  'this endpoint is only available when Kong is configured to run as Control Plane for the cluster',
);

export function addClustering(table: EndpointTable, context: AdminContext): void {
  const { dataPlanes } = context;
  table.add('/clustering/data-planes', {
    GET: async () =>
      dataPlanes === undefined ? NO_CONTROL_PLANE : ok({ data: await dataPlanes(), next: null }),
  });
  table.add('/clustering/status', {
    GET: async () => {
      if (dataPlanes === undefined) return NO_CONTROL_PLANE;
      const rows = await dataPlanes();
      return { ...ok(Object.fromEntries(rows.map(statusEntry))), headers: { Deprecation: 'true' } };
    },
  });
}

function statusEntry({ id, config_hash, hostname, ip, last_seen }: DataPlaneRow): [string, unknown] {
  return [String(id), { config_hash, hostname, ip, last_seen }];
}
