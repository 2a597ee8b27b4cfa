/**
 * rate-limiting: at most so many requests in fixed calendar windows, counted by consumer, credential,
 * address, service, header or path. A refused request is counted nowhere, and one request more than the
 * limit is never let through, whatever the concurrency of the node's workers.
 */
import { clientNetwork } from '../../config/schema/ip-address.ts';
import {
  type AccessExchange,
  type CounterWindow,
  definePlugin,
  type Exchange,
  type PluginInstance,
  type ResponseExchange,
} from '../contract.ts';
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
}

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 910,
  schema,
  create(config, kit) {
    if (config.policy !== 'local') {
      throw new Error(
        `rate-limiting: the policy ${config.policy} is not available yet; use policy: local, which counts within one node`,
      );
    }
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
    const { limit_by: limitBy, header_name: headerName, path, error_code: status } = config;
    const failed = kit.metrics
      .counter('cardinal_rate_limiting_errors_total', 'Requests whose rate limit could not be checked')
      .with();
    let windowsAt = -1;

    function identify(exchange: AccessExchange): string {
      let identifier: string | undefined;
      switch (limitBy) {
        case 'consumer':
          identifier = exchange.consumer?.id ?? exchange.credential?.id;
          break;
        case 'credential':
          identifier = exchange.credential?.id;
          break;
        case 'service':
          identifier = exchange.service?.id;
          break;
        case 'header':
          identifier = exchange.request.headers.get(headerName!);
          break;
        case 'path':
          if (exchange.request.path === path) identifier = path;
          break;
      }
      return identifier ?? clientNetwork(exchange.client.ip);
    }

    function moveWindows(second: number): void {
      windowsAt = second;
      for (let index = 0; index < windows.length; index++) {
        const window = windows[index]!;
        if (second >= window.start && second < window.end) continue;
        window.start = windowStart(periods[index]!, second);
        window.end = windowEnd(periods[index]!, window.start);
      }
    }

    function outcome(second: number, refusedBy: number): Outcome {
      const remaining: number[] = new Array(windows.length);
      let tightest = 0;
      for (let index = 0; index < windows.length; index++) {
        const left = Math.max(0, windows[index]!.limit - usage[index]!);
        remaining[index] = left;
        // Of two that have the same left, the longer one is the more constraining.
        if (left <= remaining[tightest]!) tightest = index;
      }
      const resetSeconds = windows[tightest]!.end - second;
      return { remaining, tightest, resetSeconds, refused: refusedBy !== -1 };
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
    }

    const instance: PluginInstance = {
      access(exchange) {
        const second = Math.floor(kit.now() / 1000);
        if (second !== windowsAt) moveWindows(second);
        const identity = scope + identify(exchange);
        for (const window of windows) window.key = identity + window.keySuffix;
        let refusedBy: number;
        try {
          refusedBy = kit.counters.take(windows, usage);
        } catch (error) {
          failed.add(1);
          kit.log.error('failed to get usage', { error });
          if (!config.fault_tolerant) exchange.fail(500, 'An unexpected error occurred');
          return;
        }
        if (!config.hide_client_headers) exchange.note(NAME, outcome(second, refusedBy));
        if (refusedBy !== -1) exchange.fail(status, config.error_message);
      },
    };
    if (!config.hide_client_headers) instance.response = setHeaders;
    return instance;
  },
});

function outcomeOf(exchange: Exchange): Outcome | undefined {
  return exchange.noted(NAME) as Outcome | undefined;
}
