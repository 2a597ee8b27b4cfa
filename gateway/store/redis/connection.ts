/**
 * One client of a Redis server, of what sentinels say is the master, or of a cluster, with an end to every wait:
 * ioredis by itself queues without limit, waits for an answer for ever, and sends again what may have been done
 * already. Nothing here is sent twice. Errors of ioredis are never passed on as a cause: they hold the arguments of
 * their command, and that of AUTH is the password.
 */
import { createHash } from 'node:crypto';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { connectGuarded, guardNodes } from '../../../shared/state/redis/guarded.ts';
import { StoreUnavailable } from '../contract.ts';
import type { RedisLocation } from '../location.ts';
import type { RedisScript } from './scripts.ts';

/** How long a call waits for a connection that is being made. */
const READY_MS = 500;
/** How long a command may take. Together with `READY_MS` and looking after a lost answer: under two seconds. */
const ANSWER_MS = 900;
/** A large value may take longer: this much for each million characters. */
const ANSWER_MS_PER_MILLION = 1000;
const ANSWER_LIMIT_MS = 10_000;
const CONNECT_MS = 1000;
const MAX_RECONNECT_PAUSE_MS = 500;

/** No answer came: nobody knows whether the command was carried out. */
export class AnswerLost extends StoreUnavailable {}

export class RedisConnection {
  readonly #location: RedisLocation;
  /** Where it leads, without credentials. */
  readonly shown: string;
  readonly #ca: string | undefined;
  readonly #client: Redis | Cluster;
  #subscriber: Redis | undefined;
  #becomesReady: Promise<boolean> | undefined;
  /** Counts connections: an answer that is late must not end a connection that was made after the question. */
  #connections = 0;
  /** ioredis still says `ready` of a connection that it was told to end. */
  #isReady = false;
  #lastError = '';
  #closed = false;

