/**
 * rate-limiting: at most so many requests in fixed calendar windows, counted by consumer, credential,
 * address, service, header or path. Counted within the node, a refused request is counted nowhere, and one request
 * more than the limit is never let through, whatever the concurrency of its workers; in Redis the same holds for all
 * nodes, but refused requests count too.
 */
import type { Infer } from '../../config/schema/field.ts';
import { RedisWindows } from '../../state/redis/fixed-windows.ts';
import { openSharedState } from '../../state/redis/shared-state.ts';
import { SyncedWindows } from '../../state/redis/synced-windows.ts';
import {
  type AccessExchange,
  type CounterWindow,
  definePlugin,
  type Exchange,
  type PluginInstance,
  type PluginKit,
  type ResponseExchange,
  type WindowCounters,
} from '../contract.ts';
import { identify } from './identifier.ts';
import { RateLimitFields } from './rate-limit-fields.ts';
import schema from './schema.ts';
import { PERIODS, windowEnd, windowStart } from './windows.ts';

const { hash } = process.getBuiltinModule('node:crypto');

const NAME = 'rate-limiting';

/** One configured limit; `start` and `end` move with the clock, at most once a second. */
interface Window extends CounterWindow {
  readonly keySuffix: string;
  readonly limitHeader: string;
  readonly remainingHeader: string;
  readonly limitText: string;
}

/** What `access` leaves for `response`. */
interface Outcome {
  readonly remaining: readonly number[];
  /** Index of the window with the least left, and seconds until it ends. */
  readonly tightest: number;
  readonly resetSeconds: number;
  readonly refused: boolean;
  /** Second of the decision. */
  readonly second: number;
}

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 910,
  schema,
  create(config, kit) {
    // Shorter than the ids it stands for: the key is hashed with each request.
    const scope = hash(
      'sha256',
      `${kit.plugin.route?.id ?? '-'}:${kit.plugin.service?.id ?? '-'}`,
      'base64url',
    ).slice(0, 16);
    const windows = PERIODS.flatMap((period): Window[] => {
      const limit = config[period];
      if (limit === null) return [];
      const suffix = period[0]!.toUpperCase() + period.slice(1);
      return [
        {
          key: '',
          start: 0,
          end: 0,
          limit,
          keySuffix: `:${period}`,
          limitHeader: `X-RateLimit-Limit-${suffix}`,
          remainingHeader: `X-RateLimit-Remaining-${suffix}`,
          limitText: String(limit),
        },
      ];
    });
    const periods = PERIODS.filter((period) => config[period] !== null);
    const usage: number[] = [];
    const { error_code: status } = config;
    const by = { limitBy: config.limit_by, headerName: config.header_name, path: config.path };
    const failed = kit.metrics
      .counter('cardinal_rate_limiting_errors_total', 'Requests whose rate limit could not be checked')
      .with();
    const fields = config.ietf_headers
      ? new RateLimitFields(windows.map(({ limit }, at) => ({ name: periods[at]!, limit })))
      : undefined;
    const { remote, counters } = countersOf(config, windows, kit);
    let windowsAt = -1;

    function moveWindows(second: number): void {
      windowsAt = second;
      for (let index = 0; index < windows.length; index++) {
        const window = windows[index]!;
        if (second >= window.start && second < window.end) continue;
        window.start = windowStart(periods[index]!, second);
        window.end = windowEnd(periods[index]!, window.start);
      }
    }

    function outcome(second: number, refusedBy: number, usage: readonly number[]): Outcome {
      const remaining: number[] = new Array(windows.length);
      let tightest = 0;
      for (let index = 0; index < windows.length; index++) {
        const left = Math.max(0, windows[index]!.limit - usage[index]!);
        remaining[index] = left;
        // Of two that have the same left, the longer one is the more constraining.
        if (left <= remaining[tightest]!) tightest = index;
      }
      const resetSeconds = windows[tightest]!.end - second;
      return { remaining, tightest, resetSeconds, refused: refusedBy !== -1, second };
    }

    function setHeaders(exchange: ResponseExchange): void {
      const noted = outcomeOf(exchange);
      if (noted === undefined) return;
      const headers = exchange.response.headers;
      let tightest = '';
      for (let index = 0; index < windows.length; index++) {
        const window = windows[index]!;
        const remaining = String(noted.remaining[index]);
        if (index === noted.tightest) tightest = remaining;
        headers.set(window.limitHeader, window.limitText);
        headers.set(window.remainingHeader, remaining);
      }
      headers.set('RateLimit-Limit', windows[noted.tightest]!.limitText);
      headers.set('RateLimit-Remaining', tightest);
      headers.set('RateLimit-Reset', String(noted.resetSeconds));
      if (noted.refused) headers.set('Retry-After', String(noted.resetSeconds));
      if (fields !== undefined) {
        const lengths = windows.map(({ start, end }) => end - start);
        const resets = windows.map(({ end }) => end - noted.second);
        fields.write(headers, lengths, noted.remaining, resets);
      }
    }

    function failedToCount(exchange: AccessExchange, error: unknown): void {
      failed.add(1);
      kit.log.error('failed to get usage', { error });
      if (!config.fault_tolerant) exchange.fail(500, 'An unexpected error occurred');
    }

    function decide(
      exchange: AccessExchange,
      second: number,
      refusedBy: number,
      usage: readonly number[],
    ): void {
      if (!config.hide_client_headers) exchange.note(NAME, outcome(second, refusedBy, usage));
      if (refusedBy !== -1) exchange.fail(status, config.error_message);
    }

    const instance: PluginInstance = {
      access(exchange) {
        const nowMs = kit.now();
        const second = Math.floor(nowMs / 1000);
        if (second !== windowsAt) moveWindows(second);
        const identity = scope + identify(exchange, by);
        for (const window of windows) window.key = identity + window.keySuffix;
        if (remote !== undefined) {
          const counted: number[] = [];
          return remote.take(windows, nowMs, counted).then(
            (refusedBy) => decide(exchange, second, refusedBy, counted),
            (error) => failedToCount(exchange, error),
          );
        }
        let refusedBy: number;
        try {
          refusedBy = counters.take(windows, usage);
        } catch (error) {
          failedToCount(exchange, error);
          return;
        }
        decide(exchange, second, refusedBy, usage);
      },
    };
    if (!config.hide_client_headers) instance.response = setHeaders;
    return instance;
  },
});

