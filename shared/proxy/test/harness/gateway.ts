/**
 * A whole engine in the test's own process, on free ports of 127.0.0.1, from the few things a test wants to
 * say. It ends with the test.
 */
import type { TestContext } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../../config/empty.ts';
import type {
  CaCertificate,
  Certificate,
  Configuration,
  Route,
  Service,
  Sni,
} from '../../../config/entities.ts';
import * as f from '../../../config/schema/field.ts';
import { createLogger } from '../../../observe/logger.ts';
import { MetricsRegistry } from '../../../observe/metrics.ts';
import type { TrafficObserver } from '../../../observe/traffic-observer.ts';
import type { AnyPluginDefinition, PluginInstance, WindowCounters } from '../../../plugins/contract.ts';
import { definePlugin } from '../../../plugins/contract.ts';
import { makePlugin, makeRoute, makeService } from '../../../plugins/testkit/entities.ts';
import { createCounterTable } from '../../../state/counter-table.ts';
import type { Engine, ListenerRole } from '../../contract.ts';
import { createEngine } from '../../engine.ts';
import type { EngineSettings } from '../../engine-settings.ts';

export const SETTINGS: EngineSettings = {
  trustedIps: [],
  realIpHeader: 'X-Real-IP',
  realIpRecursive: false,
  headers: ['server_tokens', 'latency_tokens', 'X-Kong-Request-Id'],
  headersUpstream: ['X-Kong-Request-Id'],
  allowDebugHeader: false,
  maxConnections: 1000,
  maxRequestLineBytes: 8192,
  maxHeaderBytes: 32768,
  maxHeaderCount: 100,
  maxBodyBytes: 0,
  headerTimeoutMs: 10_000,
  bodyIdleTimeoutMs: 30_000,
  minBodyRate: 100,
  minBodyGraceMs: 10_000,
  sendTimeoutMs: 60_000,
  keepaliveTimeoutMs: 60_000,
  keepaliveMaxRequests: 0,
  upstreamKeepalivePoolSize: 512,
  upstreamKeepaliveMaxRequests: 0,
  upstreamKeepaliveIdleTimeoutMs: 60_000,
  dnsResolvers: [],
  dnsOrder: [],
  dnsValidTtlMs: 0,
  dnsStaleTtlMs: 3_600_000,
  dnsNotFoundTtlMs: 30_000,
  dnsErrorTtlMs: 1000,
};

export interface GatewayOptions {
  /** Port of the upstream behind the only service; or give `services` and `routes`. */
  readonly upstream?: number;
  /** Fields of the only service. */
  readonly service?: Partial<Service>;
  /** Fields of the only route; it matches every path. */
  readonly route?: Partial<Route>;
  readonly services?: readonly Service[];
  readonly routes?: readonly Route[];
  /** Phases that run as one global plugin. */
  readonly plugin?: PluginInstance;
  readonly settings?: Partial<EngineSettings>;
  readonly certificates?: readonly Certificate[];
  readonly snis?: readonly Sni[];
  readonly caCertificates?: readonly CaCertificate[];
  /** A TLS listener beside the plain one. */
  readonly tls?: boolean;
  readonly role?: ListenerRole;
  /** A whole configuration, instead of all of the above but `settings` and `role`. */
  readonly configuration?: Configuration;
  /** Plugins of a configuration, by name. */
  readonly plugins?: ReadonlyMap<string, AnyPluginDefinition>;
  /** Shared by several gateways; otherwise each has its own. */
  readonly counters?: WindowCounters;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Gateways that stand behind each other need different ones: a request that comes back is refused. */
  readonly nodeId?: string;
  /** Watches the traffic. */
  readonly observer?: TrafficObserver;
  /** Active health checks run. */
  readonly probes?: boolean;
}

export interface TestGateway {
  readonly engine: Engine;
  readonly port: number;
  /** 0 without a TLS listener. */
  readonly tlsPort: number;
  readonly metrics: MetricsRegistry;
  /** What was logged so far, text lines. */
  readonly logs: string[];
  /** Value of a counter, 0 when it has not been counted. */
  counted(name: string, labels?: Readonly<Record<string, string>>): number;
  /** Puts the next generation in place. */
  reload(configuration: Configuration): Promise<void>;
}

/** A plugin around phases that a test wrote down. */
export function pluginOf(name: string, instance: PluginInstance): AnyPluginDefinition {
  return definePlugin({
    name,
    version: '1.0.0',
    priority: 1000,
    schema: { config: f.record({}) },
    create: () => instance,
  }) as unknown as AnyPluginDefinition;
}

export async function startGateway(t: TestContext, options: GatewayOptions): Promise<TestGateway> {
  const service = makeService({
    name: 'upstream',
    host: '127.0.0.1',
    port: options.upstream ?? 1,
    retries: 0,
    connect_timeout: 2000,
    ...options.service,
  });
  const route = makeRoute({ name: 'all', paths: ['/'], service: { id: service.id }, ...options.route });
  const definition = options.plugin === undefined ? undefined : pluginOf('under-test', options.plugin);
  const configuration: Configuration = options.configuration ?? {
    ...EMPTY_CONFIGURATION,
    services: options.services ?? [service],
    routes: options.routes ?? [route],
    plugins: definition === undefined ? [] : [makePlugin({ name: definition.name })],
    certificates: options.certificates ?? [],
    snis: options.snis ?? [],
    ca_certificates: options.caCertificates ?? [],
  };
  const logs: string[] = [];
  const metrics = new MetricsRegistry();
  const role = options.role ?? { kind: 'edge' };
  const engine = createEngine({
    settings: { ...SETTINGS, ...options.settings },
    plugins: options.plugins ?? new Map(definition === undefined ? [] : [[definition.name, definition]]),
    counters: options.counters ?? createCounterTable({ slots: 1024 }),
    ...(options.now === undefined ? {} : { now: options.now }),
    metrics,
    ...(options.observer === undefined ? {} : { observer: options.observer }),
    log: createLogger({ level: 'debug', write: (line) => void logs.push(line) }),
    node: {
      id: options.nodeId ?? '88888888-8888-4888-8888-888888888888',
      hostname: 'test-node',
      version: '0.0.0',
    },
    roles: [role],
    probes: options.probes ?? false,
    peers: undefined,
  });
  t.after(() => engine.close());
  let generation = 0;
  const reload = async (next: Configuration): Promise<void> => {
    engine.commit(await engine.prepare(next, ++generation));
  };
  await reload(configuration);
  const spec = { host: '127.0.0.1', port: 0, reusePort: false, backlog: 128, role };
  const bound = await engine.listen([
    { ...spec, tls: false },
    ...(options.tls === true ? [{ ...spec, tls: true }] : []),
  ]);
  return {
    engine,
    port: bound[0]!.port,
    tlsPort: bound[1]?.port ?? 0,
    metrics,
    logs,
    reload,
    counted(name, labels = {}) {
      let sum = 0;
      for (const family of metrics.snapshot().families) {
        if (family.name !== name) continue;
        family.series.forEach((series, at) => {
          const matches = Object.entries(labels).every(
            ([label, value]) => series[family.labels.indexOf(label)] === value,
          );
          if (matches) sum += family.values[at]!;
        });
      }
      return sum;
    },
  };
}
