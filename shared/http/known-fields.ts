/**
 * The field names that the codec and the proxy act upon, as small numbers. A field line carries its
 * number from the parser on, so that nothing later compares names to find `Host` or `Connection`.
 */
import { LOWER } from './octets.ts';

/** Numbers of known fields. 0 stands for every other name. */
export const Field = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  expect: 5,
  upgrade: 6,
  te: 7,
  via: 8,
  trailer: 9,
  keepAlive: 10,
  proxyConnection: 11,
  proxyAuthorization: 12,
  proxyAuthenticate: 13,
  authorization: 14,
  contentType: 15,
  xForwardedFor: 16,
  xForwardedProto: 17,
  xForwardedHost: 18,
  xForwardedPort: 19,
  xForwardedPath: 20,
  xForwardedPrefix: 21,
  xRealIp: 22,
  forwarded: 23,
  maxForwards: 24,
  proxy: 25,
  xKongRequestId: 26,
  date: 27,
  server: 28,
  http2Settings: 29,
  setCookie: 30,
  cookie: 31,
  accept: 32,
  contentEncoding: 33,
  contentRange: 34,
  xConsumerId: 35,
  xConsumerUsername: 36,
  xConsumerCustomId: 37,
  xCredentialIdentifier: 38,
  xAnonymousConsumer: 39,
  xKongProxyLatency: 40,
  xKongUpstreamLatency: 41,
  xKongResponseLatency: 42,
} as const;

const NAMES: readonly (readonly [string, number])[] = [
  ['host', Field.host],
  ['connection', Field.connection],
  ['content-length', Field.contentLength],
  ['transfer-encoding', Field.transferEncoding],
  ['expect', Field.expect],
  ['upgrade', Field.upgrade],
  ['te', Field.te],
  ['via', Field.via],
  ['trailer', Field.trailer],
  ['keep-alive', Field.keepAlive],
  ['proxy-connection', Field.proxyConnection],
  ['proxy-authorization', Field.proxyAuthorization],
  ['proxy-authenticate', Field.proxyAuthenticate],
  ['authorization', Field.authorization],
  ['content-type', Field.contentType],
  ['x-forwarded-for', Field.xForwardedFor],
  ['x-forwarded-proto', Field.xForwardedProto],
  ['x-forwarded-host', Field.xForwardedHost],
  ['x-forwarded-port', Field.xForwardedPort],
  ['x-forwarded-path', Field.xForwardedPath],
  ['x-forwarded-prefix', Field.xForwardedPrefix],
  ['x-real-ip', Field.xRealIp],
  ['forwarded', Field.forwarded],
  ['max-forwards', Field.maxForwards],
  ['proxy', Field.proxy],
  ['x-kong-request-id', Field.xKongRequestId],
  ['date', Field.date],
  ['server', Field.server],
  ['http2-settings', Field.http2Settings],
  ['set-cookie', Field.setCookie],
  ['cookie', Field.cookie],
  ['accept', Field.accept],
  ['content-encoding', Field.contentEncoding],
  ['content-range', Field.contentRange],
  ['x-consumer-id', Field.xConsumerId],
  ['x-consumer-username', Field.xConsumerUsername],
  ['x-consumer-custom-id', Field.xConsumerCustomId],
  ['x-credential-identifier', Field.xCredentialIdentifier],
  ['x-anonymous-consumer', Field.xAnonymousConsumer],
  ['x-kong-proxy-latency', Field.xKongProxyLatency],
  ['x-kong-upstream-latency', Field.xKongUpstreamLatency],
  ['x-kong-response-latency', Field.xKongResponseLatency],
];

export const FIELD_COUNT = 43;

interface Known {
  readonly octets: Uint8Array;
  readonly field: number;
}

const LONGEST = Math.max(...NAMES.map(([name]) => name.length));

/** Known names by their length: most unknown names are dismissed by that alone. */
const BY_LENGTH: readonly (readonly Known[])[] = Array.from({ length: LONGEST + 1 }, (_, length) =>
  NAMES.filter(([name]) => name.length === length).map(([name, field]) => ({
    octets: Uint8Array.from(name, (c) => c.charCodeAt(0)),
    field,
  })),
);

/** The number of the field name at `octets[start, end)`, compared without case. */
export function fieldAt(octets: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST) return Field.other;
  const candidates = BY_LENGTH[length]!;
  next: for (let k = 0; k < candidates.length; k++) {
    const known = candidates[k]!;
    const name = known.octets;
    for (let i = 0; i < length; i++) {
      if (LOWER[octets[start + i]!] !== name[i]) continue next;
    }
    return known.field;
  }
  return Field.other;
}

/**
 * Like `fieldAt`, with `_` taken for `-`: CGI-style upstreams cannot tell the two apart. The octets belong to
 * a connection and may be parsed again: they are never changed, not even through a view.
 */
export function fieldAtDashed(octets: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST) return Field.other;
  const copy = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const c = octets[start + i]!;
    copy[i] = c === 0x5f ? 0x2d : c;
  }
  return fieldAt(copy, 0, length);
}

/** The number of a name given as text. */
export function fieldOf(name: string): number {
  return fieldAt(
    Uint8Array.from(name, (c) => c.charCodeAt(0)),
    0,
    name.length,
  );
}

/** A table over field numbers: 1 for those given. */
export function fieldSet(...fields: readonly number[]): Uint8Array {
  const table = new Uint8Array(FIELD_COUNT);
  for (const field of fields) table[field] = 1;
  return table;
}

/** What proxies state about a client (de facto and RFC 7239). */
export const FORWARDING_FIELDS: readonly number[] = [
  Field.xForwardedFor,
  Field.xForwardedProto,
  Field.xForwardedHost,
  Field.xForwardedPort,
  Field.xForwardedPath,
  Field.xForwardedPrefix,
  Field.xRealIp,
  Field.forwarded,
];

/** Fields that end at this hop, whatever Connection says (RFC 9110 7.6.1). */
export const HOP_BY_HOP_FIELDS: readonly number[] = [
  Field.connection,
  Field.keepAlive,
  Field.proxyConnection,
  Field.te,
  Field.transferEncoding,
  Field.upgrade,
  Field.http2Settings,
  Field.proxyAuthenticate,
  Field.proxyAuthorization,
];
