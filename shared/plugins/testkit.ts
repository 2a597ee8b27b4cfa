/**
 * The plugin test kit: runs a plugin's phases on made-up exchanges, with a clock that only moves when the
 * test moves it, and tells what happened. No network, no files, no timers. Not used by the gateway itself.
 *
 *     const harness = createPluginHarness(plugin, { minute: 5 }, { consumers: [{ username: 'ann' }] });
 *     const result = await harness.run({ path: '/orders', headers: { apikey: 'k' } });
 *     assert.equal(result.status, 429);
 */
import type { Consumer, Plugin, PluginEntity, Route, Service } from '../config/entities.ts';
import type { Fields } from '../config/schema/field.ts';
import { MetricsRegistry } from '../observe/metrics.ts';
import { renderPrometheus } from '../observe/prometheus-text.ts';
import { createCounterTable } from '../state/counter-table.ts';
import type {
  Destination,
  Metrics,
  PluginDefinition,
  PluginInstance,
  PluginKit,
  WindowCounters,
} from './contract.ts';
import { configuredPlugin } from './testkit/configured-plugin.ts';
import { makeConsumer, makeCredential, makeRoute, makeService, TestDirectory } from './testkit/entities.ts';
import { type Exit, TestExchange, type TestRequest, type TestUpstream } from './testkit/exchange.ts';

const { randomBytes } = process.getBuiltinModule('node:crypto');

export type { Exit, TestRequest, TestUpstream } from './testkit/exchange.ts';
export { HeaderList } from './testkit/header-list.ts';

export interface HarnessOptions {
  readonly consumers?: readonly Partial<Consumer>[];
  /** By collection name; `consumer` may be a username: `{ keyauth_credentials: [{ key: 'k', consumer: 'ann' }] }`. */
  readonly credentials?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Milliseconds since the epoch at which the clock stands; default 2026-01-01T00:00:00Z. */
  readonly now?: number;
  /** Of the exchanges; null: none matched. Default: a route and a service with a name. */
  readonly route?: Partial<Route> | null;
  readonly service?: Partial<Service> | null;
  /** Scope and other fields of the configured plugin itself. Default: global. */
  readonly plugin?: Partial<Plugin>;
  readonly counters?: WindowCounters;
  readonly metrics?: Metrics;
}

export interface HarnessResult {
  /** What the plugin ended the exchange with; undefined when it went on to the upstream. */
  readonly exit: Exit | undefined;
  /** What the client gets. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
  /** What the upstream got; undefined when it was not asked. */
  readonly upstream:
    | {
        /** What `forwardAs` has said. */
        readonly method?: string;
        readonly path?: string;
        readonly host?: string;
        readonly destination?: Destination;
        readonly headers: Readonly<Record<string, string | string[]>>;
        readonly query: string;
        readonly body: string;
      }
    | undefined;
  readonly consumer: Consumer | undefined;
  readonly credential: PluginEntity | undefined;
  readonly logFields: Readonly<Record<string, unknown>>;
  /** The exchange itself, for what is not listed here. */
  readonly exchange: TestExchange;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface PluginHarness {
  /** Runs one exchange through all phases. `upstream` is what the upstream answers; default 200 `ok`. */
  run(request?: TestRequest, upstream?: TestUpstream): Promise<HarnessResult>;
  readonly clock: { now: number; advance(ms: number): void };
  readonly config: Readonly<Record<string, unknown>>;
  readonly instance: PluginInstance;
  readonly consumers: readonly Consumer[];
  /** What the plugin has logged. */
  readonly logs: LogLine[];
  /** The metrics in Prometheus' text format. */
  metricsText(): string;
  /** Retires the plugin: `close` of the instance and of everything it kept. */
  close(): Promise<void>;
}

const DEFAULT_NOW = Date.UTC(2026, 0, 1);

/**
 * `config` is what a user writes: it goes through the same validation as any configuration. Throws a TypeError
 * with what is wrong with it, and what `create` throws.
 */
export function createPluginHarness<F extends Fields>(
  definition: PluginDefinition<F>,
  config: Readonly<Record<string, unknown>> = {},
  options: HarnessOptions = {},
): PluginHarness {
  const clock = {
    now: options.now ?? DEFAULT_NOW,
    advance(ms: number) {
      clock.now += ms;
    },
  };
  const consumers = (options.consumers ?? []).map(makeConsumer);
  const collections = new Map<string, PluginEntity[]>();
  for (const [collection, rows] of Object.entries(options.credentials ?? {})) {
    collections.set(
      collection,
      rows.map((row) => makeCredential(row, consumers, clock.now)),
    );
  }
  const directory = new TestDirectory(consumers, collections, definition.schema.entities ?? {});
  const { value: stored, problems } = configuredPlugin(definition, config);
  if (problems.length > 0) {
    throw new TypeError(problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  const plugin: Plugin = {
    ...stored,
    id: '99999999-9999-4999-8999-999999999999',
    created_at: 0,
    updated_at: 0,
    ...options.plugin,
  };
  const logs: LogLine[] = [];
  const metrics = options.metrics ?? new MetricsRegistry();
  const kept = new Map<string, { resource: unknown; close: () => void | Promise<void> }>();
  const log =
    (level: LogLine['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void logs.push({ level, message, fields });
  const kit: PluginKit = {
    plugin,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    now: () => clock.now,
    directory,
    counters: options.counters ?? createCounterTable({ slots: 1024, now: () => clock.now }),
    metrics,
    keep<T>(key: string, open: () => T, close: (resource: T) => void | Promise<void>): T {
      const known = kept.get(key);
      if (known !== undefined) return known.resource as T;
      const resource = open();
      kept.set(key, { resource, close: () => close(resource) });
      return resource;
    },
    destination: (host, port) => ({ host, port }),
    node: { id: '88888888-8888-4888-8888-888888888888', hostname: 'test-node', version: '0.0.0-test' },
  };
  const instance = definition.create(plugin.config as Parameters<typeof definition.create>[0], kit);
  const route = options.route === null ? undefined : makeRoute(options.route ?? {});
  const service = options.service === null ? undefined : makeService(options.service ?? {});

  return {
    clock,
    config: plugin.config,
    instance,
    consumers,
    logs,
    metricsText: () => (metrics instanceof MetricsRegistry ? renderPrometheus(metrics.snapshot()) : ''),
    async close() {
      instance.close?.();
      const closing = [...kept.values()].map(({ close }) => close());
      kept.clear();
      await Promise.all(closing);
    },
    async run(request = {}, upstream = {}) {
      const exchange = new TestExchange({
        id: randomBytes(16).toString('hex'),
        request,
        route,
        service,
        now: clock.now,
      });
      const global = plugin.route === null && plugin.service === null && plugin.consumer === null;
      if (global) await instance.rewrite?.(exchange);
      if (exchange.exited === undefined && route !== undefined) await instance.access?.(exchange);
      await exchange.answer(instance, upstream);
      instance.log?.(exchange);
      return exchange.result();
    },
  };
}
