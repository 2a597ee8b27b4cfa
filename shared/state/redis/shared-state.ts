/**
 * State in Redis as requests may use it: no call takes longer than `max_wait`, and after the first that fails nobody
 * waits at all until a probe in the background has found Redis answering again (a circuit breaker that opens at once).
 * What a caller does without Redis is its own affair.
 *
 * Never throws, never queues, never lets an error of ioredis out: those hold the arguments of their command.
 */
import type { PluginKit } from '../../plugins/contract.ts';
import { makeClient, type RedisClient } from './client.ts';
import { type RedisConfig, shownAddress } from './config.ts';

const { hash } = process.getBuiltinModule('node:crypto');

const FIRST_PROBE_MS = 100;
const MAX_PROBE_MS = 2000;
/** A breaker that opens again sooner than this after it closed probes more rarely. */
const STABLE_MS = 5000;

/** Redis has not answered, or is not asked at this moment. */
export class RedisUnavailable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'RedisUnavailable';
  }
}

export interface SharedState {
  /** False: a call would be refused at once. */
  readonly available: boolean;
  readonly address: string;
  /** One for each way of reaching a Redis; says nothing of its password. */
  readonly key: string;
  /**
   * Runs `work` on the client and gives what it gives. Rejects with RedisUnavailable after `max_wait` at the latest. What
   * has timed out may have been carried out all the same.
   */
  run<T>(work: (client: RedisClient) => Promise<T>): Promise<T>;
}

/** The state behind one configuration: one connection for all plugins and generations that name the same Redis. */
export function openSharedState(config: RedisConfig, kit: PluginKit): SharedState {
  return kit.keep(
    keyOf(config),
    () => new RedisState(config, kit),
    (state) => state.close(),
  );
}

/** Hashed: there is a password in it. */
function keyOf(config: RedisConfig): string {
  return `shared:redis:${hash('sha256', JSON.stringify(config), 'base64url')}`;
}

type Condition = 'starting' | 'closed' | 'open' | 'ended';

export class RedisState implements SharedState {
  readonly address: string;
  readonly key: string;
  readonly #config: RedisConfig;
  readonly #log: PluginKit['log'];
  readonly #failures: (reason: 'timeout' | 'connection' | 'refused') => void;
  readonly #openGauge: { set(value: number): void };
  readonly #refusal: RedisUnavailable;
  #client: RedisClient | undefined;
  /** Resolves when the first attempt to connect has ended, whichever way. */
  readonly #started: Promise<void>;
  #endStart: () => void = () => {};
  #condition: Condition = 'starting';
  #probe: NodeJS.Timeout | undefined;
  #probeMs = FIRST_PROBE_MS;
  #closedAt = 0;
  #answeredAt = performance.now();
  #lastError = '';

