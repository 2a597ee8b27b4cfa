/** The spans of one finished exchange in Zipkin's JSON (v2): the request, the proxying, each attempt. */
import type { Infer } from '../../config/schema/field.ts';
import type { FinishedExchange } from '../contract.ts';
import { type ExchangeTrace, momentsOf } from '../tracing/exchange-trace.ts';
import { newSpanId } from '../tracing/trace-context.ts';
import type { config as configField } from './schema.ts';

export type ZipkinConfig = Infer<typeof configField.fields>;

interface Endpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

export interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind: 'SERVER' | 'CLIENT';
  readonly name: string;
  /** Microseconds. */
  readonly timestamp: number;
  readonly duration: number;
  readonly localEndpoint: Endpoint;
  readonly remoteEndpoint?: Endpoint;
  readonly tags: Readonly<Record<string, string>>;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
}

const MAX_TAGS_HEADER = 2048;
const MAX_TAGS = 32;
const micros = (ms: number): number => Math.round(ms * 1000);

export function zipkinSpans(
  exchange: FinishedExchange,
  trace: ExchangeTrace,
  config: ZipkinConfig,
  nodeId: string,
): ZipkinSpan[] {
  const { request, client, response, route, service, consumer, credential, attempts } = exchange;
  const moments = momentsOf(exchange);
  const traceId =
    config.traceid_byte_count === 8 && trace.traceId.startsWith('0000000000000000')
      ? trace.traceId.slice(16)
      : trace.traceId;
  const localEndpoint = { serviceName: config.local_service_name };
  const method = request.method;
  const name = config.http_span_name === 'method' ? method : `${method} ${request.path}`;
  const tags = tagsOf(exchange, config);
  tags['lc'] = 'kong';
  tags['http.method'] = method;
  tags['http.host'] = request.host;
  tags['http.path'] = request.path;
  tags['http.protocol'] = `HTTP/${request.httpVersion}`;
  tags['http.status_code'] = String(response.status);
  tags['kong.node.id'] = nodeId;
  if (exchange.abortReason !== undefined) tags['error'] = 'true';
  const common = (
    kind: 'SERVER' | 'CLIENT',
    id: string,
    parentId: string | undefined,
    start: number,
    end: number,
  ) => ({
    traceId,
    id,
    ...(parentId === undefined ? {} : { parentId }),
    kind,
    timestamp: micros(start),
    duration: Math.max(1, micros(end) - micros(start)),
    localEndpoint,
  });
  const spans: ZipkinSpan[] = [
    {
      ...common('SERVER', trace.spanId, trace.parentId, moments.start, moments.end),
      name,
      remoteEndpoint: endpoint(client.peerIp, client.peerPort),
      tags,
    },
  ];
  if (attempts.length === 0) return spans;

  const proxy: Record<string, string> = Object.create(null);
  if (service !== undefined) proxy['kong.service'] = service.id;
  if (service?.name != null) proxy['kong.service_name'] = service.name;
  if (route !== undefined) proxy['kong.route'] = route.id;
  if (route?.name != null) proxy['kong.route_name'] = route.name;
  if (consumer !== undefined) proxy['kong.consumer'] = consumer.id;
  if (config.include_credential && credential !== undefined) proxy['kong.credential'] = credential.id;
  const serviceName = service?.name ?? config.default_service_name ?? undefined;
  const last = attempts.at(-1)!;
  if (service !== undefined) proxy['peer.hostname'] = service.host;
  const phases = phasesOf(moments);
  if (config.phase_duration_flavor === 'tags') {
    for (const [phase, from, to] of phases)
      proxy[`kong.${phase}.duration_ms`] = String(Math.max(0, Math.round(to - from)));
  }
  spans.push({
    ...common('CLIENT', trace.upstreamSpanId, trace.spanId, moments.start, moments.end),
    name: `${name} (proxy)`,
    remoteEndpoint: {
      ...endpoint(last.ip, last.port),
      ...(serviceName === undefined ? {} : { serviceName }),
    },
    tags: proxy,
    ...(config.phase_duration_flavor === 'annotations'
      ? {
          annotations: phases.flatMap(([, from, to, letter]) => [
            { timestamp: micros(from), value: `k${letter}s` },
            { timestamp: micros(to), value: `k${letter}f` },
          ]),
        }
      : {}),
  });
  for (const [at, { ip, port, failure }] of attempts.entries()) {
    const { start, end } = moments.attempts[at]!;
    const own: Record<string, string> = {
      ...pick(proxy, 'kong.service', 'kong.route', 'kong.service_name', 'kong.route_name'),
    };
    own['kong.balancer.try'] = String(at + 1);
    if (failure !== undefined) {
      own['error'] = 'true';
      own['kong.balancer.state'] = 'failed';
      own['http.status_code'] = String(failure.status);
    }
    spans.push({
      ...common('CLIENT', newSpanId(), trace.upstreamSpanId, start, end),
      name: `${name} (balancer try ${at + 1})`,
      remoteEndpoint: { ...endpoint(ip, port), ...(serviceName === undefined ? {} : { serviceName }) },
      tags: own,
    });
  }
  return spans;
}

type Phase = readonly [name: string, from: number, to: number, letter: string];

/** Access, then the head of the response, then its body. */
function phasesOf({ start, end, accessEnd, upstreamHead }: ReturnType<typeof momentsOf>): readonly Phase[] {
  const access: Phase = ['access', start, accessEnd, 'a'];
  if (upstreamHead === undefined) return [access];
  return [
    access,
    ['header_filter', upstreamHead, upstreamHead, 'h'],
    ['body_filter', upstreamHead, end, 'b'],
  ];
}

function endpoint(ip: string, port: number): Endpoint {
  return ip.includes(':') ? { ipv6: ip, port } : { ipv4: ip, port };
}

function pick(from: Readonly<Record<string, string>>, ...names: string[]): Record<string, string> {
  const picked: Record<string, string> = Object.create(null);
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name];
  return picked;
}

/** Configured tags, and those of the header; reserved ones are written over both. */
function tagsOf(exchange: FinishedExchange, config: ZipkinConfig): Record<string, string> {
  const tags: Record<string, string> = Object.create(null);
  for (const tag of config.static_tags ?? []) tags[tag.name] = tag.value;
  const header = exchange.request.headers.get(config.tags_header);
  if (header === undefined || header.length > MAX_TAGS_HEADER) return tags;
  for (const part of header.split(';', MAX_TAGS)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    if (equals > 0 && name !== '') tags[name] = part.slice(equals + 1).trim();
  }
  return tags;
}
