/** Where a request comes from, and whether its way here was encrypted; behind a proxy, as that one tells it. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type TrustedPeers, unmapped } from '../../../shared/proxy/trusted-peers.ts';

/** `trusted`: whose X-Forwarded-For is believed. */
export function addressOf(request: IncomingMessage, trusted: TrustedPeers): string {
  const peer = unmapped(request.socket.remoteAddress ?? 'unknown');
  if (!trusted.has(peer)) return peer;
  const forwarded = request.headers['x-forwarded-for'];
  return trusted.clientIp(peer, typeof forwarded === 'string' ? forwarded : undefined, true);
}

/** Believed from everybody: it only says how the caller's own cookie is to be kept. */
export function cameEncrypted(request: IncomingMessage): boolean {
  if ((request.socket as TLSSocket).encrypted === true) return true;
  const { forwarded } = request.headers;
  const proto = request.headers['x-forwarded-proto'];
  if (typeof proto === 'string') return proto.split(',', 1)[0]?.trim().toLowerCase() === 'https';
  return forwarded !== undefined && /(?:^|[;,\s])proto="?https\b/i.test(forwarded.split(',', 1)[0] as string);
}