/** Where requests are counted: at once and here, or by asking Redis. */
function countersOf(
  config: Pick<Infer<typeof schema.config.fields>, 'policy' | 'sync_rate' | 'fault_tolerant' | 'redis'>,
  windows: readonly CounterWindow[],
  kit: PluginKit,
): { readonly remote: RedisWindows | undefined; readonly counters: WindowCounters } {
  if (config.policy !== 'redis') return { remote: undefined, counters: kit.counters };
  const state = openSharedState(config.redis, kit);
  const prefix = 'cardinal:rate-limiting';
  if (config.sync_rate !== -1) {
    const key = `${state.key}:synced:${config.sync_rate}`;
    const counters = kit.keep(
      key,
      () => new SyncedWindows({ state, prefix, intervalMs: config.sync_rate * 1000, now: kit.now }),
      (synced) => synced.close(),
    );
    return { remote: undefined, counters };
  }
  const fallbacks = kit.metrics
    .counter(
      'cardinal_rate_limiting_fallbacks_total',
      'Windows that were counted within the node because Redis could not be asked',
    )
    .with();
  const remote = new RedisWindows(
    windows.map(({ limit }) => limit),
    {
      state,
      prefix,
      fallback: config.fault_tolerant ? kit.counters : undefined,
      onFallback: () => fallbacks.add(1),
    },
  );
  return { remote, counters: kit.counters };
}

function outcomeOf(exchange: Exchange): Outcome | undefined {
  return exchange.noted(NAME) as Outcome | undefined;
}
