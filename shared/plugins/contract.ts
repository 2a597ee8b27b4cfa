/**
 * What a plugin is, and everything it may touch. The same contract holds for the bundled plugins and
 * for those that users write. A bundled plugin imports this file, the vocabulary in `config/schema/` with its
 * checks and formats, and what lies beside this file for all plugins (`identity.ts`, ...); nothing else.
 *
 * Order of one exchange: `rewrite` (global plugins only, before the route is known), `access` (by
 * descending priority), then the upstream, then `response` (headers), `requestBody`/`responseBody`
 * (streaming), `log`. A phase that a plugin does not return costs nothing; a phase that returns
 * undefined costs no promise.
 */
import type {
  Consumer,
  PluginEntity,
  Plugin as PluginRecord,
  Protocol,
  Route,
  Service,
} from '../config/entities.ts';
import type { AnyField, EntityCheck, Fields, Infer, RecordField } from '../config/schema/field.ts';
import type { Headers } from '../http/headers.ts';

export type MaybePromise = void | Promise<void>;

/** A plugin's definition: what a plugin folder's `index.ts` exports as default. */
export interface PluginDefinition<F extends Fields = Fields> {
  readonly name: string;
  readonly version: string;
  /** Higher runs earlier. Kong's number for Kong's plugins. */
  readonly priority: number;
  readonly schema: PluginSchema<F>;
  /**
   * Makes the running instance for one configured plugin. Called once per configuration generation,
   * never per request. Throwing refuses the configuration.
   */
  create(config: Infer<F>, kit: PluginKit): PluginInstance;
}

export interface PluginSchema<F extends Fields = Fields> {
  readonly config: RecordField<F>;
  /** Checks over the whole plugin entity: paths start with `config.`, `@entity` is the plugin's. */
  readonly checks?: readonly EntityCheck[];
  /** Scopes that may not be set. */
  readonly noScope?: readonly ('consumer' | 'route' | 'service')[];
  /** Allowed protocols; default the four HTTP ones. */
  readonly protocols?: readonly Protocol[];
  /** The value of `protocols` when it is not given; default the four HTTP ones, sorted. */
  readonly defaultProtocols?: readonly Protocol[];
  /** Entities this plugin owns, by collection name (`keyauth_credentials`). */
  readonly entities?: Readonly<Record<string, PluginEntitySchema>>;
}

export interface PluginEntitySchema {
  readonly fields: Fields;
  /** Checks over several fields (an RSA key that an algorithm needs). */
  readonly checks?: readonly EntityCheck[];
  /** The unique field by which one is addressed (`key`, `username`); absent for acls. */
  readonly endpointKey?: string;
  /** Fields whose values make the generated id (Kong's cache key); default the endpoint key. */
  readonly cacheKey?: readonly string[];
  /** Path of the collection in the Admin API (`key-auths`). */
  readonly adminPath: string;
  /** Path below a consumer (`key-auth`). */
  readonly nestedPath?: string;
  /**
   * Rows may expire (`ttl` in seconds on writes). A row in memory is over at `expires_at` (unix seconds) when
   * it has one, else at `created_at + ttl`; `ttl` 0 or null is for ever.
   */
  readonly ttl?: boolean;
  /** Fills `auto` fields and hashes secrets when the document says `_transform: true`. */
  readonly transform?: (entity: Record<string, unknown>) => Record<string, unknown>;
}

/** The phases of one configured plugin. Return only those that are used. */
export interface PluginInstance {
  rewrite?(exchange: RewriteExchange): MaybePromise;
  access?(exchange: AccessExchange): MaybePromise;
  response?(exchange: ResponseExchange): MaybePromise;
  /** Sees each piece of the request body; returns what goes on. `last` comes once, with an empty or final piece. */
  requestBody?(exchange: Exchange, chunk: Buffer, last: boolean): Buffer;
  responseBody?(exchange: ResponseExchange, chunk: Buffer, last: boolean): Buffer;
  /** Runs after the response has been sent or has failed. Must not block: hand work to a queue. */
  log?(exchange: FinishedExchange): void;
  /**
   * What the Admin API asks of what the plugin holds in this worker (`purge` a cache). What it returns goes to another
   * thread: plain data. Throws for an operation it does not know.
   */
  operate?(operation: string, key: string | undefined): unknown;
  /** Called when the generation that made it is retired and its last exchange has ended. */
  close?(): void;
}

