/**
 * opentelemetry: says to which trace a request belongs, and tells a collector about those that are sampled (OTLP
 * over HTTP, protobuf), off the request path.
 */
import { definePlugin, type PluginInstance } from '../contract.ts';
import { keepQueue } from '../queue/keep-queue.ts';
import { HttpPoster } from '../senders/http-poster.ts';
import { beginTrace, type ExchangeTrace } from '../tracing/exchange-trace.ts';
import { Propagation } from '../tracing/propagation.ts';
import { exportRequest, resourceField, type Span, scopeField } from './otlp.ts';
import schema from './schema.ts';
import { spansOf } from './spans.ts';

const NAME = 'opentelemetry';
/** Kong's `tracing_sampling_rate`. */
const DEFAULT_RATE = 0.01;
const KEEPALIVE_MS = 60_000;
/** About what a span takes while it waits. */
const SPAN_BYTES = 800;

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 14,
  schema,
  create(config, kit) {
    const options = {
      propagation: new Propagation(config),
      rate: config.sampling_rate ?? DEFAULT_RATE,
      traceDigits: 32,
    } as const;
    const queue = keepQueue<readonly Span[]>(kit, config.queue, () => {
      const poster = new HttpPoster({
        url: config.traces_endpoint!,
        headers: { 'Content-Type': 'application/x-protobuf', ...config.headers },
        timeoutMs: (config.connect_timeout ?? 0) + (config.send_timeout ?? 0) + (config.read_timeout ?? 0),
        keepaliveMs: KEEPALIVE_MS,
        verify: true,
      });
      const given = Object.entries(config.resource_attributes ?? {});
      const names = new Set(given.map(([name]) => name));
      const own: [string, string][] = [
        ['service.name', 'kong'],
        ['service.version', kit.node.version],
        ['service.instance.id', kit.node.id],
      ];
      const resource = resourceField([...own.filter(([name]) => !names.has(name)), ...given]);
      const scope = scopeField('kong-internal', '0.1.0');
      return {
        async send(requests) {
          const status = await poster.post(exportRequest(resource, scope, requests.flat()));
          if (status !== 200) throw new Error(`the collector answered ${status}`);
        },
        release: () => poster.close(),
      };
    });
    const instance: PluginInstance = {
      access(exchange) {
        exchange.note(NAME, beginTrace(exchange, options));
      },
      log(exchange) {
        const trace = exchange.noted(NAME) as ExchangeTrace | undefined;
        if (trace === undefined || !trace.sampled) return;
        const spans = spansOf(exchange, trace);
        queue.push(spans, spans.length * SPAN_BYTES);
      },
    };
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
