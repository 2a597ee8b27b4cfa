/**
 * zipkin: says to which trace a request belongs, and tells a collector about those that are sampled (Zipkin's JSON,
 * version 2), off the request path.
 */
import { definePlugin, type PluginInstance } from '../contract.ts';
import { keepQueue } from '../queue/keep-queue.ts';
import type { Queue } from '../queue/queue.ts';
import { HttpPoster } from '../senders/http-poster.ts';
import { beginTrace, type ExchangeTrace } from '../tracing/exchange-trace.ts';
import { Propagation } from '../tracing/propagation.ts';
import schema from './schema.ts';
import { type ZipkinSpan, zipkinSpans } from './spans.ts';

const NAME = 'zipkin';
const KEEPALIVE_MS = 60_000;
const SPAN_BYTES = 1_000;

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 100_000,
  schema,
  create(config, kit) {
    const { propagation, default_header_type: older } = config;
    const options = {
      // `default_header_type` counts as long as nobody says it the new way.
      propagation: new Propagation({
        header_type: config.header_type,
        propagation: {
          ...propagation,
          default_format: propagation.default_format === 'b3' ? older : propagation.default_format,
        },
      }),
      rate: config.sample_ratio ?? 0.001,
      traceDigits: config.traceid_byte_count === 8 ? 16 : 32,
    } as const;
    const url = config.http_endpoint;
    const queue: Queue<readonly ZipkinSpan[]> | undefined =
      url === null
        ? undefined
        : keepQueue(kit, config.queue, () => {
            const poster = new HttpPoster({
              url,
              headers: { 'Content-Type': 'application/json' },
              timeoutMs:
                (config.connect_timeout ?? 0) + (config.send_timeout ?? 0) + (config.read_timeout ?? 0),
              keepaliveMs: KEEPALIVE_MS,
              verify: true,
            });
            return {
              async send(requests: readonly (readonly ZipkinSpan[])[]) {
                const status = await poster.post(JSON.stringify(requests.flat()));
                if (status < 200 || status >= 300) throw new Error(`the collector answered ${status}`);
              },
              release: () => poster.close(),
            };
          });
    const instance: PluginInstance = {
      access(exchange) {
        exchange.note(NAME, beginTrace(exchange, options));
      },
    };
    if (queue !== undefined) {
      instance.log = (exchange) => {
        const trace = exchange.noted(NAME) as ExchangeTrace | undefined;
        if (trace === undefined || !trace.sampled) return;
        const spans = zipkinSpans(exchange, trace, config, kit.node.id);
        queue.push(spans, spans.length * SPAN_BYTES);
      };
    }
    const header = config.http_response_header_for_traceid;
    if (header !== null) {
      instance.response = (exchange) => {
        const trace = exchange.noted(NAME) as ExchangeTrace | undefined;
        if (trace !== undefined) exchange.response.headers.set(header, trace.traceId);
      };
    }
    return instance;
  },
});
