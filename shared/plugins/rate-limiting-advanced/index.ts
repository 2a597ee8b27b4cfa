/**
 * rate-limiting-advanced: at most so many requests in any number of windows of any length, sliding or fixed. Sliding ones
 * let no burst through twice: see `shared/state/sliding-windows.ts` for what they promise.
 */
import type { SlidingLimit, SlidingUsage } from '../../state/sliding-windows.ts';
import {
  type AccessExchange,
  definePlugin,
  type PluginInstance,
  type ResponseExchange,
} from '../contract.ts';
import { identify } from '../rate-limiting/identifier.ts';
import { RateLimitFields } from '../rate-limiting/rate-limit-fields.ts';
import schema from './schema.ts';
import { makeTake } from './window-counting.ts';

const { hash } = process.getBuiltinModule('node:crypto');

const NAME = 'rate-limiting-advanced';
const PERIOD_NAMES = new Map([
  [1, 'Second'],
  [60, 'Minute'],
  [3600, 'Hour'],
  [86_400, 'Day'],
  [2_592_000, 'Month'],
  [31_536_000, 'Year'],
]);

/** What `access` leaves for `response`. */
interface Outcome {
  readonly remaining: readonly number[];
  readonly resets: readonly number[];
  readonly tightest: number;
  readonly refused: boolean;
}

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 910,
  schema,
  create(config, kit) {
    const sliding = config.window_type === 'sliding';
    const namespace = config.namespace ?? kit.plugin.id;
    // Shorter than what it stands for: the key is hashed with each request.
    const scope = hash('sha256', `advanced:${config.window_type}:${namespace}`, 'base64url').slice(0, 16);
    const limits = config.limit.map(
      (limit, index): SlidingLimit => ({
        name: `:${config.window_size[index]}`,
        sizeMs: config.window_size[index]! * 1000,
        limit,
      }),
    );
    const periods = config.window_size.map((size) => PERIOD_NAMES.get(size) ?? String(size));
    const limitNames = periods.map((period) => `X-RateLimit-Limit-${period}`);
    const remainingNames = periods.map((period) => `X-RateLimit-Remaining-${period}`);
    const limitTexts = config.limit.map(String);
    const fields = config.ietf_headers
      ? new RateLimitFields(
          periods.map((period, at) => ({ name: period.toLowerCase(), limit: config.limit[at]! })),
        )
      : undefined;
    const by = { limitBy: config.identifier, headerName: config.header_name, path: config.path };
    const take = makeTake(
      {
        limits,
        sliding,
        penalty: !config.disable_penalty,
        strategy: config.strategy,
        syncRate: config.sync_rate ?? -1,
        redis: config.redis,
      },
      kit,
    );
    const failed = kit.metrics
      .counter('cardinal_rate_limiting_errors_total', 'Requests whose rate limit could not be checked')
      .with();
    const { error_code: status, error_message: message, retry_after_jitter_max: jitter } = config;
    const hidden = config.hide_client_headers;

    function decide(exchange: AccessExchange, refusedBy: number, usage: SlidingUsage): void {
      const refused = refusedBy !== -1;
      if (!hidden) {
        const remaining = limits.map(({ limit }, at) => Math.max(0, Math.floor(limit - usage.used[at]!)));
        const resets = usage.resetMs.map((ms) => Math.max(1, Math.ceil(ms / 1000)));
        let tightest = refused ? refusedBy : 0;
        if (!refused) {
          for (let at = 1; at < limits.length; at++)
            if (remaining[at]! <= remaining[tightest]!) tightest = at;
        } else remaining[refusedBy] = 0;
        exchange.note(NAME, { remaining, resets, tightest, refused } satisfies Outcome);
      }
      if (refused) exchange.fail(status, message);
    }

    function setHeaders(exchange: ResponseExchange): void {
      const outcome = exchange.noted(NAME) as Outcome | undefined;
      if (outcome === undefined) return;
      const { headers } = exchange.response;
      const { remaining, resets, tightest } = outcome;
      for (let at = 0; at < limits.length; at++) {
        headers.set(limitNames[at]!, limitTexts[at]!);
        headers.set(remainingNames[at]!, String(remaining[at]));
      }
      headers.set('RateLimit-Limit', limitTexts[tightest]!);
      headers.set('RateLimit-Remaining', String(remaining[tightest]));
      headers.set('RateLimit-Reset', String(resets[tightest]));
      if (outcome.refused)
        headers.set('Retry-After', String(resets[tightest]! + Math.ceil(Math.random() * jitter)));
      fields?.write(headers, config.window_size, remaining, resets);
    }

    function failedToCount(error: unknown): void {
      failed.add(1);
      kit.log.error('failed to count', { error });
    }

    const usage: SlidingUsage = { used: [], resetMs: [] };
    // Where the answer may come later, the next request must not write into the same numbers.
    const asynchronous = config.strategy === 'redis' && config.sync_rate === 0;
    const instance: PluginInstance = {
      access(exchange) {
        const out = asynchronous ? { used: [], resetMs: [] } : usage;
        try {
          const refusedBy = take(scope + identify(exchange, by), kit.now(), out);
          if (typeof refusedBy === 'number') return decide(exchange, refusedBy, out);
          return refusedBy.then((index) => decide(exchange, index, out), failedToCount);
        } catch (error) {
          failedToCount(error);
        }
      },
    };
    if (!hidden) instance.response = setHeaders;
    return instance;
  },
});
