/**
 * The edge gateway as a process: settings, workers, configuration, Admin API, status, signals, put together
 * in the order in which they depend on each other. Everything that can be wrong is found before a worker is
 * started.
 */
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { CliError, systemErrorText } from '../shared/cli/cli-error.ts';
import type { Call } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';
import { logFindings, renderInvalid } from '../shared/cli/render-outcome.ts';
import type { ListenAddress } from '../shared/config/settings/listen.ts';
import type { ResolvedSettings } from '../shared/config/settings/resolve.ts';
import { engineSettings, shownSettings } from '../shared/config/settings/settings.ts';
import { createReader } from '../shared/config/source/declarative-reader.ts';
import { FileSource } from '../shared/config/source/file-source.ts';
import { MetricsRegistry } from '../shared/observe/metrics.ts';
import { renderPrometheus } from '../shared/observe/prometheus-text.ts';
import { startStatusServer } from '../shared/observe/status-server.ts';
import { MergedReport } from '../shared/observe/traffic/merged-report.ts';
import { TrafficStore } from '../shared/observe/traffic/traffic-store.ts';
import type { NodeMetrics } from '../shared/plugins/prometheus/node-metrics.ts';
import { effectiveConfiguration } from '../shared/process/effective-configuration.ts';
import { failedAddress, listenFailure } from '../shared/process/listen-failure.ts';
import { logChoice, pluginsOrFail, processLog } from '../shared/process/serve.ts';
import { handleSignals, pause } from '../shared/process/signals.ts';
import { serveUntilSignalled } from '../shared/process/until-signalled.ts';
import { CARDINAL_VERSION } from '../shared/process/version.ts';
import type { ListenerSpec } from '../shared/proxy/contract.ts';
import { createCounterTable } from '../shared/state/counter-table.ts';
import { systemClock } from '../shared/upstream/clock.ts';
import { accessControl } from './admin/access/access-control.ts';
import { TOKEN_KIND } from './admin/access/tokens.ts';
import { checkExposure } from './admin/exposure.ts';
import { type AdminServer, startAdminServer } from './admin/server.ts';
import { ConfigurationControl } from './configuration/control.ts';
import { DataDirectory } from './data-directory.ts';
import { openManagement } from './management.ts';
import { type Lifecycle, notReady, statusDocument } from './node-facts.ts';
import { openControlPlane } from './open-control-plane.ts';
import { claimPorts } from './port-claim.ts';
import { sayReady } from './ready-line.ts';
import type { StartupConfiguration } from './startup-configuration.ts';
import type { Store } from './store/contract.ts';
import { WorkerPool } from './workers/pool.ts';

const ENGINE = new URL('../shared/proxy/engine.ts', import.meta.url).href;
const ADMIN_CLOSE_MS = 2_000;

/** Rejects when the start failed; a process that serves ends through its signals. */
export function runGateway(call: Call, engineModule = ENGINE): Promise<never> {
  return serveUntilSignalled((opened) => start(call, engineModule, opened));
}

