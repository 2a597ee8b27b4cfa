/**
 * A node that is configured by a control plane: what its agent is made of. Loaded only then, so that a microgateway
 * with a file carries nothing of it.
 */
import { CliError } from '../cli/cli-error.ts';
import { EXIT } from '../cli/exit-codes.ts';
import { logFindings } from '../cli/render-outcome.ts';
import type { Configuration } from '../config/entities.ts';
import { pluginRegistry } from '../config/plugin-registry.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { ConfigurationReader } from '../config/source/reader.ts';
import type { Logger } from '../observe/logger.ts';
import type { TrafficReport } from '../observe/traffic/traffic-report.ts';
import { toWire } from '../observe/traffic/wire-report.ts';
import type { PluginCatalog } from '../plugins/catalog.ts';
import type { Metrics, PluginKit } from '../plugins/contract.ts';
import { createAgent } from '../sync/agent/agent.ts';
import { type Agent, type AgentClock, type Bundle, NoIdentityError } from '../sync/agent/contract.ts';
import { openGenerationStore } from '../sync/agent/generation-store.ts';
import { openIdentityStore } from '../sync/agent/identity-store.ts';
import { reachableAddress } from '../sync/agent/reachable-address.ts';
import type { DataPlaneRole, Subscription } from '../sync/protocol.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');
const { stat } = process.getBuiltinModule('node:fs/promises');
const { join, resolve } = process.getBuiltinModule('node:path');

export interface DataPlaneOptions {
  readonly settings: Settings;
  readonly role: DataPlaneRole;
  /** What it wants; a gateway wants everything. */
  readonly subscription: Subscription;
  readonly dataDir: string;
  readonly node: PluginKit['node'];
  readonly catalog: PluginCatalog;
  /** Puts a configuration in place; rejects with nothing changed. */
  readonly apply: (configuration: Configuration) => Promise<void>;
  readonly requestsTotal: () => number;
  /** What was counted of the traffic since the last call. */
  readonly traffic: () => TrafficReport;
  readonly statusAddresses: () => readonly { readonly host: string; readonly port: number }[];
  readonly clock: AgentClock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The id that this folder gives its node. A folder that cannot be written to gives another one each time. */
export async function nodeId(dataDir: string, log: Logger): Promise<string> {
  try {
    return await openIdentityStore(dataDir).nodeId();
  } catch (error) {
    log.warn('the data directory cannot be used: nothing survives a restart of this node', {
      dataDir,
      error,
    });
    return randomUUID();
  }
}

export function openAgent(options: DataPlaneOptions): Agent {
  const {
    settings,
    role,
    subscription,
    dataDir,
    node,
    catalog,
    apply,
    requestsTotal,
    traffic,
    statusAddresses,
    log,
    metrics,
  } = options;
  return createAgent({
    url: settings.control_plane,
    token: settings.token,
    name: { node: node.id, role, service: subscription.service },
    subscription,
    version: node.version,
    hostname: node.hostname,
    plugins: pluginRegistry(catalog.schemas),
    pluginVersions: () => pluginVersions(catalog),
    statusAddress: () => reachableAddress(statusAddresses(), node.hostname),
    identityStore: openIdentityStore(dataDir),
    generationStore: openGenerationStore(join(dataDir, 'generations')),
    apply,
    report: () => ({
      rssBytes: process.memoryUsage.rss(),
      requestsTotal: requestsTotal(),
      uptimeSeconds: Math.round(process.uptime()),
      traffic: toWire(traffic()),
    }),
    staleness: {
      credentialsAfterMs: settings.stale_credentials_after,
      credentials: settings.stale_credentials,
    },
    budgetBytes: settings.configuration_budget,
    clock: options.clock,
    log,
    metrics,
  });
}

async function pluginVersions(catalog: PluginCatalog): Promise<Readonly<Record<string, string>>> {
  const versions: Record<string, string> = Object.create(null);
  for (const { name } of catalog.schemas) versions[name] = await catalog.version(name);
  return versions;
}

/**
 * Puts in place what is on disk, or else the file of the settings. Rejects with a CliError when this node can never
 * be configured; whatever else is missing or broken is waited for.
 */
export async function restore(
  agent: Agent,
  settings: Settings,
  cwd: string,
  reader: ConfigurationReader,
  log: Logger,
): Promise<void> {
  try {
    const serves = await agent.restore(() => bundle(settings.declarative_config, cwd, reader, log));
    if (!serves)
      log.warn('there is nothing to serve until the control plane answers', { url: settings.control_plane });
  } catch (error) {
    if (!(error instanceof NoIdentityError)) throw error;
    throw new CliError(`--control-plane: ${error.message}`, {
      exitCode: EXIT.usage,
      help: [
        'a join token comes from: cardinal token create --role microgateway (or gateway)',
        'it is given with --token TOKEN or CARDINAL_TOKEN, once; afterwards the certificate renews itself',
      ],
    });
  }
}

/** A file that is wrong is told and left: the control plane may have something better. */
async function bundle(
  config: string,
  cwd: string,
  reader: ConfigurationReader,
  log: Logger,
): Promise<Bundle | undefined> {
  if (config === '') return undefined;
  const path = resolve(cwd, config);
  const outcome = await reader.readFile(path);
  if (!outcome.ok) {
    const [first] = outcome.findings;
    log.error('the configuration file is invalid and not used', {
      path,
      problems: outcome.findings.length,
      first: first?.message,
      line: first?.line,
    });
    return undefined;
  }
  logFindings(outcome.warnings, log);
  const { mtimeMs } = await stat(path);
  return { configuration: outcome.configuration, asOf: mtimeMs };
}
