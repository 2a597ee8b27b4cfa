/** The spans of one finished exchange: the request, what came before the upstream, and each attempt to reach it. */
import type { FinishedExchange } from '../contract.ts';
import { type ExchangeTrace, momentsOf } from '../tracing/exchange-trace.ts';
import { newSpanId } from '../tracing/trace-context.ts';
import { type AttributeValue, type Span, SpanKind } from './otlp.ts';

/** Longer texts say nothing more to anybody. */
const MAX_TEXT = 1024;
const cut = (text: string): string => (text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text);

export function spansOf(exchange: FinishedExchange, trace: ExchangeTrace): Span[] {
  const { request, client, response, route, service, consumer, attempts } = exchange;
  const { traceId, spanId } = trace;
  const moments = momentsOf(exchange);
  const { status } = response;
  const attributes: [string, AttributeValue][] = [
    ['http.method', request.method],
    ['http.url', cut(`${request.scheme}://${request.host}:${request.port}${request.path}`)],
    ['http.host', request.host],
    ['http.scheme', request.scheme],
    ['http.flavor', request.httpVersion],
    ['http.client_ip', client.ip],
    ['net.peer.ip', client.peerIp],
    ['kong.request.id', exchange.id],
    ['http.status_code', status],
  ];
  const path = route?.paths?.[0];
  if (path !== undefined) attributes.push(['http.route', cut(path)]);
  if (route !== undefined) attributes.push(['kong.route', route.name ?? route.id]);
  if (service !== undefined) attributes.push(['kong.service', service.name ?? service.id]);
  if (consumer !== undefined) attributes.push(['kong.consumer', consumer.id]);
  const spans: Span[] = [
    {
      traceId,
      spanId,
      parentId: trace.parentId,
      name: 'kong',
      kind: SpanKind.server,
      start: moments.start,
      end: moments.end,
      attributes,
      failed: status >= 500 || exchange.abortReason !== undefined,
    },
    {
      traceId,
      spanId: newSpanId(),
      parentId: spanId,
      name: 'kong.access',
      kind: SpanKind.internal,
      start: moments.start,
      end: moments.accessEnd,
      attributes: [],
      failed: false,
    },
  ];
  const last = attempts.length - 1;
  for (const [at, { ip, port, failure }] of attempts.entries()) {
    const own: [string, AttributeValue][] = [
      ['try_count', at + 1],
      ['net.peer.ip', ip],
      ['net.peer.port', port],
    ];
    if (service !== undefined) own.push(['net.peer.name', service.host]);
    if (failure !== undefined) own.push(['http.status_code', failure.status]);
    spans.push({
      traceId,
      // The last one is what the upstream has been told is its parent.
      spanId: at === last ? trace.upstreamSpanId : newSpanId(),
      parentId: spanId,
      name: 'kong.balancer',
      kind: SpanKind.client,
      ...moments.attempts[at]!,
      attributes: own,
      failed: failure !== undefined,
    });
  }
  return spans;
}
