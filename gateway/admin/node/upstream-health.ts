/**
 * Health of upstreams as this node sees it, and marking targets by hand. An upstream that no enabled service uses has
 * no balancer: its targets are shown with health checks off.
 */
import type { StoredEntity } from '../../../shared/config/change.ts';
import { normaliseTarget } from '../../../shared/config/entities/targets.ts';
import type { EndpointHealth } from '../../../shared/upstream/contract.ts';
import type { AdminContext } from '../context.ts';
import { childrenOf } from '../entities/addressing.ts';
import type { EntityApi } from '../entities/entity-api.ts';
import { listBody, pageRequest } from '../entities/paging.ts';
import { TARGETS_PATH, targetOf, upstreamOf } from '../entities/targets.ts';
import { message, NO_CONTENT, ok } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable, Handler } from '../http/endpoint-table.ts';

export function addUpstreamHealth(table: EndpointTable, api: EntityApi, context: AdminContext): void {
  table.add('/upstreams/{upstreams}/health', {
    GET: async (call) => {
      const upstream = upstreamOf(api.view, call);
      const rows = await healthRows(context, upstream);
      const node_id = context.node.id;
      if (call.query.flag('balancer_health')) {
        return ok({ data: balancerHealth(api, upstream, rows ?? []), next: null, node_id });
      }
      const page = api.view.children('targets', 'upstream', upstream.id, pageRequest(call.query, false));
      const data = page.data.map((target) => targetHealth(target, rows));
      return ok({ ...listBody(data, page.after, `/upstreams/${upstream.id}/health`, undefined), node_id });
    },
  });
  // A control plane takes no traffic: there is nothing whose health it knew.
  if (context.role === 'control_plane') return;
  for (const [state, healthy] of [
    ['healthy', true],
    ['unhealthy', false],
  ] as const) {
    const mark: Handler = (call) => markTarget(call, api, context, healthy);
    table.add(`${TARGETS_PATH}/{targets}/${state}`, { PUT: mark });
    table.add(`${TARGETS_PATH}/{targets}/{address}/${state}`, { PUT: mark });
  }
}

async function markTarget(call: AdminCall, api: EntityApi, context: AdminContext, healthy: boolean) {
  const upstream = upstreamOf(api.view, call);
  const target = String(targetOf(api.view, call)['target']);
  const given = call.values[2];
  const address = given === undefined ? undefined : normaliseTarget(given);
  if (given !== undefined && address === undefined) return message(400, `'${given}' is no address`);
  const found = await context.workers.markTarget(upstream.id, target, address, healthy);
  if (found > 0) return NO_CONTENT;
  return message(
    400,
    `no address of the target ${target} is in use${given === undefined ? '' : ` at ${given}`}`,
  );
}

/** Undefined when this node balances nothing over the upstream. */
async function healthRows(
  context: AdminContext,
  upstream: StoredEntity,
): Promise<readonly EndpointHealth[] | undefined> {
  const { upstreams } = await context.poolStatus();
  return upstreams.find(({ name }) => name === upstream['name'])?.health;
}

function targetHealth(target: StoredEntity, rows: readonly EndpointHealth[] | undefined) {
  const weight = target['weight'] as number;
  const own = (rows ?? []).filter((row) => row.target === target['target']);
  const addresses = own.filter(({ ip }) => ip !== '');
  const { host, port } = splitTarget(String(target['target']));
  return {
    ...target,
    health: healthOf(own, weight, rows !== undefined),
    data: {
      host,
      port,
      dns: 'A',
      nodeWeight: weight,
      weight: weightOf(addresses),
      addresses: addresses.map(({ ip, port: at, weight: share, health }) => ({
        ip,
        port: at,
        weight: share,
        health,
      })),
    },
  };
}

/** Kong's rules: healthy when one address is; off without health checks or without a share of the traffic. */
function healthOf(
  rows: readonly EndpointHealth[],
  weight: number,
  balanced: boolean,
): EndpointHealth['health'] {
  if (weight === 0 || !balanced) return 'HEALTHCHECKS_OFF';
  const states = new Set(rows.map(({ health }) => health));
  for (const state of ['HEALTHY', 'HEALTHCHECKS_OFF', 'UNHEALTHY'] as const)
    if (states.has(state)) return state;
  return 'DNS_ERROR';
}

function weightOf(rows: readonly EndpointHealth[]) {
  const sum = (wanted: (row: EndpointHealth) => boolean): number =>
    rows.filter(wanted).reduce((total, { weight }) => total + weight, 0);
  const unavailable = sum(({ health }) => health === 'UNHEALTHY');
  const total = sum(() => true);
  return { total, unavailable, available: total - unavailable };
}

function balancerHealth(api: EntityApi, upstream: StoredEntity, rows: readonly EndpointHealth[]) {
  const checked = rows.some(({ health }) => health === 'HEALTHY' || health === 'UNHEALTHY');
  const weight = weightOf(rows.filter(({ ip }) => ip !== ''));
  const healthchecks = upstream['healthchecks'] as { readonly threshold?: number } | null;
  // As the balancer decides it: the available share must be more than the threshold.
  const healthy =
    weight.total > 0 && (weight.available / weight.total) * 100 > (healthchecks?.threshold ?? 0);
  const hosts = [...childrenOf(api.view, 'targets', 'upstream', upstream.id)].map((target) => {
    const { data } = targetHealth(target, rows);
    return data;
  });
  return {
    id: upstream.id,
    health: checked ? (healthy ? 'HEALTHY' : 'UNHEALTHY') : 'HEALTHCHECKS_OFF',
    details: { healthy, weight, hosts },
  };
}

function splitTarget(target: string): { readonly host: string; readonly port: number } {
  const colon = target.lastIndexOf(':');
  return { host: target.slice(0, colon), port: Number(target.slice(colon + 1)) };
}
