/**
 * One data plane in one thread: compiles configurations, swaps snapshots, owns listeners and pools.
 * It is handed everything it needs and reads no file, no environment and no store.
 */
import { type CompileDeps, compile } from '../config/compile/compile.ts';
import { KeptResources } from '../config/compile/kept-resources.ts';
import { TrafficObserver } from '../observe/traffic-observer.ts';
import { EndpointRegistry } from '../upstream/balancer/endpoint-registry.ts';
import { systemClock } from '../upstream/clock.ts';
import { createResolver } from '../upstream/dns/create-resolver.ts';
import type { DnsOrder } from '../upstream/dns/lookup.ts';
import type { Resolver } from '../upstream/dns/resolver.ts';
import { HealthBoard, type HealthEvent } from '../upstream/health/board.ts';
import { Pools } from '../upstream/pool.ts';
import type { ProxyContext, ProxySettings } from './context.ts';
import type {
  BoundListener,
  Engine,
  EngineStatus,
  ListenerRole,
  ListenerSpec,
  PluginCommand,
  PreparedConfiguration,
} from './contract.ts';
import { Deadlines } from './deadlines.ts';
import type { EngineOptions } from './engine-options.ts';
import type { EngineSettings } from './engine-settings.ts';
import { Listener } from './listener.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { retireSnapshot, type Snapshot } from './snapshot.ts';
import { TrustedPeers } from './trusted-peers.ts';

/** Health events of this engine go to the others of the process under this topic. */
const HEALTH_TOPIC = 'health';
const NEVER_MS = 2 ** 31 - 1;

class PreparedSnapshot implements PreparedConfiguration {
  readonly generation: number;
  readonly hash: string;
  snapshot: Snapshot | undefined;

  constructor(snapshot: Snapshot) {
    this.generation = snapshot.generation;
    this.hash = snapshot.hash;
    this.snapshot = snapshot;
  }

  discard(): void {
    const snapshot = this.snapshot;
    this.snapshot = undefined;
    if (snapshot !== undefined) retireSnapshot(snapshot);
  }
}

export function createEngine(options: EngineOptions): Engine {
  return new DataPlane(options);
}

class DataPlane implements Engine {
  private readonly context: ProxyContext;
  private readonly deps: CompileDeps;
  private readonly registry: EndpointRegistry;
  private readonly resolver: Resolver;
  private readonly board: HealthBoard;
  private readonly listeners: Listener[] = [];

  constructor(options: EngineOptions) {
    const { settings, log, metrics, node, peers } = options;
    const deadlines = new Deadlines();
    const limits = { maxHeadBytes: settings.maxHeaderBytes, maxFields: settings.maxHeaderCount };
    const pools = new Pools(
      {
        maxIdle: settings.upstreamKeepalivePoolSize,
        maxUses: settings.upstreamKeepaliveMaxRequests || Number.MAX_SAFE_INTEGER,
        idleTimeoutMs: settings.upstreamKeepaliveIdleTimeoutMs || NEVER_MS,
      },
      limits,
      deadlines,
    );
    const pseudonym = `cardinal-${node.id.replaceAll('-', '').slice(0, 8)}`;
    this.context = {
      snapshot: undefined,
      settings: proxySettings(settings),
      deadlines,
      pools,
      log: log.child('proxy'),
      metrics: new ProxyMetrics(metrics),
      observer: options.observer ?? new TrafficObserver(),
      trusted: new TrustedPeers(settings.trustedIps),
      pseudonym,
      viaLine: `Via: 1.1 ${pseudonym}\r\n`,
      serverToken: `cardinal/${node.version}`,
    };

    const health = metrics.gauge(
      'cardinal_endpoint_healthy',
      'Health of an upstream address by health checks (1 or 0)',
      ['upstream', 'address'],
      'max',
    );
    const board = (this.board = new HealthBoard({
      clock: systemClock,
      ...(peers === undefined ? {} : { publish: (event: HealthEvent) => peers.send(HEALTH_TOPIC, event) }),
      onChange: (endpoint, healthy) => {
        health.with(endpoint.group.id, `${endpoint.ip}:${endpoint.port}`).set(healthy ? 1 : 0);
        log.warn(healthy ? 'target is healthy again' : 'target marked unhealthy', {
          target: endpoint.hostname,
          ip: endpoint.ip,
          port: endpoint.port,
        });
      },
    }));
    peers?.receive(HEALTH_TOPIC, (event) => board.receive(event as HealthEvent));
    this.registry = new EndpointRegistry(systemClock, board);
    this.resolver = createResolver(
      {
        ...(settings.dnsResolvers.length === 0 ? {} : { servers: settings.dnsResolvers }),
        ...(settings.dnsOrder.length === 0 ? {} : { order: settings.dnsOrder as readonly DnsOrder[] }),
        validTtlMs: settings.dnsValidTtlMs,
        staleMs: settings.dnsStaleTtlMs,
        notFoundTtlMs: settings.dnsNotFoundTtlMs,
        errorTtlMs: settings.dnsErrorTtlMs,
      },
      systemClock,
    );
    const breakers = metrics.counter('cardinal_breaker_changes_total', 'Changes of circuit breakers', ['to']);
    this.deps = {
      pools,
      balancers: {
        clock: systemClock,
        names: this.resolver,
        registry: this.registry,
        board,
        probes: options.probes,
      },
      plugins: options.plugins,
      kept: new KeptResources(),
      counters: options.counters,
      metrics,
      log: log.child('config'),
      now: options.now ?? Date.now,
      node,
      roles: options.roles,
      outbound: {
        breaker: {},
        onBreaker: (endpoint, _, to) => {
          breakers.with(to).add(1);
          log.warn('circuit breaker changed', {
            target: endpoint.hostname,
            ip: endpoint.ip,
            port: endpoint.port,
            to,
          });
        },
      },
    };
  }

