/**
 * The agent of a data plane: restores what is on disk, connects to the control plane and stays connected, and says
 * how things are. It must never block the event loop, never end the process, and never be asked by a request.
 */
import type { Timer } from '../../upstream/clock.ts';
import type { ControlPlaneFrame } from '../protocol.ts';
import { Backoff } from './backoff.ts';
import { type Agent, type AgentOptions, type Bundle, NoIdentityError } from './contract.ts';
import { GenerationReceiver } from './generation-receiver.ts';
import { EntityReader } from './held-entities.ts';
import { certificateHash } from './identity-store.ts';
import type * as Network from './network.ts';
import { NodeCredentials } from './node-credentials.ts';
import { ServedGeneration } from './served-generation.ts';
import { canRunOfflineUntil, iso, stalenessOf } from './staleness.ts';
import { type SyncMetrics, syncMetrics } from './sync-metrics.ts';
import type { SyncStatus } from './sync-status.ts';

export const REPORT_EVERY_MS = 10_000;
const CLOSE_MS = 2_000;

export function createAgent(options: AgentOptions): Agent {
  return new SyncAgent(options);
}

class SyncAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #metrics: SyncMetrics;
  readonly #reader: EntityReader;
  readonly #served: ServedGeneration;
  readonly #credentials: NodeCredentials;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  #stream: Network.Stream | undefined;
  #since: number;
  #heardAt: number | undefined;
  #connections = 0;
  #lastError: SyncStatus['lastError'] = null;
  #nacked: SyncStatus['nackedGeneration'] = null;
  #refusedCalls: readonly string[] = [];
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Asked for while an attempt was under way: do not wait after it. */
  #again = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#metrics = syncMetrics(options.metrics);
    this.#reader = new EntityReader(options.plugins);
    this.#served = new ServedGeneration(options, this.#metrics);
    this.#credentials = new NodeCredentials(options);
    this.#backoff = new Backoff(() => options.clock.random());
    this.#since = options.clock.wallNow();
  }

  async restore(bundle: () => Promise<Bundle | undefined>): Promise<boolean> {
    const { token, identityStore, log } = this.#options;
    await this.#credentials.load();
    if (this.#credentials.identity === undefined && token === '')
      throw new NoIdentityError(identityStore.folder);
    if (await this.#served.restore(this.#reader, this.#credentials.signingKeys)) {
      const manifest = this.#served.generation?.manifest;
      log.notice('serving the last configuration from disk until the control plane answers', {
        generation: manifest?.generation,
        asOf: iso(this.#served.freshAt),
      });
      return true;
    }
    const given = await bundle();
    if (given === undefined) return false;
    try {
      await this.#served.useBundle(given);
      return true;
    } catch (error) {
      log.error('the bundled configuration cannot be put in place', { error });
      return false;
    }
  }

  connect(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      if (!this.#abort.signal.aborted)
        this.#options.log.crit('the agent of the control plane has stopped', { error });
    });
  }

  reconnect(): void {
    this.#again = true;
    this.#stream?.close('asked to connect anew');
    this.#wake?.();
  }

  nothingToServe(): string | undefined {
    if (this.#served.source !== 'none') return undefined;
    const { url } = this.#options;
    const why = this.#lastError === null ? '' : `: ${this.#lastError.message}`;
    const refused = this.#nacked === null ? '' : `; refused: ${this.#nacked.resource}: ${this.#nacked.error}`;
    return `no configuration available (waiting for the control plane ${url}${why}${refused})`;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#credentials.close();
    this.#stream?.close('this node stops');
    this.#wake?.();
    // A configuration that never ends being put in place must not keep the process from draining.
    const ended = Promise.resolve(this.#running).then(() => this.#served.close());
    await Promise.race([
      ended,
      new Promise((resolve) => this.#options.clock.after(CLOSE_MS, () => resolve(0))),
    ]);
  }

  status(): SyncStatus {
    const { url, name, clock, staleness } = this.#options;
    const now = clock.wallNow();
    const { generation, freshAt, source } = this.#served;
    const perClass = stalenessOf({ freshAt, certificate: this.#credentials.times }, staleness, now);
    return {
      controlPlane: url,
      node: name.node,
      connected: this.#stream !== undefined,
      since: iso(this.#since) as string,
      lastError: this.#lastError,
      generation: generation?.manifest.generation ?? null,
      digest: generation?.manifest.digest ?? null,
      hash: generation?.manifest.configurationHash ?? null,
      source,
      stale: perClass.routes.state !== 'fresh',
      ageSeconds: freshAt === undefined ? null : Math.round(Math.max(0, now - freshAt) / 1000),
      nackedGeneration: this.#nacked,
      refusedCalls: this.#refusedCalls,
      perClass,
      canRunOfflineUntil: canRunOfflineUntil(perClass),
    };
  }

  observe(): void {
    const metrics = this.#metrics;
    const now = this.#options.clock.wallNow();
    metrics.connected.set(this.#stream === undefined ? 0 : 1);
    metrics.generation.set(this.#served.generation?.manifest.generation ?? 0);
    metrics.contactAgeSeconds.set(this.#heardAt === undefined ? -1 : (now - this.#heardAt) / 1000);
    const notAfter = this.#credentials.times?.notAfter;
    metrics.certificateSeconds.set(notAfter === undefined ? 0 : Math.max(0, (notAfter - now) / 1000));
  }

  async #run(): Promise<void> {
    const network = await import('./network.ts');
    const { signal } = this.#abort;
    this.#credentials.renewWith((identity) => network.renew(this.#options.url, identity, signal));
    while (!signal.aborted) {
      this.#again = false;
      let wait: number;
      try {
        wait = await this.#connection(network);
      } catch (error) {
        if (signal.aborted) break;
        this.#failed(error);
        wait = this.#backoff.next();
      }
      if (!this.#again) await this.#pause(wait);
    }
  }

  /** One connection from its beginning to its end. Resolves with how long to wait until the next one. */
  async #connection(network: typeof Network): Promise<number> {
    const { url, token, name, clock } = this.#options;
    const { signal } = this.#abort;
    const identity = await this.#credentials.ensure(async (previous) => {
      const joined = await network.join(url, token, name, previous, signal);
      if (previous !== undefined && certificateHash(previous.ca) !== certificateHash(joined.ca))
        this.#served.forgetOrder();
      return joined;
    });
    const plugins = await this.#options.pluginVersions();
    const ended = Promise.withResolvers<string>();
    let away: number | undefined;
    const receiver = new GenerationReceiver(
      this.#options,
      this.#reader,
      this.#served,
      () => this.#credentials.signingKeys,
      this.#events(),
    );
    const stream = await network
      .openStream(
        url,
        identity,
        {
          frame: (frame: ControlPlaneFrame, from: Network.Stream) => {
            if (frame.type === 'pong') return undefined;
            if (frame.type !== 'go-away') return receiver.receive(frame, from);
            away = this.#backoff.away(frame.retryAfterMs);
            from.close('the control plane sent this node away for a while');
            return undefined;
          },
          heard: () => {
            this.#heardAt = clock.wallNow();
            this.#served.heard();
          },
          closed: (reason) => ended.resolve(reason),
        },
        clock,
        signal,
      )
      .catch((error: unknown) => {
        if (error instanceof network.RefusedByControlPlane && [401, 403].includes(error.status))
          this.#credentials.refused();
        throw error;
      });
    const openedAt = clock.now();
    this.#opened(stream, plugins);
    const reports = this.#reports(stream);
    const reason = await ended.promise;
    reports.cancel();
    receiver.close();
    this.#stream = undefined;
    this.#since = clock.wallNow();
    this.#served.outdated();
    this.#backoff.ended(clock.now() - openedAt);
    if (!this.#abort.signal.aborted && !this.#again) this.#note(reason);
    return away ?? this.#backoff.next();
  }

  #opened(stream: Network.Stream, plugins: Readonly<Record<string, string>>): void {
    const { clock, log, url, name, version, hostname, subscription, budgetBytes } = this.#options;
    this.#stream = stream;
    this.#since = clock.wallNow();
    this.#heardAt = this.#since;
    this.#lastError = null;
    if (this.#connections++ > 0) this.#metrics.reconnects.add(1);
    log.notice('connected to the control plane', { url });
    const manifest = this.#served.generation?.manifest;
    stream.send({
      type: 'hello',
      node: name.node,
      role: name.role,
      version,
      hostname,
      plugins,
      subscription,
      have: manifest === undefined ? null : { generation: manifest.generation, digest: manifest.digest },
      budgetBytes,
      statusAddress: this.#options.statusAddress(),
    });
  }

  #reports(stream: Network.Stream): Timer {
    const { clock, report } = this.#options;
    let timer: Timer;
    const send = (): void => {
      stream.send({
        type: 'report',
        ...report(),
        generation: this.#served.generation?.manifest.generation ?? 0,
      });
      timer = clock.after(REPORT_EVERY_MS, send);
    };
    // What was counted while nobody listened is not the traffic of now.
    report();
    timer = clock.after(REPORT_EVERY_MS, send);
    return { cancel: () => timer.cancel() };
  }

  #events(): ConstructorParameters<typeof GenerationReceiver>[4] {
    const { log, clock } = this.#options;
    return {
      applied: ({ manifest, entities }, ms) => {
        this.#nacked = null;
        log.notice('configuration received', {
          generation: manifest.generation,
          entities: entities.size,
          hash: manifest.configurationHash,
          ms,
        });
      },
      nacked: ({ generation }, { resource, message }) => {
        this.#metrics.nacks.add(1);
        this.#nacked = { generation, resource, error: message, at: iso(clock.wallNow()) as string };
        log.error('a configuration was refused; what is served stays', {
          generation,
          resource,
          reason: message,
        });
      },
      confirmed: () => {
        this.#nacked = null;
        log.info('the configuration is still the current one');
      },
      refusedCalls: (names) => {
        this.#refusedCalls = names;
        if (names.length > 0)
          log.warn('the control plane does not send all services that were asked for', { calls: names });
      },
    };
  }

  #failed(error: unknown): void {
    this.#metrics.failures.add(1);
    const { message, code } = error as NodeJS.ErrnoException;
    this.#note(message === '' || message === undefined ? (code ?? 'it failed') : message);
  }

  #note(message: string): void {
    this.#lastError = {
      message: message.slice(0, 500),
      at: iso(this.#options.clock.wallNow()) as string,
    };
    this.#options.log.warn('the control plane is not reached; serving goes on', {
      url: this.#options.url,
      reason: message,
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, done);
      const agent = this;
      this.#wake = done;
      function done(): void {
        timer.cancel();
        agent.#wake = undefined;
        resolve();
      }
      if (this.#abort.signal.aborted) done();
    });
  }
}
