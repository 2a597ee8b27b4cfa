/**
 * The host a request is for (RFC 9110 7.2, RFC 3986 3.2): one strict reading, used by routing, by the
 * upstream request and by the logs alike.
 */
import { isIPv6 } from 'node:net';

export interface Authority {
  /** Lower case, without port and without one trailing dot; IPv6 in brackets. */
  readonly host: string;
  /** -1 when there is none. */
  readonly port: number;
}

/** A label's characters and `_`, which names in the wild have. No percent-encoding, no sub-delims. */
const REG_NAME = /^[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*\.?$/;
/** Without a zone, which `isIPv6` would let pass. */
const IPV6 = /^[0-9A-Fa-f:.]{2,45}$/;
const PORT = /^[0-9]{1,5}$/;
const MAX_LENGTH = 255 + 6;

/** Reads `host[:port]`. Undefined when it is empty, ambiguous or not a host; never repairs. */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length === 0 || text.length > MAX_LENGTH) return undefined;
  let host: string;
  let rest: string;
  if (text.charCodeAt(0) === 0x5b) {
    const close = text.indexOf(']');
    if (close < 0) return undefined;
    const inner = text.slice(1, close);
    if (!IPV6.test(inner) || !isIPv6(inner)) return undefined;
    host = `[${inner.toLowerCase()}]`;
    rest = text.slice(close + 1);
  } else {
    const colon = text.indexOf(':');
    host = colon < 0 ? text : text.slice(0, colon);
    rest = colon < 0 ? '' : text.slice(colon);
    if (!REG_NAME.test(host)) return undefined;
    host = host.toLowerCase();
    if (host.endsWith('.')) host = host.slice(0, -1);
  }
  if (rest === '') return { host, port: -1 };
  if (rest.charCodeAt(0) !== 0x3a) return undefined;
  const digits = rest.slice(1);
  // `host:` is allowed by the grammar and means the default port.
  if (digits === '') return { host, port: -1 };
  if (!PORT.test(digits)) return undefined;
  const port = Number(digits);
  return port > 65535 ? undefined : { host, port };
}
