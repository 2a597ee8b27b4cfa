/**
 * The microgateway as a process: one engine in the main thread, beside one service. Inbound requests go to
 * that service, outbound ones to every other service of the configuration. It needs nothing central to
 * decide a request, and it carries nothing of the edge gateway, nor of a control plane unless it has one.
 */
import { resolve } from 'node:path';
import { addressUrl, announce, countsText } from '../shared/cli/banner.ts';
import { CliError } from '../shared/cli/cli-error.ts';
import type { Call } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';
import { logFindings, renderInvalid } from '../shared/cli/render-outcome.ts';
import { EMPTY_CONFIGURATION } from '../shared/config/empty.ts';
import type { Configuration } from '../shared/config/entities.ts';
import { type ListenAddress, showAddress } from '../shared/config/settings/listen.ts';
import type { ResolvedSettings } from '../shared/config/settings/resolve.ts';
import { engineSettings, type Settings } from '../shared/config/settings/settings.ts';
import { type LocalTarget, localTarget } from '../shared/config/settings/types.ts';
import { createReader } from '../shared/config/source/declarative-reader.ts';
import { FileSource } from '../shared/config/source/file-source.ts';
import { flushLineWriters } from '../shared/observe/line-writer.ts';
import { MetricsRegistry } from '../shared/observe/metrics.ts';
import { renderPrometheus } from '../shared/observe/prometheus-text.ts';
import { startStatusServer } from '../shared/observe/status-server.ts';
import { TrafficObserver } from '../shared/observe/traffic-observer.ts';
import type { NodeMetrics } from '../shared/plugins/prometheus/node-metrics.ts';
import { effectiveConfiguration } from '../shared/process/effective-configuration.ts';
import { failedAddress, listenFailure } from '../shared/process/listen-failure.ts';
import { logChoice, pluginsOrFail, processLog } from '../shared/process/serve.ts';
import { handleSignals, pause } from '../shared/process/signals.ts';
import { serveUntilSignalled } from '../shared/process/until-signalled.ts';
import { CARDINAL_VERSION } from '../shared/process/version.ts';
import type { Engine, ListenerRole, ListenerSpec } from '../shared/proxy/contract.ts';
import type { CreateEngine } from '../shared/proxy/engine-options.ts';
import { createCounterTable } from '../shared/state/counter-table.ts';
import { systemClock } from '../shared/upstream/clock.ts';
import { knowsService, startConfiguration } from './configuration.ts';
import { optimiseWithTraffic } from './footprint.ts';
import { UncaughtErrors } from './uncaught-errors.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');
const { hostname } = process.getBuiltinModule('node:os');

const ENGINE = new URL('../shared/proxy/engine.ts', import.meta.url).href;

/** Rejects when the start failed; a process that serves ends through its signals. */
export function runMicrogateway(call: Call, engineModule = ENGINE): Promise<never> {
  return serveUntilSignalled((opened) => start(call, engineModule, opened));
}