/** `opened` gets what must be closed again when the start fails further on. */
async function start(call: Call, engineModule: string, opened: AsyncDisposableStack): Promise<void> {
  const startedAt = performance.now();
  const settings = call.settings as NonNullable<Call['settings']>;
  const resolved = call.resolved as ResolvedSettings;
  const choice = logChoice(settings, call.io);
  const log = processLog(choice);
  for (const notice of resolved.notices) log.notice(notice);
  const catalog = await pluginsOrFail(settings);
  const reader = createReader(catalog.schemas);
  const directory = new DataDirectory(resolve(call.io.cwd, settings.data_dir));
  const node = {
    id: settings.node_id === '' ? await nodeId(directory) : settings.node_id,
    hostname: hostname(),
    version: CARDINAL_VERSION,
  };
  const management = await openManagement({
    settings,
    directory,
    catalog,
    reader,
    node: node.id,
    log: log.child('config'),
    io: call.io,
  });
  opened.defer(() => management.close());
  const { startup, store } = management;
  const countTokens = async () => (await store.documents(TOKEN_KIND)).length;
  await checkExposure(settings, countTokens, log.child('admin'));
  const proxyAddresses = await claimPorts(
    settings.role === 'control_plane' ? [] : settings.proxy_listen,
  ).catch(async (error: unknown) => {
    throw await listenFailure(error, failedAddress(error, settings.proxy_listen), 'proxy_listen', resolved);
  });
  const counters = createCounterTable();
  const traffic = new TrafficStore({ since: Date.now() });
  const unreported = new MergedReport();
  const metrics = new MetricsRegistry();
  const pool = new WorkerPool({
    count: settings.workers === 'auto' ? availableParallelism() : settings.workers,
    maxHeapBytes: settings.worker_max_heap,
    specs: proxyAddresses.map(listenerSpec),
    counters,
    metrics,
    log: log.child('gateway'),
    onTraffic(report) {
      traffic.add({ node: node.id, service: '' }, report, Date.now());
      if (settings.role === 'data_plane') unreported.add(report);
    },
    worker: {
      engineModule,
      settings: engineSettings(settings),
      plugins: settings.plugins,
      pluginPaths: settings.plugin_paths,
      functionModules: settings.function_modules,
      counters: counters.buffer,
      node,
      log: choice,
      peerChannel: `cardinal-${process.pid}-${node.id}`,
      observe: {
        sampledPercent: settings.request_sampling,
        slowMs: settings.slow_request,
        keptRequests: settings.kept_requests,
      },
    },
  });
  const control = new ConfigurationControl(
    pool,
    startup.configuration,
    effectiveConfiguration(catalog, call.io.env, log.child('config')),
  );
  const managed = management.managed(control);
  const lifecycle: Lifecycle = { serving: false, draining: false };
  // Numbers of the node as a whole: a registry of their own, loaded when a configuration asks for them.
  const nodeRegistry = new MetricsRegistry();
  let nodeWriter: NodeMetrics | undefined;
  const nodeMetrics = async (): Promise<string> => {
    const { plugins } = control.current;
    if (!plugins.some((plugin) => plugin.name === 'prometheus')) return '';
    const { NodeMetrics, wantsNodeMetrics } = await import('../shared/plugins/prometheus/node-metrics.ts');
    if (!wantsNodeMetrics(plugins)) return '';
    nodeWriter ??= new NodeMetrics(nodeRegistry, node.id);
    nodeWriter.write(pool.status(), plugins);
    return renderPrometheus(nodeRegistry.snapshot());
  };
  const freshStatus = async () => {
    await pool.refresh();
    return pool.status();
  };
  let statusAddresses: readonly { readonly host: string; readonly port: number }[] = [];
  const dataPlane =
    settings.role === 'data_plane' ? await import('../shared/process/data-plane.ts') : undefined;
  const agent = dataPlane?.openAgent({
    settings,
    role: 'gateway',
    subscription: { service: null, calls: ['*'] },
    dataDir: directory.path,
    node,
    catalog,
    apply: (configuration) => control.apply(configuration),
    requestsTotal: () => pool.status().requestsTotal,
    traffic: () => unreported.take(),
    statusAddresses: () => statusAddresses,
    clock: { ...systemClock, wallNow: Date.now },
    log: log.child('sync'),
    metrics,
  });
  if (agent !== undefined) opened.defer(() => agent.close());

  const metricsText = async () => {
    agent?.observe();
    await pool.refresh();
    const ofNode = await nodeMetrics();
    return renderPrometheus(pool.metrics()) + ofNode;
  };
  const status = await startStatusServer(settings.status_listen, {
    notReady: () => notReady(lifecycle, pool, agent?.nothingToServe()),
    status: async () => ({
      ...statusDocument(await freshStatus(), control, node, counters.buffer.byteLength),
      ...(agent === undefined ? {} : { sync: agent.status() }),
    }),
    ...(agent === undefined ? {} : { sync: () => agent.status() }),
    metrics: metricsText,
  }).catch(async (error: unknown) => {
    throw await listenFailure(error, failedAddress(error, settings.status_listen), 'status_listen', resolved);
  });

  statusAddresses = status.addresses;
  opened.defer(() => status.close());
  const file =
    settings.declarative_config === '' || agent !== undefined
      ? undefined
      : new FileSource({
          path: resolve(call.io.cwd, settings.declarative_config),
          reader,
          apply: (configuration) => control.apply(configuration),
          currentHash: () => control.current.hash,
          onInvalid: (outcome) => {
            if (call.io.err.terminal)
              call.io.writeError(`${renderInvalid(outcome, settings.declarative_config, call.io).message}\n`);
          },
          onReload: (result) => pool.countReload(result),
          log: log.child('config'),
        });

  const access = accessControl({
    settings,
    documents: store,
    auditPath: join(directory.path, 'audit.log'),
    plugins: catalog.schemas,
    log: log.child('admin'),
  });
  opened.defer(() => access.close());
  const controlPlane = await openControlPlane({
    settings,
    resolved,
    store,
    managed,
    catalog,
    node,
    onTraffic: (source, report) => traffic.add(source, report, Date.now()),
    log: log.child('control-plane'),
    metrics,
  });
  if (controlPlane !== undefined) opened.defer(() => controlPlane.close());
  let admin: AdminServer;
  try {
    admin = await startAdminServer(settings.admin_listen, {
      node,
      settings: shownSettings(settings, 'gateway'),
      plugins: catalog,
      access,
      control,
      managed,
      reader,
      observe: {
        node,
        traffic,
        pool,
        tapEnabled: settings.tap === 'on',
        managed,
        plugins: catalog,
        ...(controlPlane === undefined ? {} : { nodes: () => controlPlane.nodes() }),
        now: Date.now,
      },
      maxBodyBytes: settings.admin_max_body_size,
      ui: settings.admin_ui,
      counterBytes: counters.buffer.byteLength,
      store: (text) => directory.storeConfiguration(text),
      ...(managed.writable ? { storeReachable: () => answers(store) } : {}),
      poolStatus: freshStatus,
      role: settings.role,
      controlPlane,
      ...(controlPlane === undefined ? {} : { dataPlanes: () => controlPlane.dataPlanes() }),
      workers: {
        markTarget: (...mark) => pool.markTarget(...mark),
        operatePlugin: (command) => pool.operatePlugin(command),
        async setLogLevel(level) {
          log.setLevel(level);
          await pool.setLogLevel(level);
        },
      },
      metrics: metricsText,
      logLevel: choice.level,
      draining: () => lifecycle.draining || !lifecycle.serving,
      log: log.child('admin'),
    });
  } catch (error) {
    throw await listenFailure(error, failedAddress(error, settings.admin_listen), 'admin_listen', resolved);
  }

  opened.defer(() => admin.close(0));
  const forget = handleSignals({
    reload: () => {
      if (agent !== undefined) agent.reconnect();
      else if (file === undefined) log.notice('SIGHUP: there is no configuration file to read again');
      else file.reload('SIGHUP');
    },
    drain: async (signal) => {
      lifecycle.draining = true;
      log.notice('draining', { signal, delayMs: settings.drain_delay, timeoutMs: settings.drain_timeout });
      file?.close();
      await agent?.close();
      await controlPlane?.close();
      await pause(settings.drain_delay);
      const cut = await pool.drain(settings.drain_timeout);
      await admin.close(ADMIN_CLOSE_MS);
      await access.close();
      await management.close();
      await pool.close();
      await status.close();
      log.notice('stopped', { cut });
    },
  });

  opened.defer(forget);
  try {
    await control.start(startup.generation);
    if (agent !== undefined)
      await dataPlane?.restore(agent, settings, call.io.cwd, reader, log.child('sync'));
    await pool.listen();
  } catch (error) {
    throw startFailure(error, settings.declarative_config);
  }
  lifecycle.serving = true;
  management.follow();
  await file?.watch();
  logFindings(startup.warnings, log.child('config'));
  process.getBuiltinModule('node:module').flushCompileCache();
  sayReady(
    {
      readyMs: Math.round(performance.now() - startedAt),
      proxy: proxyAddresses,
      admin: admin.addresses,
      status: status.addresses,
      cluster: controlPlane?.addresses ?? [],
      workers: pool.listening,
      source:
        agent?.status().controlPlane ?? sourceText(startup, settings.declarative_config, directory, store),
      watching: file !== undefined,
      configuration: control.current,
    },
    call.io,
    log,
  );
  agent?.connect();
}

