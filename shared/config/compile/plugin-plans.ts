/**
 * Which plugins run for a route, decided once: Kong's precedence (6.3) over scopes, Kong's order (6.2) over
 * names. Routes with the same plugins share one plan.
 */
import type { PluginInstance } from '../../plugins/contract.ts';
import type { PluginPlan, PluginSlot } from '../../proxy/snapshot.ts';
import type { Plugin } from '../entities.ts';

/** A configured plugin with its running instance. */
export interface RunningPlugin {
  readonly plugin: Plugin;
  readonly priority: number;
  readonly instance: PluginInstance;
}

const HTTP = new Set(['http', 'https', 'grpc', 'grpcs']);

/** True when the plugin takes part in HTTP traffic at all. */
export function runsOnHttp(plugin: Plugin): boolean {
  return plugin.enabled && plugin.protocols.some((protocol) => HTTP.has(protocol));
}

/** Rank of a configuration among those of the same name: the more specific scope wins, nothing is merged. */
function rank({ route, service, consumer }: Plugin): number {
  if (consumer !== null) {
    if (route !== null) return service !== null ? 8 : 7;
    return service !== null ? 6 : 4;
  }
  if (route !== null) return service !== null ? 5 : 3;
  return service !== null ? 2 : 1;
}

interface Slot {
  readonly name: string;
  readonly priority: number;
  general: RunningPlugin | undefined;
  readonly consumers: Map<string, RunningPlugin>;
}

export class PluginPlans {
  private readonly ofRoute = new Map<string, RunningPlugin[]>();
  private readonly ofService = new Map<string, RunningPlugin[]>();
  private readonly everywhere: RunningPlugin[] = [];
  private readonly shared = new Map<string, PluginPlan>();

  constructor(running: readonly RunningPlugin[]) {
    for (const one of running) {
      const { route, service } = one.plugin;
      if (route !== null) push(this.ofRoute, route.id, one);
      else if (service !== null) push(this.ofService, service.id, one);
      else this.everywhere.push(one);
    }
  }

  /** For requests without a route: they have no consumer either, so only what counts for everybody. */
  get global(): PluginPlan {
    return this.build(this.everywhere.filter(({ plugin }) => plugin.consumer === null));
  }

  planFor(routeId: string | undefined, serviceId: string | undefined): PluginPlan {
    const own = routeId === undefined ? undefined : this.ofRoute.get(routeId);
    const applicable =
      own?.filter(({ plugin }) => plugin.service === null || plugin.service.id === serviceId) ?? [];
    if (applicable.length > 0) return this.build([...applicable, ...this.serviceAndGlobal(serviceId)]);
    const key = serviceId ?? '';
    let plan = this.shared.get(key);
    if (plan === undefined) {
      plan = this.build(this.serviceAndGlobal(serviceId));
      this.shared.set(key, plan);
    }
    return plan;
  }

  private serviceAndGlobal(serviceId: string | undefined): readonly RunningPlugin[] {
    const ofService = serviceId === undefined ? undefined : this.ofService.get(serviceId);
    return ofService === undefined ? this.everywhere : [...ofService, ...this.everywhere];
  }

  private build(applicable: readonly RunningPlugin[]): PluginPlan {
    const byName = new Map<string, Slot>();
    for (const one of applicable) {
      const { plugin } = one;
      let slot = byName.get(plugin.name);
      if (slot === undefined) {
        slot = { name: plugin.name, priority: one.priority, general: undefined, consumers: new Map() };
        byName.set(plugin.name, slot);
      }
      if (plugin.consumer === null) {
        if (slot.general === undefined || rank(plugin) > rank(slot.general.plugin)) slot.general = one;
      } else {
        const known = slot.consumers.get(plugin.consumer.id);
        if (known === undefined || rank(plugin) > rank(known.plugin))
          slot.consumers.set(plugin.consumer.id, one);
      }
    }
    const slots = [...byName.values()]
      .sort((a, b) => b.priority - a.priority || (a.name < b.name ? 1 : -1))
      .map(toSlot);
    const fixed = slots.every((slot) => slot.byConsumer === undefined);
    const all = slots
      .flatMap((slot) => [slot.general, ...(slot.byConsumer?.values() ?? [])])
      .filter((one) => one !== undefined);
    return {
      slots,
      fixed,
      access: all.filter((one) => one.access !== undefined),
      response: all.filter((one) => one.response !== undefined),
      requestBody: all.filter((one) => one.requestBody !== undefined),
      responseBody: all.filter((one) => one.responseBody !== undefined),
      log: all.filter((one) => one.log !== undefined),
    };
  }
}

function toSlot({ name, priority, general, consumers }: Slot): PluginSlot {
  if (consumers.size === 0) return { name, priority, general: general?.instance, byConsumer: undefined };
  const byConsumer = new Map<string, PluginInstance>();
  for (const [id, one] of consumers) {
    // A route+service configuration is more specific than one for the consumer alone.
    const wins = general === undefined || rank(one.plugin) > rank(general.plugin) ? one : general;
    byConsumer.set(id, wins.instance);
  }
  return { name, priority, general: general?.instance, byConsumer };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