/** `opened` gets what must be closed again when the start fails further on. */
async function start(call: Call, engineModule: string, opened: AsyncDisposableStack): Promise<void> {
  const startedAt = performance.now();
  const settings = call.settings as Settings;
  const resolved = call.resolved as ResolvedSettings;
  const to = requireTarget(settings);
  checkControlPlane(settings);
  const log = processLog(logChoice(settings, call.io));
  for (const notice of resolved.notices) log.notice(notice);

  const catalog = await pluginsOrFail(settings);
  const reader = createReader(catalog.schemas);
  const controlPlane =
    settings.control_plane === '' ? undefined : await import('../shared/process/data-plane.ts');
  const initial =
    controlPlane === undefined
      ? await startConfiguration(settings.declarative_config, settings.service, to, reader, call.io)
      : undefined;
  const dataDir = resolve(call.io.cwd, settings.data_dir);
  const node = {
    id: settings.node_id || ((await controlPlane?.nodeId(dataDir, log)) ?? randomUUID()),
    hostname: hostname(),
    version: CARDINAL_VERSION,
  };
  const inbound: ListenerRole = {
    kind: 'inbound',
    service: settings.service,
    // A file without it is a mistake; a control plane takes it away when it is deleted or disabled.
    mayBeAbsent: controlPlane !== undefined,
    to,
  };
  const outbound: ListenerRole = { kind: 'outbound', allowUnknown: settings.outbound_unknown === 'allow' };
  const metrics = new MetricsRegistry();
  // Nobody can ask it for requests; what it counts goes to the control plane.
  const observer = new TrafficObserver({ sampledPercent: settings.request_sampling });
  const counters = createCounterTable();
  const { createEngine } = (await import(engineModule)) as { createEngine: CreateEngine };
  const engine = createEngine({
    settings: engineSettings(settings),
    plugins: catalog.definitions,
    counters,
    metrics,
    observer,
    log: log.child('proxy'),
    node,
    roles: [inbound, outbound],
    probes: true,
    peers: undefined,
  });

  opened.defer(() => engine.close());
  let current = initial?.configuration ?? EMPTY_CONFIGURATION;
  let serving = false;
  let draining = false;
  let generation = 0;
  let nodeMetrics: NodeMetrics | undefined;
  const effective = effectiveConfiguration(catalog, call.io.env, log.child('config'));
  const apply = async (configuration: Configuration): Promise<void> => {
    await catalog.load(configuration);
    const prepared = await engine.prepare(effective(configuration), generation + 1);
    generation++;
    engine.commit(prepared);
    current = configuration;
    if (!knowsService(configuration, settings.service)) {
      log.warn('the configuration has no service of this name: inbound requests match nothing', {
        service: settings.service,
        config: settings.declarative_config,
      });
    }
  };

  let statusAddresses: readonly { readonly host: string; readonly port: number }[] = [];
  const agent = controlPlane?.openAgent({
    settings,
    role: 'microgateway',
    subscription: { service: settings.service, calls: settings.calls },
    dataDir,
    node,
    catalog,
    apply,
    requestsTotal: () => engine.status().requestsTotal,
    traffic: () => observer.counters.take(),
    statusAddresses: () => statusAddresses,
    clock: { ...systemClock, wallNow: Date.now },
    log: log.child('sync'),
    metrics,
  });
  if (agent !== undefined) opened.defer(() => agent.close());

  const status = await startStatusServer(settings.status_listen, {
    notReady() {
      if (draining) return [{ reason: 'draining', message: 'draining' }];
      const nothing = agent?.nothingToServe();
      if (serving && nothing !== undefined) return [{ reason: 'no_configuration', message: nothing }];
      if (!serving) return [{ reason: 'starting', message: 'no configuration available (starting)' }];
      return [];
    },
    status: async () => ({
      ...statusDocument(engine, current, settings, node),
      ...(agent === undefined ? {} : { sync: agent.status() }),
    }),
    ...(agent === undefined ? {} : { sync: () => agent.status() }),
    metrics: async () => {
      agent?.observe();
      metrics
        .gauge('cardinal_configuration_generation', 'Number of the configuration in place.')
        .with()
        .set(generation);
      if (current.plugins.some((plugin) => plugin.name === 'prometheus')) {
        const { NodeMetrics, wantsNodeMetrics } = await import(
          '../shared/plugins/prometheus/node-metrics.ts'
        );
        if (wantsNodeMetrics(current.plugins)) {
          nodeMetrics ??= new NodeMetrics(metrics, node.id);
          nodeMetrics.write(engine.status(), current.plugins);
        }
      }
      return renderPrometheus(metrics.snapshot());
    },
  }).catch(async (error: unknown) => {
    throw await listenFailure(error, failedAddress(error, settings.status_listen), 'status_listen', resolved);
  });

  opened.defer(() => status.close());
  statusAddresses = status.addresses;
  if (agent !== undefined) await controlPlane?.restore(agent, settings, call.io.cwd, reader, log);
  else if (initial !== undefined) await applyInitial(apply, initial.configuration, settings);
  const bound = await engine
    .listen([
      ...settings.inbound_listen.map((address) => listenerSpec(address, inbound)),
      ...settings.outbound_listen.map((address) => listenerSpec(address, outbound)),
    ])
    .catch(async (error: unknown) => {
      const address = failedAddress(error, [...settings.inbound_listen, ...settings.outbound_listen]);
      const setting = settings.inbound_listen.includes(address) ? 'inbound_listen' : 'outbound_listen';
      throw await listenFailure(error, address, setting, resolved);
    });

  const file = openFile(call, agent === undefined ? settings.declarative_config : '', {
    reader,
    apply,
    currentHash: () => current.hash,
    onReload: (result: string) =>
      metrics
        .counter('cardinal_configuration_reloads_total', 'Configurations read again from the file.', [
          'result',
        ])
        .with(result)
        .add(1),
    log: log.child('config'),
  });
  const drain = async (why: string): Promise<void> => {
    draining = true;
    log.notice('draining', { why, delayMs: settings.drain_delay, timeoutMs: settings.drain_timeout });
    file?.close();
    await agent?.close();
    await pause(settings.drain_delay);
    // The service may need others to finish what came in: outbound goes on until inbound is done.
    const until = performance.now() + settings.drain_timeout;
    const first = await engine.drain(settings.drain_timeout, ['inbound']);
    const second = await engine.drain(Math.max(0, until - performance.now()), ['outbound']);
    await engine.close();
    await flushLineWriters();
    await status.close();
    log.notice('stopped', { cut: first.cut + second.cut });
  };
  handleSignals({
    drain,
    reload: () => {
      if (agent !== undefined) agent.reconnect();
      else if (file === undefined) log.notice('SIGHUP: there is no configuration file to read again');
      else file.reload('SIGHUP');
    },
  });
  const uncaught = new UncaughtErrors(
    log,
    metrics.counter('cardinal_uncaught_errors_total', 'Exceptions that nobody caught.').with(),
    () => {
      const end = () => process.exit(EXIT.failed);
      drain('too many uncaught exceptions').then(end, end);
    },
  );
  process.on('uncaughtException', (error) => uncaught.report(error));

  serving = true;
  await file?.watch();
  logFindings(initial?.warnings ?? [], log.child('config'));
  const of = (kind: ListenerRole['kind']) => bound.filter((one) => one.spec.role.kind === kind);
  announce(
    {
      role: 'microgateway',
      version: CARDINAL_VERSION,
      readyMs: Math.round(performance.now() - startedAt),
      lines: [
        [
          'Inbound',
          of('inbound')
            .map((one) => addressUrl(one, one.spec.tls))
            .join('  ') || 'off',
        ],
        ['Upstream', `${localTarget.show(to)}   ${settings.service}`],
        [
          'Outbound',
          of('outbound')
            .map((one) => addressUrl(one))
            .join('  ') || 'off',
        ],
        ['Status', status.addresses.map((address) => addressUrl(address)).join('  ') || 'off'],
        [
          'Config',
          `${agent?.status().controlPlane ?? (settings.declarative_config || 'none: this service alone')}   ` +
            countsText(
              [
                [current.services.length, 'services'],
                [current.plugins.length, 'plugins'],
              ],
              call.io.err.unicode ? ' · ' : ', ',
            ) +
            (file === undefined ? '' : '   (watching)') +
            (agent === undefined ? '' : `   (from: ${agent.status().source})`),
        ],
      ],
      fields: {
        service: settings.service,
        to: localTarget.show(to),
        inbound: of('inbound').map(showAddress),
        outbound: of('outbound').map(showAddress),
        status: status.addresses.map(showAddress),
        config: settings.declarative_config,
        ...(agent === undefined
          ? {}
          : { controlPlane: settings.control_plane, source: agent.status().source }),
        hash: current.hash,
      },
    },
    call.io,
    log,
  );
  agent?.connect();
  // What this start had to compile, the next one finds; also when this process is killed.
  process.getBuiltinModule('node:module').flushCompileCache();
  optimiseWithTraffic(() => engine.status().requestsTotal);
}