function answers(store: Pick<Store, 'ping'>): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}

function sourceText(
  { origin }: StartupConfiguration,
  file: string,
  directory: DataDirectory,
  store: Pick<Store, 'location'>,
): string {
  switch (origin) {
    case 'file':
      return file;
    case 'posted':
      return directory.configurationPath;
    case 'store':
      return store.location;
    case 'empty':
      return 'none yet: POST /config';
    case 'control-plane':
      return 'none yet';
  }
}

function listenerSpec(address: ListenAddress): ListenerSpec {
  return {
    host: address.host,
    port: address.port,
    tls: address.ssl,
    reusePort: true,
    backlog: address.backlog,
    role: { kind: 'edge' },
  };
}

async function nodeId(directory: DataDirectory): Promise<string> {
  try {
    return await directory.nodeId();
  } catch (error) {
    throw new CliError(`cannot write to the data directory ${directory.path}: ${systemErrorText(error)}`, {
      exitCode: EXIT.failed,
      help: ['choose another one: --data-dir DIR or CARDINAL_DATA_DIR'],
    });
  }
}

function startFailure(error: unknown, file: string): CliError {
  const { name, message } = error as Error;
  if (name === 'CompileError') {
    return new CliError(
      `${file === '' ? 'the stored configuration' : file} cannot be put in place: ${message}`,
      {
        exitCode: EXIT.config,
      },
    );
  }
  return new CliError(`a worker cannot start: ${message}`, { exitCode: EXIT.failed, cause: error });
}
