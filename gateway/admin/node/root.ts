/** `GET /`: what this node is, which plugins it has, its effective settings. Kong's shape. */
import type { LogLevel } from '../../../shared/observe/logger.ts';
import type { AdminContext } from '../context.ts';
import { ok } from '../http/answer.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';

/**
 * The Kong that this answers like. Kong's clients choose by it what they send and expect: decK and the ingress
 * controller send the 3.x format to it, and would refuse a number that is no Kong's.
 */
export const KONG_VERSION = '3.9.1';

export function addRoot(table: EndpointTable, context: AdminContext, logLevel: () => LogLevel): void {
  table.add('/', {
    GET: async () => ok(await rootDocument(context, (await context.poolStatus()).workers.length, logLevel())),
  });
}

async function rootDocument(
  context: AdminContext,
  workers: number,
  logLevel: LogLevel,
): Promise<Readonly<Record<string, unknown>>> {
  const available: Record<string, { version: string; priority: number }> = Object.create(null);
  const loaded: Record<string, true> = Object.create(null);
  for (const { name, version, priority } of await context.plugins.all()) {
    available[name] = { version, priority };
    loaded[name] = true;
  }
  const { view } = context.managed;
  const enabled = [...new Set(view.all('plugins').map((plugin) => String(plugin['name'])))].sort();
  return {
    tagline: 'Welcome to Cardinal',
    version: KONG_VERSION,
    cardinal_version: context.node.version,
    edition: 'community',
    hostname: context.node.hostname,
    node_id: context.node.id,
    // None runs while this is answered; those that wait are Node's.
    timers: { running: 0, pending: pendingTimers() },
    plugins: { available_on_server: available, enabled_in_cluster: enabled },
    configuration: {
      ...withoutSecrets(context.settings),
      log_level: logLevel,
      database: databaseName(context),
      role: context.role,
      router_flavor: 'traditional_compatible',
      loaded_plugins: loaded,
    },
    // Workers are threads: they have the process's id.
    pids: { master: process.pid, workers: Array.from({ length: workers }, () => process.pid) },
  };
}

const SECRET_SETTING = /(?:^|_)(?:token|secret|password)$/;

/** Kong's mask for passwords: in URLs (`redis://user:password@host`), and for settings that are secret as a whole. */
function withoutSecrets(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    shown[name] =
      SECRET_SETTING.test(name) && value !== '' ? '******' : value.replaceAll(/\/\/[^/\s]*@/g, '//******@');
  }
  return shown;
}

/**
 * decK and Kong Manager look whether this is `off`, and change nothing then; what else it is, they do not care. So it
 * is the truth.
 */
export function databaseName({ managed }: Pick<AdminContext, 'managed'>): string {
  const { source } = managed;
  return source === 'file' || source === 'posted' || source === 'control-plane' ? 'off' : source;
}

export function pendingTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
