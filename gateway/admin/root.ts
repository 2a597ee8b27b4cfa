/** `GET /`: what this node is, which plugins it has, its effective settings. Kong's shape. */
import type { AdminContext } from './context.ts';

/** Kong's clients (decK, the ingress controller) choose by `version` what they send: the Kong this answers like. */
export const KONG_VERSION = '3.9.1';

export async function rootDocument(
  context: AdminContext,
  workers: number,
): Promise<Readonly<Record<string, unknown>>> {
  const available: Record<string, { version: string; priority: number }> = {};
  const loaded: Record<string, true> = {};
  for (const { name, version, priority } of await context.plugins.all()) {
    available[name] = { version, priority };
    loaded[name] = true;
  }
  const enabled = [...new Set(context.control.current.plugins.map((plugin) => plugin.name))].sort();
  return {
    tagline: 'Welcome to Cardinal',
    version: KONG_VERSION,
    cardinal: { version: context.node.version },
    edition: 'community',
    hostname: context.node.hostname,
    node_id: context.node.id,
    // None runs while this is answered; those that wait are Node's.
    timers: { running: 0, pending: pendingTimers() },
    plugins: { available_on_server: available, enabled_in_cluster: enabled },
    configuration: {
      ...context.settings,
      database: 'off',
      role: 'traditional',
      router_flavor: 'traditional_compatible',
      loaded_plugins: loaded,
    },
    // Workers are threads: they have the process's id.
    pids: { master: process.pid, workers: Array.from({ length: workers }, () => process.pid) },
  };
}

function pendingTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