  async prepare(
    configuration: Parameters<Engine['prepare']>[0],
    generation: number,
  ): Promise<PreparedConfiguration> {
    return new PreparedSnapshot(await compile(configuration, generation, this.deps));
  }

  commit(prepared: PreparedConfiguration): void {
    if (!(prepared instanceof PreparedSnapshot) || prepared.snapshot === undefined)
      throw new Error('this configuration was not prepared here');
    const before = this.context.snapshot;
    this.context.snapshot = prepared.snapshot;
    prepared.snapshot = undefined;
    this.context.observer.secrets = this.context.snapshot.secrets;
    for (const listener of this.listeners)
      listener.useDefaultCertificate(this.context.snapshot.defaultCertificate);
    if (before !== undefined) retireSnapshot(before);
  }

  async listen(specs: readonly ListenerSpec[]): Promise<readonly BoundListener[]> {
    const made = specs.map((spec) => new Listener(spec, this.context));
    const results = await Promise.allSettled(made.map((listener) => listener.listen()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      for (const listener of made) listener.close();
      throw failed.reason;
    }
    for (const listener of made) listener.useDefaultCertificate(this.context.snapshot?.defaultCertificate);
    this.listeners.push(...made);
    return results.map((result) => (result as PromiseFulfilledResult<BoundListener>).value);
  }

  async drain(timeoutMs: number, roles?: readonly ListenerRole['kind'][]): Promise<{ readonly cut: number }> {
    const leaving = this.listeners.filter(
      ({ draining, spec }) => !draining && (roles === undefined || roles.includes(spec.role.kind)),
    );
    const ended = Promise.all(leaving.map((listener) => listener.drain()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, 'late');
    });
    const outcome = await Promise.race([ended, late]);
    clearTimeout(timer);
    let cut = 0;
    if (outcome === 'late') for (const listener of leaving) cut += listener.close();
    return { cut };
  }

  async close(): Promise<void> {
    for (const listener of this.listeners) listener.close();
    this.context.pools.close();
    const snapshot = this.context.snapshot;
    this.context.snapshot = undefined;
    if (snapshot !== undefined) retireSnapshot(snapshot);
    this.registry.close();
    this.resolver.close();
    // What plugins still have to hand over (queues bound their own wait).
    await this.deps.kept.settled();
  }

  async operatePlugin({ plugin, id, operation, key }: PluginCommand): Promise<readonly unknown[]> {
    const instances = this.context.snapshot?.instancesOf(plugin) ?? [];
    const asked = instances.filter((one) => id === undefined || one.id === id);
    return Promise.all(asked.map(async ({ instance }) => instance.operate?.(operation, key)));
  }

  status(): EngineStatus {
    const { snapshot, metrics } = this.context;
    return {
      generation: snapshot?.generation ?? 0,
      hash: snapshot?.hash,
      connectionsActive: metrics.connectionsActive,
      connectionsAccepted: metrics.connectionsAccepted,
      requestsTotal: metrics.requestsTotal,
      requestsActive: metrics.requestsActive,
      upstreams: (snapshot?.upstreams ?? []).map(({ name, balancer }) => ({
        name,
        health: balancer.health(),
      })),
    };
  }

  markTarget(upstreamId: string, target: string, address: string | undefined, healthy: boolean): number {
    return this.board.setHealth(upstreamId, target, address, healthy, false);
  }
}

function proxySettings(settings: EngineSettings): ProxySettings {
  const tokens = new Set(settings.headers.map((token) => token.toLowerCase()));
  const shows = (...names: string[]): boolean => names.some((name) => tokens.has(name));
  return {
    headLimits: {
      maxTargetBytes: settings.maxRequestLineBytes,
      maxHeadBytes: settings.maxHeaderBytes,
      maxFields: settings.maxHeaderCount,
    },
    maxBodyBytes: settings.maxBodyBytes,
    headTimeoutMs: settings.headerTimeoutMs,
    bodyIdleTimeoutMs: settings.bodyIdleTimeoutMs,
    minBodyRate: settings.minBodyRate,
    minBodyGraceMs: settings.minBodyGraceMs,
    keepAliveTimeoutMs: settings.keepaliveTimeoutMs,
    keepAliveMaxRequests: settings.keepaliveMaxRequests || Number.MAX_SAFE_INTEGER,
    sendTimeoutMs: settings.sendTimeoutMs,
    maxConnections: settings.maxConnections || Number.MAX_SAFE_INTEGER,
    realIpHeader: settings.realIpHeader,
    realIpRecursive: settings.realIpRecursive,
    serverTokens: shows('server_tokens', 'server', 'via'),
    latencyTokens: shows(
      'latency_tokens',
      'x-kong-proxy-latency',
      'x-kong-upstream-latency',
      'x-kong-response-latency',
    ),
    requestIdDownstream: shows('x-kong-request-id'),
    upstreamStatusHeader: shows('x-kong-upstream-status'),
    requestIdUpstream: settings.headersUpstream.some((name) => name.toLowerCase() === 'x-kong-request-id'),
    allowDebugHeader: settings.allowDebugHeader,
  };
}
