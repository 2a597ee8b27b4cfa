/**
 * What the gateway would send on for a message it has accepted, built with the proxy's own functions, so that
 * both parsers can be asked whether they would read it as meant.
 */
import type { ClientConnection } from '../../proxy/client-connection.ts';
import type { ProxyContext } from '../../proxy/context.ts';
import { relayedResponseHead, upstreamRequestHead } from '../../proxy/message-heads.ts';
import { normalisePath } from '../../router/normalise-path.ts';
import { compileUpstreamPath } from '../../router/upstream-path.ts';
import { Framing, type RequestHead } from '../request-head.ts';
import type { ResponseHead } from '../response-head.ts';

const CONTEXT = {
  settings: {
    serverTokens: true,
    latencyTokens: true,
    requestIdDownstream: true,
    upstreamStatusHeader: true,
    requestIdUpstream: true,
  },
  pseudonym: 'cardinal-00000000',
  viaLine: 'Via: 1.1 cardinal-00000000\r\n',
  serverToken: 'cardinal/0.0.0',
} as ProxyContext;

const STRANGER = {
  trusted: false,
  ip: '192.0.2.1',
  peerIp: '192.0.2.1',
  scheme: 'http',
  localPort: 8000,
  forwardedLines: 'X-Forwarded-For: 192.0.2.1\r\n',
} as ClientConnection;
const TRUSTED = { ...STRANGER, trusted: true } as ClientConnection;

const ID = '0123456789abcdef0123456789abcdef';
const upstreamPath = compileUpstreamPath(null, true);

/** Undefined for requests that the gateway answers itself. */
export function emittedRequest(
  head: RequestHead,
  body: string,
  trusted: boolean,
): { start: string; octets: Buffer } | undefined {
  if (head.asterisk) return undefined;
  const mark = head.pathAndQuery.indexOf('?', 1);
  const raw = mark < 0 ? head.pathAndQuery : head.pathAndQuery.slice(0, mark);
  const path = normalisePath(raw);
  if (path === undefined) return undefined;
  const target = upstreamPath(path, '') + (mark < 0 ? '' : head.pathAndQuery.slice(mark));
  const text = upstreamRequestHead(CONTEXT, trusted ? TRUSTED : STRANGER, head, {
    method: head.method,
    target,
    host: head.authority === '' ? 'upstream.test' : head.authority,
    framing: head.framing,
    contentLength: head.contentLength,
    websocket: false,
    requestId: ID,
    strippedPrefix: '',
  });
  return {
    start: `${head.method} ${target}`,
    octets: Buffer.from(text + framed(head.framing, body), 'latin1'),
  };
}

export function emittedResponse(head: ResponseHead, body: string): { start: string; octets: Buffer } {
  const framing = head.framing === Framing.untilClose ? Framing.chunked : head.framing;
  const text = relayedResponseHead(CONTEXT, head, {
    status: head.status,
    requestId: ID,
    framing,
    contentLength: framing === Framing.length ? head.contentLength : -1,
    keepAlive: true,
    clientMinorVersion: 1,
    proxyLatencyMs: 1,
    upstreamLatencyMs: 1,
    extraLines: '',
  });
  return {
    start: `${head.status} ${head.reason}`,
    octets: Buffer.from(text + framed(framing, body), 'latin1'),
  };
}

function framed(framing: number, body: string): string {
  if (framing !== Framing.chunked) return body;
  return body === '' ? '0\r\n\r\n' : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}
