/**
 * The worker threads of a gateway as one thing: they all serve the same configuration on the same
 * addresses, one that dies is replaced while the others go on, and what they count is one set.
 *
 * A configuration is put in place in two phases: every worker compiles it, and only when all of them have,
 * all of them switch. A failure anywhere in the first phase changes nothing anywhere.
 */
import { difference } from '../../shared/config/difference.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import type { Logger, LogLevel } from '../../shared/observe/logger.ts';
import type { MetricsRegistry, MetricsSnapshot } from '../../shared/observe/metrics.ts';
import { MetricAggregator } from '../../shared/observe/metrics-merge.ts';
import type { RequestRecord } from '../../shared/observe/requests/request-record.ts';
import type { TapBatch } from '../../shared/observe/tap/tap.ts';
import type { TrafficReport } from '../../shared/observe/traffic/traffic-report.ts';
import type { ListenerSpec, PluginCommand } from '../../shared/proxy/contract.ts';
import type { CounterTable } from '../../shared/state/counter-table.ts';
import type { EndpointHealth } from '../../shared/upstream/contract.ts';
import { Backoff } from './backoff.ts';
import { MOST_UPDATES, partsOf } from './parts.ts';
import { type OpenTap, PoolTaps } from './pool-taps.ts';
import type {
  ConfigurationDelivery,
  KeptQuery,
  WorkerCommand,
  WorkerData,
  WorkerReport,
} from './protocol.ts';
import { WorkerSilent, WorkerThread } from './worker-thread.ts';

const START_TIMEOUT_MS = 30_000;
const PREPARE_TIMEOUT_MS = 60_000;
const COMMIT_TIMEOUT_MS = 10_000;
const REPORT_TIMEOUT_MS = 500;
const TAP_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** Beyond the drain time itself, for the answer. */
const DRAIN_MARGIN_MS = 2_000;

export interface PoolOptions {
  readonly count: number;
  readonly worker: Omit<WorkerData, 'slot'>;
  readonly maxHeapBytes: number;
  readonly specs: readonly ListenerSpec[];
  readonly counters: CounterTable;
  /** The supervisor's own; shown as one set with those of the workers. */
  readonly metrics: MetricsRegistry;
  readonly log: Logger;
  /** Called with what a worker has counted, each request once. */
  readonly onTraffic?: (report: TrafficReport) => void;
}

export interface ApplyOptions {
  /** Its number, higher than the one in place; the next one when it is not given. */
  readonly generation?: number;
  /** Runs when every worker is ready to switch; if it rejects, nothing changes. */
  readonly beforeCommit?: () => Promise<void>;
}

export interface PoolStatus {
  readonly workers: readonly {
    readonly worker: number;
    readonly listening: boolean;
    readonly heapUsedBytes: number;
  }[];
  readonly restarts: number;
  readonly generation: number;
  readonly connectionsActive: number;
  readonly connectionsAccepted: number;
  readonly requestsTotal: number;
  readonly requestsActive: number;
  readonly upstreams: readonly { readonly name: string; readonly health: readonly EndpointHealth[] }[];
}

