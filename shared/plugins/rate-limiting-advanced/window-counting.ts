/**
 * The ways in which a request is counted in all windows of a plugin: sliding or fixed, within the node, brought together
 * in Redis every so often, or in Redis at once with the node's counters as what stands in.
 */

import type { RedisConfig } from '../../state/redis/config.ts';
import { RedisWindows } from '../../state/redis/fixed-windows.ts';
import { openSharedState } from '../../state/redis/shared-state.ts';
import { RedisSlidingWindows } from '../../state/redis/sliding-windows.ts';
import { SyncedWindows } from '../../state/redis/synced-windows.ts';
import { type SlidingLimit, type SlidingUsage, SlidingWindows } from '../../state/sliding-windows.ts';
import type { CounterWindow, PluginKit, WindowCounters } from '../contract.ts';

const PREFIX = 'cardinal:rate-limiting-advanced';

/** Counts one; the index of the limit that refused, or -1. May change `out` later only when it gave a promise. */
export type Take = (identity: string, nowMs: number, out: SlidingUsage) => number | Promise<number>;

export interface CountingOptions {
  readonly limits: readonly SlidingLimit[];
  readonly sliding: boolean;
  readonly penalty: boolean;
  readonly strategy: 'local' | 'redis' | 'cluster';
  readonly syncRate: number;
  readonly redis: RedisConfig;
}

export function makeTake(options: CountingOptions, kit: PluginKit): Take {
  const { strategy, syncRate } = options;
  if (strategy !== 'redis' || syncRate === -1) return within(options, kit.counters);
  const state = openSharedState(options.redis, kit);
  if (syncRate > 0) {
    const synced = kit.keep(
      `${state.key}:synced:${syncRate}`,
      () => new SyncedWindows({ state, prefix: PREFIX, intervalMs: syncRate * 1000, now: kit.now }),
      (one) => one.close(),
    );
    return within(options, synced);
  }
  const { limits, penalty } = options;
  const fallbacks = kit.metrics
    .counter(
      'cardinal_rate_limiting_fallbacks_total',
      'Windows that were counted within the node because Redis could not be asked',
    )
    .with();
  if (options.sliding) {
    const here = within(options, kit.counters);
    const remote = new RedisSlidingWindows(limits, state, PREFIX);
    return (identity, nowMs, out) =>
      remote.take(identity, nowMs, penalty, out).catch(() => {
        fallbacks.add(limits.length);
        return here(identity, nowMs, out);
      });
  }
  const remote = new RedisWindows(
    limits.map(({ limit }) => limit),
    { state, prefix: PREFIX, fallback: kit.counters, onFallback: () => fallbacks.add(1) },
  );
  const windows = fixedWindows(limits);
  return (identity, nowMs, out) => {
    moveTo(windows, limits, identity, nowMs, out);
    return remote.take(windows, nowMs, out.used);
  };
}

function within(options: CountingOptions, counters: WindowCounters): Take {
  const { limits, penalty } = options;
  if (options.sliding) {
    const sliding = new SlidingWindows(limits, counters);
    return (identity, nowMs, out) => sliding.take(identity, nowMs, penalty, out);
  }
  const windows = fixedWindows(limits);
  return (identity, nowMs, out) => {
    moveTo(windows, limits, identity, nowMs, out);
    return counters.take(windows, out.used);
  };
}

function fixedWindows(limits: readonly SlidingLimit[]): CounterWindow[] {
  return limits.map(({ limit }) => ({ key: '', start: 0, end: 0, limit }));
}

/** Windows begin at multiples of their size. */
function moveTo(
  windows: readonly CounterWindow[],
  limits: readonly SlidingLimit[],
  identity: string,
  nowMs: number,
  out: SlidingUsage,
): void {
  for (let index = 0; index < windows.length; index++) {
    const window = windows[index]!;
    const { name, sizeMs } = limits[index]!;
    const number = Math.floor(nowMs / sizeMs);
    window.key = identity + name;
    window.start = number;
    window.end = Math.ceil(((number + 1) * sizeMs) / 1000);
    out.resetMs[index] = (number + 1) * sizeMs - nowMs;
  }
}
