/**
 * Kept connections, one pool per (address, port, TLS identity). Pools belong to the thread, not to a
 * configuration: they live on over reloads, and a pool that nobody uses empties itself.
 */
import type { ResponseHeadLimits } from '../http/response-head.ts';
import type { Deadlines } from '../proxy/deadlines.ts';
import { type ConnectionTarget, UpstreamConnection } from './connection.ts';

export interface PoolSettings {
  /** Most idle connections kept per pool; 0 = none are kept. */
  readonly maxIdle: number;
  /** Exchanges after which a connection is closed. */
  readonly maxUses: number;
  /** Milliseconds that a connection may stay idle. */
  readonly idleTimeoutMs: number;
}

/** Kong: upstream_keepalive_pool_size, _max_requests, _idle_timeout. */
export const DEFAULT_POOL_SETTINGS: PoolSettings = { maxIdle: 512, maxUses: 10_000, idleTimeoutMs: 60_000 };

/** We let go of a connection before the upstream does: less chance to send into a closing one. */
const KEEP_ALIVE_MARGIN_MS = 1000;

export class Pool {
  readonly target: ConnectionTarget;
  private readonly idle: UpstreamConnection[] = [];
  private readonly all = new Set<UpstreamConnection>();
  private readonly settings: PoolSettings;
  private readonly limits: ResponseHeadLimits;
  private readonly deadlines: Deadlines;
  private readonly onUsed: (pool: Pool) => void;
  private readonly onEmpty: (pool: Pool) => void;
  private closed = false;

  constructor(
    target: ConnectionTarget,
    settings: PoolSettings,
    limits: ResponseHeadLimits,
    deadlines: Deadlines,
    onUsed: (pool: Pool) => void,
    onEmpty: (pool: Pool) => void,
  ) {
    this.target = target;
    this.settings = settings;
    this.limits = limits;
    this.deadlines = deadlines;
    this.onUsed = onUsed;
    this.onEmpty = onEmpty;
  }

  /** The connection that was used last, if one is idle: the others may time out. */
  take(): UpstreamConnection | undefined {
    let connection: UpstreamConnection | undefined;
    while ((connection = this.idle.pop()) !== undefined) {
      if (connection.usable) return connection;
    }
    return undefined;
  }

  /** Starts a new connection. */
  connect(): UpstreamConnection {
    const connection = new UpstreamConnection(
      this.target,
      this.limits,
      this.deadlines,
      this.putBack,
      this.forget,
    );
    if (this.all.size === 0) this.onUsed(this);
    this.all.add(connection);
    return connection;
  }

  /** Closes idle connections now and busy ones after their exchange. */
  close(): void {
    this.closed = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  get size(): number {
    return this.all.size;
  }

  get idleCount(): number {
    return this.idle.length;
  }

  /** Gives back a connection that was made but not used. */
  readonly putBack = (connection: UpstreamConnection): void => {
    const { settings, idle } = this;
    if (this.closed || connection.uses >= settings.maxUses || idle.length >= settings.maxIdle) {
      connection.destroy();
      return;
    }
    let limitMs = settings.idleTimeoutMs;
    const said = connection.head.keepAliveTimeout;
    if (said >= 0) limitMs = Math.min(limitMs, Math.max(0, said * 1000 - KEEP_ALIVE_MARGIN_MS));
    if (limitMs === 0) {
      connection.destroy();
      return;
    }
    connection.deadline = this.deadlines.after(limitMs);
    idle.push(connection);
  };

  private readonly forget = (connection: UpstreamConnection): void => {
    this.all.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    if (this.all.size === 0) this.onEmpty(this);
  };
}

/** All pools of this thread. */
export class Pools {
  private readonly pools = new Map<string, Pool>();
  /**
   * Those that have connections. Whoever holds a pool may come back to it after it was empty, and by then another
   * one can stand under its key: closing has to find both.
   */
  private readonly used = new Set<Pool>();
  private readonly settings: PoolSettings;
  private readonly limits: ResponseHeadLimits;
  private readonly deadlines: Deadlines;

  constructor(settings: PoolSettings, limits: ResponseHeadLimits, deadlines: Deadlines) {
    this.settings = settings;
    this.limits = limits;
    this.deadlines = deadlines;
  }

  /** The pool for an address; `tlsKey` identifies everything that makes two TLS connections different. */
  for(target: ConnectionTarget, tlsKey: string): Pool {
    const key = `${tlsKey}|${target.ip}|${target.port}`;
    let pool = this.pools.get(key);
    if (pool === undefined) {
      pool = new Pool(target, this.settings, this.limits, this.deadlines, this.onUsed, (empty) => {
        this.used.delete(empty);
        if (this.pools.get(key) === empty) this.pools.delete(key);
      });
      this.pools.set(key, pool);
    }
    return pool;
  }

  private readonly onUsed = (pool: Pool): void => {
    this.used.add(pool);
  };

  /** Ends all connections after their exchange. */
  close(): void {
    for (const pool of this.pools.values()) pool.close();
    for (const pool of this.used) pool.close();
  }

  get size(): number {
    return this.pools.size;
  }
}
