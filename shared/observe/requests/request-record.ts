/**
 * One request for people to look at: the row that live traffic shows, and with it the whole story. Made only for
 * requests that are watched or kept; secrets are masked here, before anything leaves the request path.
 */
import type { Headers } from '../../http/headers.ts';
import { OUTCOME_NAMES } from '../traffic/traffic-key.ts';
import type { ObservedExchange } from './observed-exchange.ts';
import type { SecretNames } from './secret-names.ts';
import { rounded, type TraceStep } from './trace.ts';

export interface Reference {
  readonly id: string;
  readonly name: string;
}

/** Fields as the Admin API shows them. */
export interface RequestRow {
  readonly id: string;
  /** When its head was complete; Unix seconds with fractions. */
  readonly at: number;
  readonly direction: string;
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly ip: string;
  readonly status: number;
  /** Who made the response. */
  readonly source: 'upstream' | 'gateway';
  readonly outcome: string;
  readonly route: Reference | null;
  readonly service: Reference | null;
  readonly consumer: Reference | null;
  /** Address of the last attempt. */
  readonly target: string | null;
  readonly tries: number;
  readonly total_ms: number;
  readonly gateway_ms: number | null;
  readonly upstream_ms: number | null;
  /** The plugin that ended it, and what it said. */
  readonly ended_by: string | null;
  readonly reason: string | null;
  readonly code: string | null;
}

/** Why it was kept. */
export type KeptBecause = 'sampled' | 'slow' | 'refused' | 'failed' | 'watched';

export interface RequestRecord extends RequestRow {
  readonly kept_because: readonly KeptBecause[];
  readonly http_version: string;
  readonly tls: { readonly version: string; readonly cipher: string; readonly sni: string | null } | null;
  readonly matched_path: string | null;
  readonly upstream: { readonly target: string; readonly status: number | null } | null;
  readonly attempts: readonly { readonly address: string; readonly failure: string | null }[];
  readonly abort_reason: string | null;
  readonly bytes_received: number;
  readonly bytes_sent: number;
  /** Seconds after which the client was told to come back. */
  readonly retry_after: string | null;
  readonly request_headers: readonly (readonly [string, string])[];
  readonly response_headers: readonly (readonly [string, string])[];
  /** Null when this request was not measured: then only the times above are known. */
  readonly steps: readonly TraceStep[] | null;
}

const MOST_PATH = 1024;
const MOST_TEXT = 256;
const MOST_VALUE = 512;
const MOST_HEADERS = 60;

export function requestRow(exchange: ObservedExchange, secrets: SecretNames): RequestRow {
  const { request, response, route, service, consumer, attempts, addedMs, upstreamMs } = exchange;
  const last = attempts[attempts.length - 1];
  const standard = request.port === (request.scheme === 'https' ? 443 : 80);
  const query = request.target.indexOf('?');
  const path = query < 0 ? request.path : `${request.path}?${secrets.query(request.target.slice(query + 1))}`;
  return {
    id: exchange.id,
    at: exchange.startedAt / 1000,
    direction: exchange.direction,
    method: cut(request.method, MOST_TEXT),
    scheme: request.scheme,
    host: cut(standard ? request.host : `${request.host}:${request.port}`, MOST_TEXT),
    path: cut(path, MOST_PATH),
    ip: exchange.client.ip,
    status: response.status,
    source: response.source,
    outcome: OUTCOME_NAMES[exchange.outcome]!,
    route: route === undefined ? null : { id: route.id, name: route.name ?? route.id },
    service: service === undefined ? null : { id: service.id, name: service.name ?? service.id },
    consumer:
      consumer === undefined
        ? null
        : { id: consumer.id, name: consumer.username ?? consumer.custom_id ?? consumer.id },
    target: last === undefined ? null : addressOf(last),
    tries: attempts.length,
    total_ms: rounded(exchange.totalMs),
    gateway_ms: addedMs < 0 ? null : rounded(addedMs),
    upstream_ms: upstreamMs < 0 ? null : rounded(upstreamMs),
    ended_by: exchange.endedBy ?? null,
    reason: exchange.reason === undefined ? null : cut(exchange.reason, MOST_TEXT),
    code: exchange.errorCode ?? null,
  };
}

export function requestRecord(
  row: RequestRow,
  because: readonly KeptBecause[],
  exchange: ObservedExchange,
  secrets: SecretNames,
): RequestRecord {
  const { client, request, response, upstreamTarget, attempts } = exchange;
  return {
    ...row,
    kept_because: because,
    http_version: request.httpVersion,
    tls: client.tls === undefined ? null : { ...client.tls, sni: client.tls.sni ?? null },
    matched_path: exchange.matchedPath === '' ? null : cut(exchange.matchedPath, MOST_PATH),
    upstream:
      upstreamTarget === undefined
        ? null
        : { target: maskedTarget(upstreamTarget, secrets), status: exchange.upstreamStatus ?? null },
    attempts: attempts.map((attempt) => ({
      address: addressOf(attempt),
      failure: attempt.failure?.code ?? null,
    })),
    abort_reason: exchange.abortReason ?? null,
    bytes_received: exchange.bytesReceived,
    bytes_sent: exchange.bytesSent,
    retry_after: response.headers.get('retry-after') ?? null,
    request_headers: shown(request.headers, secrets),
    response_headers: shown(response.headers, secrets),
    steps: exchange.trace?.steps ?? null,
  };
}

function shown(headers: Headers, secrets: SecretNames): readonly (readonly [string, string])[] {
  const lines: [string, string][] = [];
  headers.forEach((name, value) => {
    if (lines.length < MOST_HEADERS)
      lines.push([cut(name, MOST_TEXT), cut(secrets.value(name, value), MOST_VALUE)]);
  });
  return lines;
}

function maskedTarget(target: string, secrets: SecretNames): string {
  const mark = target.indexOf('?');
  return cut(
    mark < 0 ? target : `${target.slice(0, mark)}?${secrets.query(target.slice(mark + 1))}`,
    MOST_PATH,
  );
}

function addressOf({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
