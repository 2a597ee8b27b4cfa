/**
 * Fixed windows counted in Redis at once, one atomic script a window (rate-limiter-flexible): exact over any number of
 * nodes. All windows of a request go out in one write, and each counts, also when another refuses (as Kong's policy
 * `redis`). Without Redis the node's own counters stand in as the limiters' insurance, if the caller wants that.
 */
import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { CounterWindow, WindowCounters } from '../../plugins/contract.ts';
import type { SharedState } from './shared-state.ts';

const { hash } = process.getBuiltinModule('node:crypto');

const MAX_KEY_LENGTH = 128;

type Limiter = import('rate-limiter-flexible').RateLimiterRedis;

export interface FixedWindowsOptions {
  readonly state: SharedState;
  /** What keys in Redis begin with. */
  readonly prefix: string;
  /** Count here when Redis cannot; undefined: the call rejects. */
  readonly fallback: WindowCounters | undefined;
  /** Hears of every window that was counted by the fallback. */
  readonly onFallback: () => void;
}

/** One per plugin instance; the order of the windows in each `take` is the order of `limits`. */
export class RedisWindows {
  readonly #loading: Promise<readonly Limiter[]>;
  #limiters: readonly Limiter[] | undefined;

  constructor(limits: readonly number[], options: FixedWindowsOptions) {
    this.#loading = makeLimiters(limits, options);
    this.#loading.then(
      (limiters) => {
        this.#limiters = limiters;
      },
      // Told to whoever takes.
      () => {},
    );
  }

  /**
   * Counts one in every window. Resolves with the index of the first window that refused, or -1; `usage` gets the counts,
   * at most the limit. Rejects with RedisUnavailable when there is no fallback. The windows may be changed at once.
   */
  async take(windows: readonly CounterWindow[], nowMs: number, usage: number[]): Promise<number> {
    const copies = windows.map((window) => ({ ...window }));
    const limiters = this.#limiters ?? (await this.#loading);
    const results = await Promise.allSettled(
      copies.map((window, index) =>
        limiters[index]!.consume(`${shortened(window.key)}:${window.start}`, 1, {
          // A second more, so that no clock that is a little late begins a window anew.
          customDuration: Math.max(1, Math.ceil(window.end - nowMs / 1000) + 1),
          window,
        }),
      ),
    );
    let refusedBy = -1;
    for (const [index, result] of results.entries()) {
      const answer: unknown = result.status === 'fulfilled' ? result.value : result.reason;
      if (answer instanceof Error) throw answer;
      const { consumedPoints } = answer as RateLimiterRes;
      usage[index] = Math.min(consumedPoints, copies[index]!.limit);
      if (result.status === 'rejected' && refusedBy === -1) refusedBy = index;
    }
    return refusedBy;
  }
}

/** Clients choose parts of keys (a header): Redis need not keep long ones. */
function shortened(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : hash('sha256', key, 'base64url');
}

async function makeLimiters(
  limits: readonly number[],
  { state, prefix, fallback, onFallback }: FixedWindowsOptions,
): Promise<readonly Limiter[]> {
  const [{ default: RateLimiterRedis }, { default: RateLimiterAbstract }, { default: Outcome }] =
    await Promise.all([
      import('rate-limiter-flexible/lib/RateLimiterRedis.js'),
      import('rate-limiter-flexible/lib/RateLimiterAbstract.js'),
      import('rate-limiter-flexible/lib/RateLimiterRes.js'),
    ]);

  /** The limiters' way to Redis: each command has its bound and its breaker. */
  const storeClient = {
    lua: '',
    defineCommand(_name: string, { lua }: { lua: string }) {
      storeClient.lua = lua;
    },
    rlflxIncr: (args: string[]) =>
      state.run((client) => {
        const defined = client as unknown as { rlflxIncr?: (args: string[]) => Promise<unknown> };
        if (defined.rlflxIncr === undefined)
          client.defineCommand('rlflxIncr', { numberOfKeys: 1, lua: storeClient.lua });
        return defined.rlflxIncr!(args);
      }),
  };

  class OwnCounters extends RateLimiterAbstract {
    override async consume(
      _key: string | number,
      _points = 1,
      options: { readonly window?: CounterWindow } = {},
    ): Promise<RateLimiterRes> {
      onFallback();
      const usage: number[] = [];
      const refused = fallback!.take([options.window!], usage) !== -1;
      const outcome = new Outcome(0, 0, usage[0]);
      if (refused) throw outcome;
      return outcome;
    }
  }

  return limits.map((limit) => {
    // A limit of 1.5 lets the second request through, as counting here does.
    const base = { points: Math.ceil(limit), duration: 1, keyPrefix: prefix };
    return new RateLimiterRedis({
      ...base,
      storeClient,
      ...(fallback !== undefined && { insuranceLimiter: new OwnCounters(base) }),
    });
  });
}