/** The request, parsed once. Everything here is the one interpretation that routing used as well. */
export interface RequestView {
  readonly method: string;
  /** `http` or `https`, of the connection. */
  readonly scheme: 'http' | 'https';
  /** Lower-case host without port. */
  readonly host: string;
  /** Port of the authority, or of the listener when it has none. */
  readonly port: number;
  /** Normalised path, always starting with `/`. */
  readonly path: string;
  /** Without `?`; empty when there is none. Writable: the upstream gets what is here at the end. */
  query: string;
  /** Request target as received, for logs. */
  readonly target: string;
  /** `1.0`, `1.1` or `2`. */
  readonly httpVersion: string;
  /** Client headers; what is left here at the end of `access` goes upstream. */
  readonly headers: Headers;
  /** All decoded values of a query argument; empty when absent. A valueless argument is `''`. */
  queryArgs(name: string): string[];
  /** Removes every occurrence of a query argument. */
  removeQueryArg(name: string): void;
  /**
   * Reads the whole body (de-chunked) into memory, at most `limit` bytes; null when it is longer. It is
   * still forwarded. Only in `access`.
   */
  readBody(limit: number): Promise<Buffer | null>;
  /** Replaces a body that `readBody` has returned, or gives a request without a body one. Only in `access`. */
  replaceBody(body: Buffer): void;
  /**
   * Ends the exchange with that status and message as soon as the body is longer, however it is framed; it
   * still streams. The least of several limits counts. Only in `access`.
   */
  limitBody(bytes: number, status: number, message: string): void;
  /** Shows the body, as the client sends it, to one who only looks. Only in `access`, once an exchange. */
  watchBody(watcher: BodyWatcher): void;
}

/** Called as the body comes; a piece may be kept. `ended` is not called for a body that was cut. */
export interface BodyWatcher {
  piece(octets: Buffer): void;
  ended(): void;
}

/**
 * Looks at what the upstream sends, as it sends it, before any plugin's `response`. After `ended` or `failed` nothing
 * more is told.
 */
export interface ResponseWatcher {
  /**
   * The final head; `headers` are only valid during the call. An answer that is returned goes to the client instead, and
   * the upstream's body is not relayed.
   */
  head(status: number, headers: Headers): Answer | undefined;
  /** A piece of the body; only valid during the call. */
  piece(octets: Buffer): void;
  /** The response is complete. */
  ended(): void;
  /**
   * No response comes, or it was cut. `status` is what the client would be told: 502, 504, ...; 0 when it is too late to
   * tell. An answer that is returned goes out instead, unless something else has already.
   */
  failed(status: number): Answer | undefined;
}

/** A response of a plugin's own. */
export interface Answer extends ExitOptions {
  readonly status: number;
  readonly body: Buffer;
}

/** How the request goes upstream, where that differs from what route and service say. */
export interface Forwarding {
  readonly method?: string;
  /** The path as sent, escaped, beginning with `/`, without query. */
  readonly path?: string;
  /** The Host header. */
  readonly host?: string;
  /** Where it goes; made once by `kit.destination`. */
  readonly destination?: Destination;
}

/** A place requests can be sent to instead of their service's. Opaque to plugins. */
export interface Destination {
  /** An upstream's name, a host name or an address; null: that of the service. */
  readonly host: string | null;
  readonly port: number | null;
}

