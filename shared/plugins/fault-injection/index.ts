/**
 * fault-injection: makes a share of the requests slow or fail, so that others can show that they cope. The
 * fields and headers are those of Envoy's fault filter. A delay holds a request and nothing else.
 */
import { definePlugin, type Exchange } from '../contract.ts';
import schema, { MAX_DELAY_MS } from './schema.ts';

const DELAY = 'x-envoy-fault-delay-request';
const DELAY_SHARE = 'x-envoy-fault-delay-request-percentage';
const ABORT = 'x-envoy-fault-abort-request';
const ABORT_SHARE = 'x-envoy-fault-abort-request-percentage';

export default definePlugin({
  name: 'fault-injection',
  version: '1.0.0',
  priority: 90,
  schema,
  create(config, kit) {
    const { delay, abort, max_active_faults: most } = config;
    const conditions = Object.entries(config.headers ?? {});
    const injected = kit.metrics.counter('cardinal_faults_injected_total', 'Faults that were injected', [
      'kind',
    ]);
    const delays = injected.with('delay');
    const aborts = injected.with('abort');
    const overflow = injected.with('overflow');
    const waiting = new Set<() => void>();

    function wait(ms: number): Promise<void> {
      delays.add(1);
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        waiting.add(end);
      });
    }

    function delayOf(exchange: Exchange): number {
      if (delay === null) return 0;
      const asked = delay.header_delay ? numberIn(exchange, DELAY, MAX_DELAY_MS) : undefined;
      const ms = asked ?? delay.fixed_delay ?? 0;
      return ms > 0 && hits(exchange, delay.percentage, asked === undefined ? undefined : DELAY_SHARE)
        ? ms
        : 0;
    }

    function statusOf(exchange: Exchange): number {
      if (abort === null) return 0;
      const asked = abort.header_abort ? numberIn(exchange, ABORT, 599) : undefined;
      const status = (asked !== undefined && asked >= 200 ? asked : undefined) ?? abort.http_status ?? 0;
      return status > 0 && hits(exchange, abort.percentage, asked === undefined ? undefined : ABORT_SHARE)
        ? status
        : 0;
    }

    return {
      access(exchange) {
        const { headers } = exchange.request;
        for (const [name, value] of conditions) if (headers.get(name) !== value) return;
        const ms = delayOf(exchange);
        const status = statusOf(exchange);
        const fail = (): void => {
          aborts.add(1);
          exchange.fail(status, abort!.message);
        };
        if (ms > 0) {
          if (waiting.size < most) return status > 0 ? wait(ms).then(fail) : wait(ms);
          overflow.add(1);
        }
        if (status > 0) fail();
      },
    };
  },
});

/** A header's share is at most the configured one. */
function hits(exchange: Exchange, percentage: number, header: string | undefined): boolean {
  const asked = header === undefined ? undefined : numberIn(exchange, header, 100);
  return Math.random() * 100 < Math.min(percentage, asked ?? 100);
}

/** A whole number in a header, at most `most`; undefined when it says none. */
function numberIn(exchange: Exchange, name: string, most: number): number | undefined {
  const text = exchange.request.headers.get(name);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Math.min(Number(text), most) : undefined;
}
