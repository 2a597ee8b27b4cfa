/**
 * The same plugins from the same configuration, in the process of the service (T1). It compiles the configuration as
 * a microgateway's inbound side does and runs the phases in the engine's order around the application.
 *
 * The same as in a proxy: compiled plans, consumers, counters, metrics, error bodies, order and scope of plugins.
 * Not the same: node:http has parsed the request, not the engine's strict parser; bodies are whole, never streamed;
 * limits count in this process alone; `forwardAs` cannot name another destination; no reload.
 */
import { compile } from '../../shared/config/compile/compile.ts';
import { KeptResources } from '../../shared/config/compile/kept-resources.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import { MetricsRegistry } from '../../shared/observe/metrics.ts';
import type { AnyPluginDefinition, PluginInstance } from '../../shared/plugins/contract.ts';
import { tellRejection } from '../../shared/plugins/phase-result.ts';
import { Deadlines } from '../../shared/proxy/deadlines.ts';
import { ERRORS } from '../../shared/proxy/errors.ts';
import { retireSnapshot, type Snapshot } from '../../shared/proxy/snapshot.ts';
import { normalisePath } from '../../shared/router/normalise-path.ts';
import { createCounterTable } from '../../shared/state/counter-table.ts';
import { EndpointRegistry } from '../../shared/upstream/balancer/endpoint-registry.ts';
import { systemClock } from '../../shared/upstream/clock.ts';
import { createResolver } from '../../shared/upstream/dns/create-resolver.ts';
import { HealthBoard } from '../../shared/upstream/health/board.ts';
import { Pools } from '../../shared/upstream/pool.ts';
import type { AppAnswer, Application, AppRequest } from '../services/app-request.ts';
import { EmbeddedExchange } from './exchange.ts';

export interface EmbeddedOptions {
  readonly configuration: Configuration;
  readonly plugins: ReadonlyMap<string, AnyPluginDefinition>;
  /** Whose inbound side this is. */
  readonly service: string;
  /** Where the service itself listens; nothing is sent there. */
  readonly port: number;
  readonly log: Logger;
  readonly nodeId: string;
}

export class EmbeddedPolicies {
  readonly metrics: MetricsRegistry;
  private readonly snapshot: Snapshot;
  private readonly log: Logger;
  private readonly release: () => void;

  private constructor(snapshot: Snapshot, metrics: MetricsRegistry, log: Logger, release: () => void) {
    this.snapshot = snapshot;
    this.metrics = metrics;
    this.log = log;
    this.release = release;
  }

  /** Rejects with a `CompileError`. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedPolicies> {
    const { configuration, plugins, service, port, log, nodeId } = options;
    const metrics = new MetricsRegistry();
    const pools = new Pools(
      { maxIdle: 0, maxUses: 1, idleTimeoutMs: 1000 },
      { maxHeadBytes: 32_768, maxFields: 100 },
      new Deadlines(),
    );
    const board = new HealthBoard({ clock: systemClock, onChange: () => {} });
    const registry = new EndpointRegistry(systemClock, board);
    const resolver = createResolver(
      { validTtlMs: 0, staleMs: 0, notFoundTtlMs: 1000, errorTtlMs: 1000 },
      systemClock,
    );
    const snapshot = await compile(configuration, 1, {
      pools,
      balancers: { clock: systemClock, names: resolver, registry, board, probes: false },
      plugins,
      kept: new KeptResources(),
      counters: createCounterTable({ slots: 1024 }),
      metrics,
      log,
      now: Date.now,
      node: { id: nodeId, hostname: 'embedded', version: 'embedded' },
      roles: [{ kind: 'inbound', service, to: { protocol: 'http', host: '127.0.0.1', port } }],
      outbound: {},
    });
    return new EmbeddedPolicies(snapshot, metrics, log, () => {
      retireSnapshot(snapshot);
      pools.close();
      registry.close();
      resolver.close();
    });
  }

  /** Wraps an application: what it is asked has passed the plugins, what it answers has too. */
  around(application: Application): Application {
    return (request) => this.run(request, application);
  }

  close(): void {
    this.release();
  }