export interface ClientView {
  /** Client address after real-ip processing. */
  readonly ip: string;
  /** Address and port of the peer of the connection. */
  readonly peerIp: string;
  readonly peerPort: number;
  readonly tls:
    | { readonly version: string; readonly cipher: string; readonly sni: string | undefined }
    | undefined;
  /** The connection that the request came in on; absent where there is none of its own. */
  readonly connection?: ConnectionView | undefined;
}

export interface ConnectionView {
  /** Our end. */
  readonly localIp: string;
  readonly localPort: number;
  /** Serial number of the connection in this worker, and of this request on it, both from 1. */
  readonly serial: number;
  readonly requests: number;
}

/** What every phase sees. Valid until `log` has returned; never keep it. */
export interface Exchange {
  /** X-Kong-Request-Id: 32 hex characters. */
  readonly id: string;
  readonly request: RequestView;
  readonly client: ClientView;
  readonly route: Route | undefined;
  readonly service: Service | undefined;
  /** Named (and 1-based numeric) captures of a regex path; undefined when the route has none. */
  readonly captures: Readonly<Record<string, string>> | undefined;
  readonly consumer: Consumer | undefined;
  readonly credential: PluginEntity | undefined;
  /** Milliseconds since the epoch at which the request head was complete. */
  readonly startedAt: number;
  /** Extra fields for the log record (`correlation_id`). */
  setLogField(name: string, value: unknown): void;
  /**
   * A slot of this plugin instance's own for this exchange: what `access` leaves for `response` and `log`.
   * One value per plugin name.
   */
  note(plugin: string, value: unknown): void;
  noted(plugin: string): unknown;
}

export interface ExitOptions {
  /** Header lines of the answer; a repeated name is a repeated line. */
  readonly headers?: readonly (readonly [string, string])[];
  /** What Content-Length says in an answer to HEAD when it is not the length of the body given. */
  readonly contentLength?: number;
}

export interface RewriteExchange extends Exchange {
  /**
   * Ends the exchange with Kong's error template, in the form the client's `Accept` asks for
   * (`{"message": ..., "request_id": ...}`).
   */
  fail(status: number, message: string, options?: ExitOptions): void;
  /** Ends the exchange with this body as it is. A string goes out as UTF-8. */
  exit(status: number, body?: string | Buffer, options?: ExitOptions): void;
}

export interface AccessExchange extends RewriteExchange {
  /** Sets who is asking. Later plugins use that consumer's configuration. Undefined consumer: credential only. */
  authenticate(consumer: Consumer | undefined, credential: PluginEntity | undefined): void;
  /** Changes what goes upstream. Several changes add up; the last word on a point counts. */
  forwardAs(change: Forwarding): void;
  /** Shows what the upstream answers to one who may answer in its place. */
  watchResponse(watcher: ResponseWatcher): void;
  /**
   * Sends this request, as it is now and without a body, to its service on its own account: nobody waits for it, no plugin
   * sees it, it is tried once, and what the watcher would answer is dropped. False: too many are under way.
   */
  askAgain(watcher: ResponseWatcher): boolean;
}

export interface ResponseExchange extends Exchange {
  readonly response: ResponseView;
}

export interface ResponseView {
  /** Writable in `response`. */
  status: number;
  readonly headers: Headers;
  /** `upstream` when it was relayed, else `gateway`. */
  readonly source: 'upstream' | 'gateway';
}

export interface FinishedExchange extends ResponseExchange {
  readonly timings: Timings;
  /** Bytes received from and sent to the client, heads included. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly attempts: readonly Attempt[];
  /** Target (path and query) that went upstream; undefined when nothing did. */
  readonly upstreamTarget: string | undefined;
  readonly upstreamStatus: number | undefined;
  /** Why the exchange did not end in order: a code of the error table (`client_disconnected`, ...). */
  readonly abortReason: string | undefined;
  /** What `setLogField` has added, in order. */
  readonly logFields: ReadonlyMap<string, unknown>;
}

