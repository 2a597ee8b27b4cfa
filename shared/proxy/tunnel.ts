/**
 * WebSocket upgrades (RFC 6455 4): what a request must have, what the upstream's 101 must answer, and the
 * octets that pass untouched afterwards.
 */
import { type Refusal, refusalFor } from '../http/refusals.ts';
import { Framing, type RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Undefined when the request is a proper opening handshake. Only `websocket` is ever upgraded to. */
export function websocketRefusal(head: RequestHead): Refusal | undefined {
  const versions = head.lines.getAll('sec-websocket-version');
  const keys = head.lines.getAll('sec-websocket-key');
  // A body would be in the way of the tunnel: where one ends and the other begins could be read in two ways.
  if (head.method !== 'GET' || head.minorVersion !== 1 || keys.length !== 1 || head.framing !== Framing.none)
    return refusalFor('upgrade_invalid');
  if (versions.length !== 1 || versions[0] !== '13') return refusalFor('websocket_version_not_supported');
  const key = keys[0]!;
  // 16 octets in base64: 22 characters and two pads.
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)) return refusalFor('upgrade_invalid');
  return undefined;
}

export function asksForWebsocket(head: RequestHead): boolean {
  return head.upgrade !== undefined && head.upgrade.toLowerCase() === 'websocket';
}

/** True when the 101 answers this handshake and no other. */
export function acceptsWebsocket(request: RequestHead, response: ResponseHead): boolean {
  if (response.upgrade === undefined || response.upgrade.toLowerCase() !== 'websocket') return false;
  const accepts = response.lines.getAll('sec-websocket-accept');
  const expected = createHash('sha1')
    .update(request.lines.get('sec-websocket-key')! + GUID)
    .digest('base64');
  return accepts.length === 1 && accepts[0] === expected;
}

/** The 101 as it goes to the client; `lines` are the upstream's without hop-by-hop fields. */
export function switchingProtocols(lines: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines}\r\n`;
}