  constructor(location: RedisLocation, ca: string | undefined) {
    this.#location = location;
    this.shown = location.shown;
    this.#ca = ca;
    this.#client = location.topology === 'cluster' ? clusterClient(location, ca) : client(location, ca);
    this.#client.on('ready', () => {
      this.#connections++;
      this.#isReady = true;
      this.#lastError = '';
    });
    this.#client.on('close', () => {
      this.#isReady = false;
    });
    this.#client.on('error', (error: Error) => {
      this.#lastError = error.message;
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Rejects with StoreUnavailable when there is no connection within `limitMs`. */
  async ready(limitMs: number = READY_MS): Promise<void> {
    if (this.#closed) throw new StoreUnavailable(`the store ${this.shown} is closed`);
    if (this.#isReady) return;
    this.#becomesReady ??= this.#waitReady(limitMs).finally(() => {
      this.#becomesReady = undefined;
    });
    if (await this.#becomesReady) return;
    const reason = this.#lastError === '' ? 'it does not answer' : this.#lastError;
    throw new StoreUnavailable(`the store ${this.shown} cannot be reached: ${reason}`);
  }

  /**
   * `length`: characters that are sent or expected, for the time that is given. Rejects with AnswerLost when the
   * command may have been carried out, else with StoreUnavailable.
   */
  async call<T>(run: (client: Redis | Cluster) => Promise<T>, length = 0): Promise<T> {
    await this.ready();
    const connection = this.#connections;
    const limitMs = Math.min(ANSWER_MS + (length / 1e6) * ANSWER_MS_PER_MILLION, ANSWER_LIMIT_MS);
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new AnswerLost(`the store ${this.shown} did not answer within ${Math.round(limitMs)} ms`));
        // What else waits on this connection would wait in vain as well.
        if (connection === this.#connections && this.#isReady) this.#reconnect();
      }, limitMs);
      run(this.#client).then(
        (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        (error: Error) => {
          clearTimeout(timer);
          reject(this.#asStoreError(error));
        },
      );
    });
  }

  run(script: RedisScript, keys: readonly string[], args: readonly string[], length = 0): Promise<unknown> {
    return this.call(async (redis) => {
      try {
        return await redis.evalsha(hashOf(script), script.keys, ...keys, ...args);
      } catch (error) {
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
        return await redis.eval(script.source, script.keys, ...keys, ...args);
      }
    }, length);
  }

  /**
   * Calls back for each message until the connection is closed. Messages can be lost; in a cluster there are none:
   * ioredis's subscriber there goes round in circles while a node is frozen.
   */
  subscribe(channel: string, received: (message: string) => void): void {
    if (this.#closed || this.#subscriber !== undefined || this.#location.topology === 'cluster') return;
    const subscriber = client(this.#location, this.#ca);
    this.#subscriber = subscriber;
    subscriber.on('error', () => {});
    subscriber.on('message', (_channel: string, message: string) => received(message));
    subscriber.on('ready', () => void subscriber.subscribe(channel).catch(() => {}));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([ended(this.#client), ended(this.#subscriber)]);
  }

  async #waitReady(limitMs: number): Promise<boolean> {
    const redis = this.#client;
    // What ended without being closed (the first look-up of a master that was given up) begins anew.
    if (redis.status === 'end') void redis.connect().catch(() => {});
    const isReady = await new Promise<boolean>((resolve) => {
      const settle = (result: boolean): void => {
        clearTimeout(timer);
        redis.off('ready', onReady);
        redis.off('error', onError);
        resolve(result);
      };
      // A wrong password does not become right by waiting.
      const onError = (error: Error): void => {
        if (/WRONGPASS|NOAUTH|NOPERM/.test(error.message)) settle(false);
      };
      const onReady = (): void => settle(true);
      const timer = setTimeout(() => settle(false), limitMs);
      redis.on('ready', onReady);
      redis.on('error', onError);
    });
    // Connected, but silent during the handshake: a frozen server. A new connection is the only thing to try.
    if (!isReady && redis.status === 'connect') this.#reconnect();
    return isReady && !this.#closed;
  }

  #reconnect(): void {
    this.#isReady = false;
    this.#client.disconnect(true);
  }

  #asStoreError(error: Error): StoreUnavailable {
    if (error.name === 'ReplyError')
      return new StoreUnavailable(`the store ${this.shown} refuses: ${error.message}`);
    return new AnswerLost(`the store ${this.shown} was lost while it was asked: ${error.message}`);
  }
}

const hashes = new WeakMap<RedisScript, string>();

function hashOf(script: RedisScript): string {
  let hash = hashes.get(script);
  if (hash === undefined) {
    hash = createHash('sha1').update(script.source).digest('hex');
    hashes.set(script, hash);
  }
  return hash;
}

function pauseBefore(attempt: number): number {
  return Math.min(50 * attempt, MAX_RECONNECT_PAUSE_MS);
}

function commonOptions(location: RedisLocation, ca: string | undefined): RedisOptions {
  const { username, password, db, tls } = location;
  return {
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: ca === undefined ? {} : { ca } }),
    connectionName: 'cardinal-store',
    disableClientInfo: true,
    connectTimeout: CONNECT_MS,
    // A frozen server never says goodbye.
    disconnectTimeout: 50,
    // The last resort: every command has an earlier end in `call`.
    commandTimeout: ANSWER_LIMIT_MS + 1000,
    keepAlive: 10_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
  };
}

function client(location: RedisLocation, ca: string | undefined): Redis {
  const options: RedisOptions = {
    ...commonOptions(location, ca),
    lazyConnect: true,
    retryStrategy: pauseBefore,
    // The master that sentinels named has become a replica: ask them again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
  };
  if (location.topology === 'single')
    return connectGuarded(new Redis({ ...options, ...location.addresses[0] }));
  const { sentinelUsername, sentinelPassword } = location;
  const redis = new Redis({
    ...options,
    sentinels: [...location.addresses],
    name: location.master,
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(options.tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: options.tls }),
    sentinelCommandTimeout: READY_MS,
    sentinelRetryStrategy: pauseBefore,
  });
  return connectGuarded(redis);
}

function clusterClient(location: RedisLocation, ca: string | undefined): Cluster {
  const options: ClusterOptions = {
    clusterRetryStrategy: pauseBefore,
    enableOfflineQueue: false,
    slotsRefreshTimeout: CONNECT_MS,
    maxRedirections: 4,
    // Zero: what was sent is not sent again by itself.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: commonOptions(location, ca),
  };
  return guardNodes(new Cluster([...location.addresses], options));
}

async function ended(redis: Redis | Cluster | undefined): Promise<void> {
  if (redis === undefined || redis.status === 'end') return;
  const end = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CONNECT_MS).unref();
    redis.once('end', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  // Between two attempts there is nothing that could end, and no event comes.
  const isIdle = redis.status === 'reconnecting';
  redis.disconnect();
  if (!isIdle) await end;
}