/** Milliseconds, with fractions. -1 where the exchange did not get that far. */
export interface Timings {
  readonly total: number;
  /** Until the upstream was asked. */
  readonly gateway: number;
  /** Waiting for the upstream's response head. */
  readonly upstream: number;
  /** From the response head to the end. */
  readonly receive: number;
}

export interface Attempt {
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since the epoch. */
  readonly balancerStart: number;
  readonly balancerLatencyMs: number;
  /** Set on attempts that failed: the error table's code and the status it stands for. */
  readonly failure: { readonly code: string; readonly status: number } | undefined;
}

/** What a plugin instance may use beside the exchange. */
export interface PluginKit {
  /** The configured plugin this instance is for. */
  readonly plugin: PluginRecord;
  readonly log: PluginLogger;
  /** Milliseconds since the epoch; injected so that tests can set it. */
  now(): number;
  readonly directory: Directory;
  readonly counters: WindowCounters;
  readonly metrics: Metrics;
  /**
   * Something that must outlive a configuration change (a file handle, a queue): made at the first call
   * for that key, shared by all instances of the plugin that ask for it, closed when the last generation that asked
   * is retired. A key that begins with `shared:` is one for the instances of all plugins.
   */
  keep<T>(key: string, open: () => T, close: (resource: T) => void | Promise<void>): T;
  /**
   * A destination for `forwardAs`: the service's protocol, timeouts, retries and TLS, with another host or port. A host
   * that is an upstream's name is balanced over its targets.
   */
  destination(host: string | null, port: number | null): Destination;
  readonly node: { readonly id: string; readonly hostname: string; readonly version: string };
}

export interface PluginLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Look-ups in the generation that the plugin belongs to. All in memory. */
export interface Directory {
  consumerById(id: string): Consumer | undefined;
  /** By id, else by username. */
  consumer(idOrUsername: string): Consumer | undefined;
  consumerByCustomId(customId: string): Consumer | undefined;
  /** A plugin-owned entity by the value of its endpoint key (`keyauth_credentials`, the key). */
  entity(collection: string, key: string): PluginEntity | undefined;
  /** All entities of a collection that belong to that consumer. */
  entitiesOf(collection: string, consumerId: string): readonly PluginEntity[];
}

/** Counters in windows, exact over all workers of the process. */
export interface WindowCounters {
  /**
   * Adds one to every window, unless one of them is at its limit already: then adds to none.
   * Returns the index of the window that refused, or -1 when it was admitted. Writes the count of each
   * window after the call into `usage` (same order).
   */
  take(windows: readonly CounterWindow[], usage: number[]): number;
  /** Current count, 0 when there is none. */
  read(window: CounterWindow): number;
  /** Adds so many, whatever the limit says. Returns the count. */
  add(window: CounterWindow, amount: number): number;
}

export interface CounterWindow {
  /** Identity: plugin scope, identifier and period. */
  key: string;
  /** Start of the window, unix seconds. */
  start: number;
  /** End of the window, unix seconds (exclusive): when the slot may be used again. */
  end: number;
  limit: number;
}

/** Process-wide metrics, one set over all workers. Handles are made when the plugin is created, not per request. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): MetricFamily<Counter>;
  /** `merge`: what several workers' values become, their sum (default) or the greatest (for constant facts). */
  gauge(name: string, help: string, labels?: readonly string[], merge?: 'sum' | 'max'): MetricFamily<Gauge>;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): MetricFamily<Histogram>;
}
export interface MetricFamily<H> {
  /** The series with these label values, made at the first call. Bounded: past the family's bound all go to one overflow series. */
  with(...values: string[]): H;
}
export interface Counter {
  add(amount: number): void;
}
export interface Gauge {
  set(value: number): void;
}
export interface Histogram {
  observe(value: number): void;
}

/** Keeps the inferred configuration type: `export default definePlugin({ ... })`. */
export function definePlugin<const F extends Fields>(definition: PluginDefinition<F>): PluginDefinition<F> {
  return definition;
}

export type AnyPluginDefinition = PluginDefinition<Readonly<Record<string, AnyField>>>;
