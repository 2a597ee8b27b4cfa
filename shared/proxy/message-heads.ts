/**
 * The heads that leave: the request to the upstream and the response to the client (RFC 9110 7.6, Kong 4.5
 * and 4.6). Both are written anew from parsed lines; hop-by-hop fields and everything that the gateway
 * states itself are left out of what is copied.
 */
import type { FieldLines } from '../http/field-lines.ts';
import { Field, FORWARDING_FIELDS, fieldSet, HOP_BY_HOP_FIELDS } from '../http/known-fields.ts';
import { Framing, type RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import { httpDate } from './context.ts';
import { reasonPhrase } from './status-text.ts';

/** Never copied from a client: framing, hop-by-hop, `Proxy` (httpoxy), and what we state about the client. */
const SKIP_FROM_CLIENT = fieldSet(
  ...HOP_BY_HOP_FIELDS,
  Field.host,
  Field.contentLength,
  Field.expect,
  Field.proxy,
  Field.via,
  ...FORWARDING_FIELDS,
  Field.xKongRequestId,
);

/** Never copied from an upstream: another gateway's statements about its own hop would be taken for ours. */
const SKIP_FROM_UPSTREAM = fieldSet(
  ...HOP_BY_HOP_FIELDS,
  Field.contentLength,
  Field.via,
  Field.xKongRequestId,
  Field.xKongProxyLatency,
  Field.xKongUpstreamLatency,
  Field.xKongResponseLatency,
);

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  readonly framing: number;
  readonly contentLength: number;
  /** The request asks for a WebSocket. */
  readonly websocket: boolean;
  readonly requestId: string;
  /** What `strip_path` took off, when it was more than `/`. */
  readonly strippedPrefix: string;
}

export function upstreamRequestHead(
  context: ProxyContext,
  client: ClientConnection,
  head: RequestHead,
  request: UpstreamRequest,
): string {
  const { lines } = head;
  let out =
    request.method +
    ' ' +
    request.target +
    ' HTTP/1.1\r\nHost: ' +
    request.host +
    (request.websocket
      ? '\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n'
      : '\r\nConnection: keep-alive\r\n');
  if (head.acceptsTrailers) out += 'TE: trailers\r\n';
  out += lines.serialise(SKIP_FROM_CLIENT);
  if (request.framing === Framing.chunked) out += 'Transfer-Encoding: chunked\r\n';
  else if (request.framing === Framing.length || hasEmptyBody(head)) {
    out += 'Content-Length: ' + request.contentLength + '\r\n';
  }
  const via = lines.valueOf(Field.via);
  out +=
    via === undefined && head.minorVersion === 1
      ? context.viaLine
      : `Via: ${via === undefined ? '' : `${lines.getAll('via').join(', ')}, `}1.${head.minorVersion} ${context.pseudonym}\r\n`;
  out += client.trusted
    ? trustedForwarding(client, head, request)
    : untrustedForwarding(client, head, request);
  if (context.settings.requestIdUpstream) out += 'X-Kong-Request-Id: ' + request.requestId + '\r\n';
  return out + '\r\n';
}

/** `Content-Length: 0` says something for a POST; it is passed on when the client said it. */
function hasEmptyBody(head: RequestHead): boolean {
  return head.framing === Framing.none && head.lines.find(Field.contentLength) >= 0;
}

/** What a stranger says about itself is replaced (protocol: one consistent view). */
function untrustedForwarding(client: ClientConnection, head: RequestHead, request: UpstreamRequest): string {
  return (
    client.forwardedLines +
    'X-Forwarded-Host: ' +
    head.host +
    '\r\nX-Forwarded-Path: ' +
    pathOf(head.pathAndQuery) +
    (request.strippedPrefix === '' ? '\r\n' : '\r\nX-Forwarded-Prefix: ' + request.strippedPrefix + '\r\n')
  );
}

/** A trusted peer's statements are kept where they exist, and its own address is added to the chain. */
function trustedForwarding(client: ClientConnection, head: RequestHead, request: UpstreamRequest): string {
  const { lines } = head;
  const chain = lines.getAll('x-forwarded-for').join(', ');
  const keep = (field: number, otherwise: string): string => lines.valueOf(field) ?? otherwise;
  let out =
    `X-Forwarded-For: ${chain === '' ? client.ip : `${chain}, ${client.peerIp}`}\r\n` +
    `X-Real-IP: ${client.ip}\r\n` +
    `X-Forwarded-Proto: ${keep(Field.xForwardedProto, client.scheme)}\r\n` +
    `X-Forwarded-Port: ${keep(Field.xForwardedPort, String(client.localPort))}\r\n` +
    `X-Forwarded-Host: ${keep(Field.xForwardedHost, head.host)}\r\n` +
    `X-Forwarded-Path: ${keep(Field.xForwardedPath, pathOf(head.pathAndQuery))}\r\n`;
  const prefix = lines.valueOf(Field.xForwardedPrefix) ?? request.strippedPrefix;
  if (prefix !== '') out += `X-Forwarded-Prefix: ${prefix}\r\n`;
  const forwarded = lines.getAll('forwarded').join(', ');
  if (forwarded !== '') out += `Forwarded: ${forwarded}, for=${forwardedNode(client.peerIp)}\r\n`;
  return out;
}