interface Slot {
  readonly number: number;
  readonly backoff: Backoff;
  thread: WorkerThread | undefined;
  servingSince: number;
  timer: NodeJS.Timeout | undefined;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #log: Logger;
  readonly #slots: Slot[] = [];
  readonly #aggregator = new MetricAggregator();
  readonly #own: MetricsRegistry;
  /** Totals of workers that are gone. */
  #retiredAccepted = 0;
  #retiredRequests = 0;
  #restarts = 0;
  #generation = 0;
  #transfers = 0;
  #configuration: Configuration | undefined;
  #started = false;
  #bound = false;
  #stopping = false;
  readonly #taps = new PoolTaps((command) => {
    for (const thread of this.#threads()) thread.ask(command, TAP_TIMEOUT_MS).catch(() => {});
  });
  readonly #binding = new WeakMap<WorkerThread, Promise<void>>();
  /** Where it is not the one that workers are started with. */
  #logLevel: LogLevel | undefined;
  /** One catching up at a time per worker. */
  readonly #catching = new WeakMap<WorkerThread, Promise<void>>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#own = options.metrics;
    for (let number = 1; number <= options.count; number++) {
      this.#slots.push({
        number,
        backoff: new Backoff(),
        thread: undefined,
        servingSince: 0,
        timer: undefined,
      });
    }
  }

  get generation(): number {
    return this.#generation;
  }

  /** How many workers take connections. */
  get listening(): number {
    return this.#slots.filter((slot) => slot.thread?.listening === true).length;
  }

  /**
   * Starts all workers with this configuration; they take connections from `listen` on. Rejects when one of them
   * cannot start, and ends the others.
   */
  async start(configuration: Configuration, generation = 1): Promise<void> {
    this.#configuration = configuration;
    this.#generation = generation;
    const starts = await Promise.allSettled(this.#slots.map((slot) => this.#bringUp(slot)));
    const failure = starts.find((start) => start.status === 'rejected');
    if (failure !== undefined) {
      await this.close();
      throw failure.reason;
    }
    this.#started = true;
    for (const slot of this.#slots) {
      if (slot.thread === undefined) this.#replace(slot, 0);
    }
  }

  /** Binds the addresses in all workers. Rejects when one cannot. */
  async listen(): Promise<void> {
    this.#bound = true;
    await Promise.all(this.#threads().map((thread) => this.#bind(thread)));
  }

  #bind(thread: WorkerThread): Promise<void> {
    let binding = this.#binding.get(thread);
    if (binding === undefined) {
      const { specs } = this.#options;
      const asked =
        specs.length === 0 ? Promise.resolve() : thread.ask({ type: 'listen', specs }, START_TIMEOUT_MS);
      binding = asked.then(() => {
        thread.listening = !thread.gone;
      });
      this.#binding.set(thread, binding);
    }
    return binding;
  }

  /** Puts a configuration in place everywhere or nowhere. */
  async apply(configuration: Configuration, options: ApplyOptions = {}): Promise<number> {
    const { generation = this.#generation + 1, beforeCommit } = options;
    const threads = this.#threads().filter((thread) => thread.ready);
    try {
      await this.#prepareAll(threads, generation, configuration);
      await beforeCommit?.();
    } catch (error) {
      for (const thread of threads)
        thread.ask({ type: 'discard', generation }, COMMIT_TIMEOUT_MS).catch(() => {});
      throw error;
    }
    this.#configuration = configuration;
    this.#generation = generation;
    await Promise.all(
      threads.map((thread) =>
        thread.ask({ type: 'commit', generation }, COMMIT_TIMEOUT_MS).then(
          () => {
            thread.generation = generation;
          },
          (error: Error) => {
            if (thread.gone) return;
            this.#log.error('a worker did not take the configuration and is replaced', {
              worker: thread.slot,
              error,
            });
            return thread.terminate();
          },
        ),
      ),
    );
    // Workers that came up between the two phases.
    await Promise.all(
      this.#threads()
        .filter((thread) => thread.ready)
        .map((thread) => this.#catchUp(thread).catch(() => void thread.terminate())),
    );
    return generation;
  }

  async #prepareAll(
    threads: readonly WorkerThread[],
    generation: number,
    configuration: Configuration,
  ): Promise<void> {
    const results = await Promise.allSettled(
      threads.map(async (thread) => {
        const delivery = await this.#deliver(thread, configuration);
        await thread.ask({ type: 'prepare', generation, configuration: delivery }, PREPARE_TIMEOUT_MS);
      }),
    );
    for (const [i, result] of results.entries()) {
      const thread = threads[i] as WorkerThread;
      // A worker that died meanwhile decides nothing: its successor starts with whatever is current then.
      if (result.status === 'fulfilled' || thread.gone) continue;
      if (result.reason instanceof WorkerSilent) await thread.terminate();
      throw result.reason;
    }
  }

  /**
   * What changed, for a worker that serves the current generation and when that is little; else everything, in
   * parts that it takes one by one, because taking it in at once would hold up its requests.
   */
  async #deliver(thread: WorkerThread, configuration: Configuration): Promise<ConfigurationDelivery> {
    const { hash } = configuration;
    const base = this.#configuration;
    if (base !== undefined && base !== configuration && thread.generation === this.#generation) {
      const updates = difference(base, configuration, MOST_UPDATES);
      if (updates !== undefined) return { kind: 'change', base: thread.generation, updates, hash };
    }
    const transfer = ++this.#transfers;
    for (const { collection, entities } of partsOf(configuration))
      await thread.ask({ type: 'part', transfer, collection, entities }, PREPARE_TIMEOUT_MS);
    return { kind: 'parts', transfer, hash };
  }

  status(): PoolStatus {
    const reports = this.#threads().map((thread) => thread.lastReport?.status);
    const sum = (pick: (status: NonNullable<(typeof reports)[number]>) => number): number =>
      reports.reduce((total, status) => total + (status === undefined ? 0 : pick(status)), 0);
    return {
      workers: this.#slots.map((slot) => ({
        worker: slot.number,
        listening: slot.thread?.listening === true,
        heapUsedBytes: slot.thread?.lastReport?.heapUsedBytes ?? 0,
      })),
      restarts: this.#restarts,
      generation: this.#generation,
      connectionsActive: sum((status) => status.connectionsActive),
      connectionsAccepted: this.#retiredAccepted + sum((status) => status.connectionsAccepted),
      requestsTotal: this.#retiredRequests + sum((status) => status.requestsTotal),
      requestsActive: sum((status) => status.requestsActive),
      upstreams: reports.find((status) => status !== undefined)?.upstreams ?? [],
    };
  }

  countReload(result: 'applied' | 'unchanged' | 'refused'): void {
    this.#own
      .counter('cardinal_configuration_reloads_total', 'Configurations read again from the file.', ['result'])
      .with(result)
      .add(1);
  }

  /** Asks the workers for fresh numbers; those that do not answer soon count with their last ones. */
  async refresh(): Promise<void> {
    await Promise.all(
      this.#threads().map((thread) => thread.ask({ type: 'report' }, REPORT_TIMEOUT_MS).catch(() => {})),
    );
  }

  /** One set over all workers, dead ones included. */
  metrics(): MetricsSnapshot {
    const { evictions } = this.#options.counters.stats();
    const gauge = (name: string, help: string, value: number) =>
      this.#own.gauge(name, help).with().set(value);
    gauge('cardinal_workers', 'Workers that take connections.', this.listening);
    gauge('cardinal_configuration_generation', 'Number of the configuration in place.', this.#generation);
    gauge(
      'cardinal_counter_evictions',
      'Counter windows forgotten before their end because the table was full.',
      evictions,
    );
    this.#own.counter('cardinal_worker_restarts_total', 'Workers that ended unexpectedly.').with().add(0);
    this.#aggregator.update('supervisor', this.#own.snapshot());
    return this.#aggregator.merged();
  }

  /**
   * Marks addresses of a target in every worker; how many are known to the one that knows most. Rejects when a worker
   * does not answer.
   */
  async markTarget(
    upstreamId: string,
    target: string,
    address: string | undefined,
    healthy: boolean,
  ): Promise<number> {
    const command = { type: 'mark-target', upstreamId, target, address, healthy } as const;
    const found = await this.#askAll(command);
    return Math.max(0, ...found.map(Number));
  }

  /** The level of every worker's log, and of those that are started later. */
  async setLogLevel(level: LogLevel): Promise<void> {
    this.#logLevel = level;
    await this.#askAll({ type: 'log-level', level });
  }

  /** What every instance of a plugin in every worker gave. Rejects with what one threw. */
  async operatePlugin(command: PluginCommand): Promise<readonly unknown[]> {
    return (await this.#askAll({ type: 'operate-plugin', command })).flatMap(
      (answers) => (answers as readonly unknown[] | undefined) ?? [],
    );
  }

  /** The answers of those that did not end meanwhile. */
  async #askAll(command: WorkerCommand): Promise<readonly unknown[]> {
    const answers = await Promise.allSettled(
      this.#threads().map((thread) =>
        thread.ask(command, COMMAND_TIMEOUT_MS).catch((error: unknown) => {
          if (!thread.gone) throw error;
        }),
      ),
    );
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value ?? 0;
    });
  }

  /** Stops accepting and waits for what is in flight. Resolves with the number of requests that were cut. */
  async drain(timeoutMs: number): Promise<number> {
    this.#stop();
    const results = await Promise.allSettled(
      this.#threads().map((thread) => thread.ask({ type: 'drain', timeoutMs }, timeoutMs + DRAIN_MARGIN_MS)),
    );
    return results.reduce(
      (cut, result) => cut + (result.status === 'fulfilled' ? (result.value as { cut: number }).cut : 0),
      0,
    );
  }

  /** Ends all workers; what they had queued for logs is written first. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(
      this.#threads().map(async (thread) => {
        await thread.ask({ type: 'close' }, DRAIN_MARGIN_MS).catch(() => {});
        await thread.terminate();
      }),
    );
  }

  #stop(): void {
    this.#stopping = true;
    for (const slot of this.#slots) clearTimeout(slot.timer);
  }

  #threads(): WorkerThread[] {
    return this.#slots.flatMap((slot) =>
      slot.thread === undefined || slot.thread.gone ? [] : [slot.thread],
    );
  }

  #took(thread: WorkerThread, report: WorkerReport): void {
    this.#aggregator.update(thread.slot, report.metrics);
    this.#options.onTraffic?.(report.traffic);
  }

  /** Watches live traffic; returns how to stop, or undefined when there are too many who watch. */
  openTap(tap: OpenTap): (() => void) | undefined {
    return this.#taps.open(tap);
  }

  /** JSON of a kept request; undefined when no worker has it (any more). */
  async request(requestId: string): Promise<string | undefined> {
    const answers = await this.#answersInTime({ type: 'request', requestId });
    return answers.find((answer) => typeof answer === 'string') as string | undefined;
  }

  /** Kept requests of all workers, newest first. */
  async requests(query: KeptQuery): Promise<readonly RequestRecord[]> {
    const answers = await this.#answersInTime({ type: 'requests', query });
    const all = answers.flatMap((answer) => answer as readonly RequestRecord[]);
    return all.sort((a, b) => b.at - a.at).slice(0, query.limit);
  }

  /** The answers of those that gave one in time. */
  async #answersInTime(command: WorkerCommand): Promise<readonly unknown[]> {
    const answers = await Promise.allSettled(
      this.#threads().map((thread) => thread.ask(command, TAP_TIMEOUT_MS)),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  #tapped(thread: WorkerThread, tap: number, batch: TapBatch): void {
    if (this.#taps.received(tap, batch))
      thread.ask({ type: 'tap-taken', tap }, TAP_TIMEOUT_MS).catch(() => {});
  }

  async #bringUp(slot: Slot): Promise<void> {
    const { log } = this.#options.worker;
    const thread: WorkerThread = new WorkerThread({
      data: {
        ...this.#options.worker,
        slot: slot.number,
        log: { ...log, level: this.#logLevel ?? log.level },
      },
      maxHeapBytes: this.#options.maxHeapBytes,
      onReport: (report) => this.#took(thread, report),
      onTapped: (tap, batch) => this.#tapped(thread, tap, batch),
      onGone: (exitCode, error) => this.#gone(slot, thread, exitCode, error),
    });
    slot.thread = thread;
    slot.servingSince = 0;
    let timer: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        thread.started,
        new Promise((_, reject) => {
          timer = setTimeout(
            () => reject(new WorkerSilent(slot.number, 'start', START_TIMEOUT_MS)),
            START_TIMEOUT_MS,
          );
        }),
      ]);
      await this.#catchUp(thread);
      thread.ready = true;
      if (this.#bound) await this.#bind(thread);
      for (const command of this.#taps.opened()) thread.ask(command, TAP_TIMEOUT_MS).catch(() => {});
      slot.servingSince = performance.now();
      // The configuration may have changed while it was binding.
      await this.#catchUp(thread);
    } catch (error) {
      if (!thread.gone) await thread.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Brings a worker to the current generation, however often that changes meanwhile. */
  #catchUp(thread: WorkerThread): Promise<void> {
    const previous = this.#catching.get(thread) ?? Promise.resolve();
    const next = previous.then(() => this.#catchUpNow(thread));
    this.#catching.set(thread, next);
    return next;
  }

  async #catchUpNow(thread: WorkerThread): Promise<void> {
    while (thread.generation !== this.#generation && this.#configuration !== undefined) {
      const generation = this.#generation;
      const configuration = this.#configuration;
      const delivery = await this.#deliver(thread, configuration);
      await thread.ask({ type: 'prepare', generation, configuration: delivery }, PREPARE_TIMEOUT_MS);
      await thread.ask({ type: 'commit', generation }, COMMIT_TIMEOUT_MS);
      thread.generation = generation;
    }
  }

  #gone(slot: Slot, thread: WorkerThread, exitCode: number, error: Error | undefined): void {
    this.#aggregator.retire(slot.number);
    this.#retiredAccepted += thread.lastReport?.status.connectionsAccepted ?? 0;
    this.#retiredRequests += thread.lastReport?.status.requestsTotal ?? 0;
    if (this.#stopping || slot.thread !== thread) return;
    slot.thread = undefined;
    if (!this.#started) return;
    this.#restarts++;
    this.#own.counter('cardinal_worker_restarts_total', 'Workers that ended unexpectedly.').with().add(1);
    const livedMs = slot.servingSince === 0 ? 0 : performance.now() - slot.servingSince;
    const delayMs = slot.backoff.next(livedMs);
    this.#log.error('a worker ended unexpectedly and is replaced', {
      worker: slot.number,
      exitCode,
      error: error?.message,
      origin: originOf(error),
      delayMs,
    });
    this.#replace(slot, delayMs);
  }

  #replace(slot: Slot, delayMs: number): void {
    slot.timer = setTimeout(() => {
      this.#bringUp(slot).then(
        () => this.#log.notice('worker replaced', { worker: slot.number }),
        (error: Error) => this.#log.error('a worker could not be replaced', { worker: slot.number, error }),
      );
    }, delayMs);
  }
}

/** File and line in which an exception arose: the one thing of a stack that tells whose code it was. */
function originOf(error: Error | undefined): string | undefined {
  return /\(?((?:file:\/\/)?\/[^\s()]+:\d+:\d+)\)?/.exec(error?.stack ?? '')?.[1];
}
