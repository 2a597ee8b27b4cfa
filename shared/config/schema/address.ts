/**
 * Hosts with ports as they stand in configurations and in forwarding headers. Nothing here looks a name up.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { parseIpv6 } from './ip-address.ts';

export type HostKind = 'ipv4' | 'ipv6' | 'name';
export interface HostPort {
  readonly kind: HostKind;
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

const LABELS = /^(?!-)(?:[A-Za-z0-9_-]*[A-Za-z0-9_])(?:\.[A-Za-z0-9_-]*[A-Za-z0-9_])*\.?$/;

/** Whether the text is a host name in Kong's sense: labels of letters, digits, `_` and `-`. */
export function isHostname(text: string): boolean {
  return text.length <= 253 && LABELS.test(text);
}

/** `host`, `host:port`, `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]`, `[::1]:80`; undefined for anything else. */
export function parseHostPort(text: string): HostPort | undefined {
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) return undefined;
    const host = text.slice(1, close);
    if (!isIPv6(host) || host.includes('%')) return undefined;
    return withPort('ipv6', host, text.slice(close + 1));
  }
  const colon = text.indexOf(':');
  if (colon >= 0 && text.includes(':', colon + 1)) {
    return isIPv6(text) && !text.includes('%') ? { kind: 'ipv6', host: text, port: undefined } : undefined;
  }
  const host = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon);
  if (isIPv4(host)) return withPort('ipv4', host, rest);
  // Four numbers that are no address are a mistyped address, not a name.
  if (/^\d+(?:\.\d+){3}$/.test(host)) return undefined;
  return isHostname(host) ? withPort('name', host, rest) : undefined;
}

function withPort(kind: HostKind, host: string, rest: string): HostPort | undefined {
  if (rest === '') return { kind, host, port: undefined };
  if (!/^:\d{1,5}$/.test(rest)) return undefined;
  const port = Number(rest.slice(1));
  return port > 65535 ? undefined : { kind, host, port };
}

/** All eight groups of four digits, lower-case, without brackets. The text must be an IPv6 address. */
export function expandIPv6(text: string): string {
  return parseIpv6(text)!
    .map((group) => group.toString(16).padStart(4, '0'))
    .join(':');
}