function requireTarget(settings: Settings): LocalTarget {
  const missing =
    settings.service === '' ? ['--service NAME', 'CARDINAL_SERVICE'] : ['--to URL', 'CARDINAL_TO'];
  if (settings.service === '' || settings.to === undefined) {
    throw new CliError(`${missing[0]} (or ${missing[1]}) is missing`, {
      exitCode: EXIT.usage,
      help: ['example: cardinal microgateway --config kong.yml --service orders --to http://127.0.0.1:3000'],
    });
  }
  return settings.to;
}

/** What only a control plane gives a meaning is a mistake without one. */
function checkControlPlane({ control_plane: url, token, calls }: Settings): void {
  if (url !== '' || (token === '' && calls.length === 0)) return;
  throw new CliError(`${token === '' ? '--calls' : '--token'} needs --control-plane URL`, {
    exitCode: EXIT.usage,
    help: ['with a configuration file all of its services can be called'],
  });
}

function listenerSpec(address: ListenAddress, role: ListenerRole): ListenerSpec {
  return {
    host: address.host,
    port: address.port,
    tls: address.ssl,
    reusePort: false,
    backlog: address.backlog,
    role,
  };
}

async function applyInitial(
  apply: (configuration: Configuration) => Promise<void>,
  configuration: Configuration,
  settings: Settings,
): Promise<void> {
  try {
    await apply(configuration);
  } catch (error) {
    if ((error as Error).name !== 'CompileError') throw error;
    throw new CliError(`${settings.declarative_config} cannot be put in place: ${(error as Error).message}`, {
      exitCode: EXIT.config,
    });
  }
}

function openFile(
  call: Call,
  config: string,
  options: Omit<ConstructorParameters<typeof FileSource>[0], 'path' | 'onInvalid'>,
): FileSource | undefined {
  if (config === '') return undefined;
  return new FileSource({
    ...options,
    path: resolve(call.io.cwd, config),
    onInvalid: (outcome) => {
      const { io } = call;
      if (io.err.terminal) io.writeError(`${renderInvalid(outcome, config, io).message}\n`);
    },
  });
}

function statusDocument(
  engine: Engine,
  current: Configuration,
  settings: Settings,
  node: { readonly id: string; readonly hostname: string },
): Readonly<Record<string, unknown>> {
  const now = engine.status();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    memory: { workers_lua_vms: [{ pid: process.pid, http_allocated_gc: heapUsed }], rss_bytes: rss },
    server: {
      connections_active: now.connectionsActive,
      connections_reading: 0,
      connections_writing: now.requestsActive,
      connections_waiting: Math.max(0, now.connectionsActive - now.requestsActive),
      connections_accepted: now.connectionsAccepted,
      connections_handled: now.connectionsAccepted,
      total_requests: now.requestsTotal,
    },
    configuration_hash: current.hash,
    node_id: node.id,
    hostname: node.hostname,
    version: CARDINAL_VERSION,
    role: 'microgateway',
    service: settings.service,
    uptime_seconds: Math.round(process.uptime()),
    generation: now.generation,
    requests_active: now.requestsActive,
    upstreams: now.upstreams,
  };
}
