/**
 * response-ratelimiting: the upstream says with each response how much of which limit it has used up; who has used a
 * limit up gets no more responses that use it.
 */
import { openSharedState } from '../../state/redis/shared-state.ts';
import {
  type AccessExchange,
  type Answer,
  type CounterWindow,
  definePlugin,
  type PluginInstance,
  type ResponseExchange,
  type ResponseWatcher,
} from '../contract.ts';
import { identify } from '../rate-limiting/identifier.ts';
import { PERIODS, type Period, windowEnd, windowStart } from '../rate-limiting/windows.ts';
import schema from './schema.ts';
import { LocalUsage, RedisUsage, type Usage } from './usage.ts';

const { hash } = process.getBuiltinModule('node:crypto');

const NAME = 'response-ratelimiting';
const TOO_MANY: Answer = { status: 429, body: Buffer.alloc(0) };
/** What one response may use at most: larger numbers are the upstream's mistake. */
const MAX_AMOUNT = 1_000_000_000;

interface LimitWindow extends CounterWindow {
  readonly period: Period;
  readonly limitHeader: string;
  readonly remainingHeader: string;
  readonly limitText: string;
}

interface Limit {
  readonly name: string;
  readonly upstreamHeader: string;
  /** Into the list of all windows. */
  readonly from: number;
  readonly to: number;
}

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 900,
  schema,
  create(config, kit) {
    const scope = hash(
      'sha256',
      `response:${kit.plugin.route?.id ?? '-'}:${kit.plugin.service?.id ?? '-'}`,
      'base64url',
    ).slice(0, 16);
    const windows: LimitWindow[] = [];
    const limits: Limit[] = [];
    for (const [name, periods] of Object.entries(config.limits)) {
      const from = windows.length;
      for (const period of PERIODS) {
        const limit = periods[period];
        if (limit === null) continue;
        const suffix = `${name}-${period[0]!.toUpperCase()}${period.slice(1)}`;
        windows.push({
          key: '',
          start: 0,
          end: 0,
          limit,
          period,
          limitHeader: `X-RateLimit-Limit-${suffix}`,
          remainingHeader: `X-RateLimit-Remaining-${suffix}`,
          limitText: String(limit),
        });
      }
      limits.push({ name, upstreamHeader: `X-RateLimit-Remaining-${name}`, from, to: windows.length });
    }
    const keySuffixes = limits.flatMap(({ name, from, to }) =>
      windows.slice(from, to).map(({ period }) => `:${name}:${period}`),
    );
    const by = { limitBy: config.limit_by, headerName: null, path: null };
    const { header_name: headerName, block_on_first_violation: blocks } = config;
    const local = new LocalUsage(kit.counters);
    const usage: Usage =
      config.policy === 'redis'
        ? new RedisUsage(openSharedState(config.redis, kit), local, config.fault_tolerant, kit.now)
        : local;
    const failed = kit.metrics
      .counter('cardinal_rate_limiting_errors_total', 'Requests whose rate limit could not be checked')
      .with();

    /** Watches one response for what it uses. */
    class Uses implements ResponseWatcher {
      readonly windows: readonly CounterWindow[];
      readonly used: readonly number[];
      readonly remaining: number[];

      constructor(copies: readonly CounterWindow[], used: readonly number[]) {
        this.windows = copies;
        this.used = used;
        this.remaining = copies.map(({ limit }, at) => Math.max(0, limit - used[at]!));
      }

      head(_status: number, headers: { getAll(name: string): string[] }): Answer | undefined {
        let exhausted = false;
        for (const [name, amount] of parseUses(headers.getAll(headerName))) {
          const limit = limits.find((one) => one.name === name);
          if (limit === undefined || amount === 0) continue;
          for (let at = limit.from; at < limit.to; at++) {
            if (this.used[at]! >= this.windows[at]!.limit) exhausted = true;
            this.remaining[at] = Math.max(0, this.remaining[at]! - amount);
            usage.add(this.windows[at]!, amount);
          }
        }
        return exhausted ? TOO_MANY : undefined;
      }

      piece(): void {}
      ended(): void {}
      failed(): undefined {}
    }

    function proceed(
      exchange: AccessExchange,
      copies: readonly CounterWindow[],
      used: readonly number[],
    ): void {
      const uses = new Uses(copies, used);
      exchange.note(NAME, uses);
      for (const { name, upstreamHeader, from, to } of limits) {
        let least = Number.POSITIVE_INFINITY;
        for (let at = from; at < to; at++) least = Math.min(least, uses.remaining[at]!);
        if (blocks && least <= 0) {
          exchange.fail(429, `API rate limit exceeded for '${name}'`);
          return;
        }
        exchange.request.headers.set(upstreamHeader, String(least));
      }
      exchange.watchResponse(uses);
    }

    function failedToRead(exchange: AccessExchange, error: unknown): void {
      failed.add(1);
      kit.log.error('failed to get usage', { error });
      if (!config.fault_tolerant) exchange.fail(500, 'An unexpected error occurred');
    }

    function setHeaders(exchange: ResponseExchange): void {
      const { headers } = exchange.response;
      headers.remove(headerName);
      const uses = exchange.noted(NAME);
      if (!(uses instanceof Uses) || config.hide_client_headers) return;
      for (let at = 0; at < windows.length; at++) {
        const window = windows[at]!;
        headers.set(window.limitHeader, window.limitText);
        headers.set(window.remainingHeader, String(uses.remaining[at]));
      }
    }

    const instance: PluginInstance = {
      access(exchange) {
        const second = Math.floor(kit.now() / 1000);
        const identity = scope + identify(exchange, by);
        const copies = windows.map(({ period, limit }, at): CounterWindow => {
          const start = windowStart(period, second);
          return { key: identity + keySuffixes[at], start, end: windowEnd(period, start), limit };
        });
        const used = usage.read(copies);
        if (!(used instanceof Promise)) return proceed(exchange, copies, used);
        return used.then(
          (counts) => proceed(exchange, copies, counts),
          (error) => failedToRead(exchange, error),
        );
      },
      response: setHeaders,
    };
    return instance;
  },
});

/** `video=2, image=1`: names with whole numbers; a name without one uses 1. What is neither is left out. */
function parseUses(lines: readonly string[]): [string, number][] {
  const uses: [string, number][] = [];
  for (const part of lines.join(',').split(',')) {
    const [, name, amount] = /^\s*([^\s=]+)\s*(?:=\s*(\d{1,10})\s*)?$/.exec(part) ?? [];
    if (name !== undefined) uses.push([name, Math.min(MAX_AMOUNT, Number(amount ?? 1))]);
  }
  return uses;
}