  private async run(incoming: AppRequest, application: Application): Promise<AppAnswer> {
    const { snapshot } = this;
    const exchange = new EmbeddedExchange(incoming);
    for (const plugin of snapshot.rewrite) {
      if (exchange.reply !== undefined) break;
      await this.call(exchange, plugin, 'rewrite');
    }
    const executed: PluginInstance[] = [];
    if (exchange.reply === undefined) this.match(exchange, incoming);
    if (exchange.plan !== undefined && exchange.reply === undefined) {
      for (const slot of exchange.plan.plugins.slots) {
        // The consumer may have become known one plugin earlier.
        const { consumer } = exchange;
        const own = consumer === undefined ? undefined : slot.byConsumer?.get(consumer.id);
        const plugin = own ?? slot.general;
        if (plugin === undefined) continue;
        executed.push(plugin);
        if (exchange.reply === undefined && plugin.access !== undefined)
          await this.call(exchange, plugin, 'access');
      }
    }
    const answer = exchange.reply ?? (await this.ask(exchange, executed, incoming, application));
    const source = exchange.reply === undefined ? 'upstream' : 'gateway';
    const view = { status: answer.status, headers: answer.headers, source } as const;
    exchange.response = view;
    for (const plugin of executed) {
      if (plugin.response !== undefined) await this.call(exchange, plugin, 'response');
    }
    let body = answer.body;
    for (const plugin of executed) {
      if (plugin.responseBody !== undefined) body = plugin.responseBody(exchange, body, true) as typeof body;
    }
    exchange.bytesSent = body.length;
    for (const plugin of executed) this.tellLog(exchange, plugin);
    return { status: exchange.response.status, headers: answer.headers, body };
  }

  private match(exchange: EmbeddedExchange, incoming: AppRequest): void {
    const { request } = exchange;
    const path = normalisePath(request.path);
    if (path === undefined) {
      exchange.fail(ERRORS.pathInvalid.status, ERRORS.pathInvalid.message);
      return;
    }
    const match = this.snapshot.router.match({
      method: request.method,
      authority: request.host,
      path,
      headers: request.headers,
      scheme: 'http',
      sni: undefined,
      listenPort: incoming.localPort,
    });
    exchange.captures = match?.captures;
    exchange.plan = match?.value ?? this.snapshot.inbound;
    if (exchange.plan === undefined) exchange.fail(ERRORS.noRoute.status, ERRORS.noRoute.message);
  }

  private async ask(
    exchange: EmbeddedExchange,
    executed: readonly PluginInstance[],
    incoming: AppRequest,
    application: Application,
  ): Promise<AppAnswer> {
    const { request, forwarding } = exchange;
    let body = exchange.body;
    for (const plugin of executed) {
      if (plugin.requestBody !== undefined) body = plugin.requestBody(exchange, body, true) as typeof body;
    }
    const path = forwarding?.path ?? request.path;
    const target = path + (request.query === '' ? '' : `?${request.query}`);
    exchange.asked(target);
    const answer = await application({
      ...incoming,
      method: forwarding?.method ?? request.method,
      target,
      body,
    });
    exchange.answered(answer.status);
    return answer;
  }

  private async call(
    exchange: EmbeddedExchange,
    plugin: PluginInstance,
    phase: 'rewrite' | 'access' | 'response',
  ): Promise<void> {
    try {
      const pending = plugin[phase]!(exchange);
      if (pending !== undefined) await pending;
    } catch (error) {
      this.report(exchange, plugin, phase, error);
      exchange.fail(ERRORS.pluginFailed.status, ERRORS.pluginFailed.message);
    }
  }

  private tellLog(exchange: EmbeddedExchange, plugin: PluginInstance): void {
    if (plugin.log === undefined) return;
    try {
      tellRejection(plugin.log(exchange), (error) => this.report(exchange, plugin, 'log', error));
    } catch (error) {
      this.report(exchange, plugin, 'log', error);
    }
  }

  private report(exchange: EmbeddedExchange, plugin: PluginInstance, phase: string, error: unknown): void {
    this.log.error('plugin failed', {
      plugin: this.snapshot.nameOf(plugin),
      phase,
      request_id: exchange.id,
      error: String(error),
    });
  }
}
