/**
 * The host a request is for (RFC 9110 7.2, RFC 3986 3.2): one strict reading, used by routing, by the
 * upstream request and by the logs alike.
 */

export interface Authority {
  /** Lower case, without port and without one trailing dot; IPv6 in brackets. */
  readonly host: string;
  /** -1 when there is none. */
  readonly port: number;
}

/** A label's characters and `_`, which names in the wild have. No percent-encoding, no sub-delims. */
const REG_NAME = /^[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*\.?$/;
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
    if (!IPV6.test(inner) || !inner.includes(':') || !isIpv6(inner)) return undefined;
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

/** At most eight groups, at most one `::`, an embedded IPv4 address only at the end. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  const all = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  for (let i = 0; i < all.length; i++) {
    const group = all[i]!;
    if (group.includes('.')) {
      if (i !== all.length - 1 || !isIpv4(group)) return false;
      groups += 2;
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return false;
      groups++;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255);
}