  constructor(config: RedisConfig, kit: Pick<PluginKit, 'log' | 'metrics'>) {
    this.#config = config;
    this.#log = kit.log;
    this.address = shownAddress(config);
    this.key = keyOf(config);
    const counter = kit.metrics.counter(
      'cardinal_redis_failures_total',
      'Calls to Redis that failed, by reason; they were answered without it',
      ['redis', 'reason'],
    );
    const reasons = {
      timeout: counter.with(this.address, 'timeout'),
      connection: counter.with(this.address, 'connection'),
      refused: counter.with(this.address, 'refused'),
    };
    this.#failures = (reason) => reasons[reason].add(1);
    this.#openGauge = kit.metrics
      .gauge('cardinal_redis_breakers_open', 'Workers that do without this Redis at the moment', ['redis'])
      .with(this.address);
    this.#openGauge.set(0);
    this.#refusal = new RedisUnavailable(`Redis ${this.address} is not asked: its breaker is open`);
    this.#started = new Promise((resolve) => {
      this.#endStart = resolve;
    });
    void this.#connect();
  }

  get available(): boolean {
    return this.#condition === 'closed' || this.#condition === 'starting';
  }

  run<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#condition === 'closed') return this.#bounded(work(this.#client!), this.#config.max_wait);
    if (this.#condition !== 'starting') return Promise.reject(this.#refusal);
    return this.#bounded(
      this.#started.then(() => {
        if (this.#condition !== 'closed') throw this.#refusal;
        return work(this.#client!);
      }),
      this.#config.max_wait,
    );
  }

  async close(): Promise<void> {
    if (this.#condition === 'ended') return;
    this.#condition = 'ended';
    clearTimeout(this.#probe);
    this.#openGauge.set(0);
    this.#endStart();
    const client = this.#client;
    if (client === undefined || client.status === 'end') return;
    const idle = client.status === 'reconnecting';
    const ended = new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, 500).unref();
      client.once('end', () => {
        clearTimeout(limit);
        resolve();
      });
    });
    client.disconnect();
    if (!idle) await ended;
  }

  async #connect(): Promise<void> {
    let client: RedisClient;
    try {
      client = await makeClient(this.#config);
    } catch (error) {
      this.#lastError = (error as Error).message;
      this.#open('connection');
      return;
    }
    this.#client = client;
    client.on('error', (error: Error) => {
      this.#lastError = error.message;
      if (this.#condition === 'starting') this.#open('connection');
    });
    client.on('ready', () => {
      this.#answeredAt = performance.now();
      this.#lastError = '';
      this.#close();
    });
    client.on('close', () => this.#open('connection'));
    if (this.#condition === 'ended') client.disconnect();
  }

  /** Settles as `call` does, or rejects after `limitMs`; a failure opens the breaker. */
  #bounded<T>(call: Promise<T>, limitMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const timer = setTimeout(() => {
        // A loop that was busy for long has the answer in its socket already: it is read before this runs.
        setImmediate(() => {
          if (over) return;
          over = true;
          this.#lastError = `no answer within ${limitMs} ms`;
          this.#open('timeout');
          reject(new RedisUnavailable(`Redis ${this.address} did not answer within ${limitMs} ms`));
        });
      }, limitMs);
      call.then(
        (answer) => {
          this.#answeredAt = performance.now();
          if (over) return;
          over = true;
          clearTimeout(timer);
          resolve(answer);
        },
        (error: Error) => {
          if (over) return;
          over = true;
          clearTimeout(timer);
          if (error === this.#refusal) {
            reject(error);
            return;
          }
          const refused = error.name === 'ReplyError';
          if (refused) this.#answeredAt = performance.now();
          this.#lastError = error.message;
          this.#open(refused ? 'refused' : 'connection');
          reject(new RedisUnavailable(`Redis ${this.address}: ${error.message}`));
        },
      );
    });
  }

  #open(reason: 'timeout' | 'connection' | 'refused'): void {
    if (this.#condition === 'ended') return;
    this.#failures(reason);
    if (this.#condition === 'open') return;
    const wasStarting = this.#condition === 'starting';
    this.#condition = 'open';
    if (wasStarting) this.#endStart();
    this.#openGauge.set(1);
    this.#probeMs =
      performance.now() - this.#closedAt < STABLE_MS
        ? Math.min(this.#probeMs * 2, MAX_PROBE_MS)
        : FIRST_PROBE_MS;
    this.#log.warn('Redis does not answer: going on without it', {
      redis: this.address,
      reason: this.#lastError,
    });
    this.#probeSoon();
  }

  #close(): void {
    const before = this.#condition;
    if (before === 'ended' || before === 'closed') return;
    this.#condition = 'closed';
    this.#closedAt = performance.now();
    clearTimeout(this.#probe);
    this.#openGauge.set(0);
    if (before === 'starting') this.#endStart();
    else this.#log.info('Redis answers again', { redis: this.address });
  }

  /** One question in the background decides whether requests may ask again; none of them waits for it. */
  #probeSoon(): void {
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => void this.#ask(), this.#probeMs * (0.75 + Math.random() / 2)).unref();
  }

  async #ask(): Promise<void> {
    const client = this.#client;
    if (this.#condition !== 'open') return;
    if (client?.status === 'ready') {
      const asked = performance.now();
      const answer = client.ping().then(
        () => {
          this.#answeredAt = performance.now();
          return true;
        },
        () => false,
      );
      const inTime = await Promise.race([
        answer,
        new Promise<false>((resolve) => setTimeout(resolve, this.#config.max_wait, false).unref()),
      ]);
      if (this.#condition !== 'open') return;
      if (inTime) {
        this.#close();
        return;
      }
      // Silent for long: the connection itself may be dead without anybody having said so.
      if (asked - this.#answeredAt > this.#config.timeout) {
        this.#answeredAt = performance.now();
        client.disconnect(true);
      }
    } else if (client?.status === 'end') {
      // Given up by the client itself (a first look-up of a primary): begin anew.
      void client.connect().catch(() => {});
    }
    this.#probeMs = Math.min(this.#probeMs * 1.5, MAX_PROBE_MS);
    this.#probeSoon();
  }
}