/** RFC 7239 6: an IPv6 address stands in brackets and quotes. */
function forwardedNode(ip: string): string {
  return ip.includes(':') ? `"[${ip}]"` : ip;
}

function pathOf(pathAndQuery: string): string {
  const mark = pathAndQuery.indexOf('?', 1);
  return mark < 0 ? pathAndQuery : pathAndQuery.slice(0, mark);
}

export interface ClientResponse {
  readonly status: number;
  readonly requestId: string;
  readonly framing: number;
  /** -1: no Content-Length is sent. */
  readonly contentLength: number;
  readonly keepAlive: boolean;
  readonly clientMinorVersion: number;
  readonly proxyLatencyMs: number;
  readonly upstreamLatencyMs: number;
  /** Field lines that the gateway adds (debug headers, a balancer's cookie), each with CRLF. */
  readonly extraLines: string;
}

/** The head of a relayed response. */
export function relayedResponseHead(
  context: ProxyContext,
  upstream: ResponseHead,
  response: ClientResponse,
): string {
  const { settings } = context;
  const { lines } = upstream;
  const phrase = response.status === upstream.status ? upstream.reason : reasonPhrase(response.status);
  let out =
    'HTTP/1.1 ' +
    response.status +
    ' ' +
    phrase +
    '\r\n' +
    lines.serialise(SKIP_FROM_UPSTREAM) +
    framingLines(response);
  if (lines.find(Field.date) < 0) out += 'Date: ' + httpDate() + '\r\n';
  if (settings.serverTokens) {
    if (lines.find(Field.server) < 0) out += 'Server: ' + context.serverToken + '\r\n';
    const via = lines.valueOf(Field.via);
    out +=
      via === undefined
        ? context.viaLine
        : `Via: ${lines.getAll('via').join(', ')}, 1.${upstream.minorVersion} ${context.pseudonym}\r\n`;
  }
  if (settings.latencyTokens) {
    out +=
      'X-Kong-Upstream-Latency: ' +
      response.upstreamLatencyMs +
      '\r\nX-Kong-Proxy-Latency: ' +
      response.proxyLatencyMs +
      '\r\n';
  }
  if (settings.upstreamStatusHeader) out += 'X-Kong-Upstream-Status: ' + upstream.status + '\r\n';
  if (settings.requestIdDownstream) out += 'X-Kong-Request-Id: ' + response.requestId + '\r\n';
  return out + response.extraLines + '\r\n';
}

/**
 * The head of a response that the gateway made; `fields` is serialised by the caller. A Date or Server among the `lines`
 * that it was made of (a stored response's) stays the only one.
 */
export function generatedResponseHead(
  context: ProxyContext,
  fields: string,
  response: ClientResponse,
  lines?: FieldLines,
): string {
  const { settings } = context;
  let out =
    'HTTP/1.1 ' +
    response.status +
    ' ' +
    reasonPhrase(response.status) +
    (lines?.has('date') === true ? '\r\n' : '\r\nDate: ' + httpDate() + '\r\n') +
    fields +
    framingLines(response);
  if (settings.latencyTokens) out += 'X-Kong-Response-Latency: ' + response.proxyLatencyMs + '\r\n';
  if (settings.serverTokens && lines?.has('server') !== true)
    out += 'Server: ' + context.serverToken + '\r\n';
  if (settings.requestIdDownstream) out += 'X-Kong-Request-Id: ' + response.requestId + '\r\n';
  return out + response.extraLines + '\r\n';
}

function framingLines(response: ClientResponse): string {
  let out = '';
  if (response.framing === Framing.chunked) out = 'Transfer-Encoding: chunked\r\n';
  else if (response.contentLength >= 0) out = 'Content-Length: ' + response.contentLength + '\r\n';
  if (!response.keepAlive) out += 'Connection: close\r\n';
  else if (response.clientMinorVersion === 0) out += 'Connection: keep-alive\r\n';
  return out;
}
