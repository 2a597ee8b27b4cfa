/**
 * Whether a response may be stored, and for how long (RFC 9111 3, 4.2). With `cache_control: false` the configuration
 * decides (Kong), but what could show one person's response to another is never stored either way.
 */
import type { Headers } from '../../http/headers.ts';
import { CacheControl, parseHttpDate, splitList } from './cache-control.ts';
import { includesType, type MediaRange } from './media-type.ts';
import type { HeaderLine, StoredResponse } from './stored-response.ts';

export interface StoringRules {
  readonly statuses: ReadonlySet<number>;
  readonly types: readonly MediaRange[];
  readonly ttl: number;
  readonly storageTtl: number | null;
  readonly obeysCacheControl: boolean;
}

/** What of a request matters to whether its response may be stored. */
export interface RequestFacts {
  readonly hasAuthorization: boolean;
  /** The key tells clients with different Authorization apart. */
  readonly authorizationIsKeyed: boolean;
}

/** Nothing is kept for longer; marks of invalidation live as long. */
export const MAX_KEEP_SECONDS = 7 * 86_400;
const MAX_VARY_NAMES = 16;

/** Statuses whose rules for caching we know (RFC 9110 15): `must-understand`. */
const UNDERSTOOD = new Set([200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 501]);

/** Hop-by-hop, per-hop statements, and what a stored response gets anew. */
const NOT_KEPT = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'age',
  'via',
  'x-cache-status',
  'x-cache-key',
  'x-kong-request-id',
  'x-kong-proxy-latency',
  'x-kong-upstream-latency',
  'x-kong-response-latency',
]);
const RATE_LIMIT = /^(?:x-)?ratelimit/;

export interface Decision {
  /** Why not, for logs and tests. */
  readonly reason?: string;
  readonly storable: boolean;
  /** Lower-case names in Vary. */
  readonly vary: readonly string[];
  readonly timing: Omit<StoredResponse, 'kind' | 'status' | 'headers' | 'body' | 'contentLength'>;
  /** Fields that may not be used again without asking. */
  readonly withheld: ReadonlySet<string>;
}

const NO_TIMING: Decision['timing'] = {
  askedAt: 0,
  storedAt: 0,
  initialAge: 0,
  lifetime: 0,
  keepUntil: 0,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  mustRevalidate: false,
};

function no(reason: string): Decision {
  return { reason, storable: false, vary: [], timing: NO_TIMING, withheld: new Set() };
}

export function decideStoring(
  rules: StoringRules,
  request: RequestFacts,
  status: number,
  headers: Headers,
  askedAt: number,
  nowMs: number,
): Decision {
  if (status === 206 || status === 304 || status < 200 || !rules.statuses.has(status)) return no('status');
  if (headers.has('content-range')) return no('partial');
  const type = headers.getAll('content-type');
  if (type.length !== 1 || !includesType(rules.types, type[0]!)) return no('content type');
  // It is made for one client, and whoever got it would become that client.
  if (headers.has('set-cookie') || headers.has('set-cookie2')) return no('set-cookie');
  const vary = varyNames(headers);
  if (vary === undefined) return no('vary');
  if (!rules.obeysCacheControl) {
    if (request.hasAuthorization && !request.authorizationIsKeyed) return no('authorization');
    const timing = {
      ...NO_TIMING,
      askedAt,
      storedAt: nowMs,
      lifetime: rules.ttl,
      keepUntil: nowMs + Math.min(rules.ttl, MAX_KEEP_SECONDS) * 1000,
    };
    return { storable: true, vary, timing, withheld: new Set() };
  }
  const cc = new CacheControl(headers.getAll('cache-control'));
  const understood = cc.has('must-understand');
  if (understood && !UNDERSTOOD.has(status)) return no('must-understand');
  if (cc.has('no-store') && !understood) return no('no-store');
  if (cc.isUnqualified('private')) return no('private');
  if (cc.isUnqualified('no-cache')) return no('no-cache');
  const shared = cc.has('public') || cc.has('s-maxage') || cc.has('must-revalidate');
  if (request.hasAuthorization && !shared) return no('authorization');
  const lifetime = freshnessLifetime(cc, headers, nowMs);
  if (lifetime <= 0) return no('not fresh');
  const mustRevalidate = cc.has('must-revalidate') || cc.has('proxy-revalidate') || cc.has('s-maxage');
  const staleWhileRevalidate = mustRevalidate ? 0 : (cc.seconds('stale-while-revalidate') ?? 0);
  const staleIfError = mustRevalidate ? 0 : (cc.seconds('stale-if-error') ?? 0);
  const hasValidator = headers.has('etag') || headers.has('last-modified');
  const initialAge = ageOf(headers, askedAt, nowMs);
  if (initialAge >= lifetime && !hasValidator) return no('not fresh');
  // What can be revalidated is worth keeping for as long again.
  const kept =
    rules.storageTtl ??
    lifetime - initialAge + Math.max(staleWhileRevalidate, staleIfError, hasValidator ? lifetime : 0);
  return {
    storable: true,
    vary,
    timing: {
      askedAt,
      storedAt: nowMs,
      initialAge,
      lifetime,
      keepUntil: nowMs + Math.min(Math.max(0, kept), MAX_KEEP_SECONDS) * 1000,
      staleWhileRevalidate,
      staleIfError,
      mustRevalidate,
    },
    withheld: new Set([...cc.fieldsOf('private'), ...cc.fieldsOf('no-cache')]),
  };
}

/** Undefined when the response cannot be told apart from others by what requests say. */
function varyNames(headers: Headers): readonly string[] | undefined {
  const names = new Set<string>();
  for (const line of headers.getAll('vary')) {
    for (const name of line.split(',')) {
      const lower = name.trim().toLowerCase();
      if (lower === '*') return undefined;
      if (lower !== '') names.add(lower);
    }
  }
  return names.size > MAX_VARY_NAMES ? undefined : [...names].sort();
}

/** Seconds; explicit freshness only (RFC 9111 4.2.1). */
export function freshnessLifetime(cc: CacheControl, headers: Headers, nowMs: number): number {
  const explicit = cc.seconds('s-maxage') ?? cc.seconds('max-age');
  if (explicit !== undefined) return explicit;
  const expires = headers.getAll('expires');
  if (expires.length !== 1) return 0;
  const at = parseHttpDate(expires[0]!, nowMs);
  if (at === undefined) return 0;
  const date = headers.get('date');
  const from = (date === undefined ? undefined : parseHttpDate(date, nowMs)) ?? nowMs;
  return Math.max(0, (at - from) / 1000);
}

/** How old it is when it arrives (RFC 9111 4.2.3), seconds. */
export function ageOf(headers: Headers, askedAt: number, nowMs: number): number {
  const date = headers.get('date');
  const made = date === undefined ? undefined : parseHttpDate(date, nowMs);
  const apparent = made === undefined ? 0 : Math.max(0, (nowMs - made) / 1000);
  const said = /^[0-9]{1,10}$/.exec(headers.get('age')?.split(',')[0]?.trim() ?? '');
  const corrected = (said === null ? 0 : Number(said[0])) + Math.max(0, nowMs - askedAt) / 1000;
  return Math.max(apparent, corrected);
}

/** The fields of a response that are kept. */
export function keptHeaders(headers: Headers, withheld: ReadonlySet<string>, nowMs: number): HeaderLine[] {
  const named = new Set(splitList(headers.getAll('connection').join(',')).map((name) => name.toLowerCase()));
  const lines: HeaderLine[] = [];
  headers.forEach((name, value) => {
    const lower = name.toLowerCase();
    if (NOT_KEPT.has(lower) || named.has(lower) || withheld.has(lower) || RATE_LIMIT.test(lower)) return;
    lines.push([name, value]);
  });
  if (!headers.has('date')) lines.push(['Date', new Date(nowMs).toUTCString()]);
  return lines;
}

/** Not changed by a 304: they speak of the body that is kept (RFC 9111 3.2). */
const OF_THE_BODY = new Set(['content-length', 'content-encoding', 'content-type', 'content-range']);

/** The kept fields after a 304 has brought them up to date. */
export function mergedHeaders(old: readonly HeaderLine[], fresh: readonly HeaderLine[]): HeaderLine[] {
  const updates = fresh.filter(([name]) => !OF_THE_BODY.has(name.toLowerCase()));
  const replaced = new Set(updates.map(([name]) => name.toLowerCase()));
  return [...old.filter(([name]) => !replaced.has(name.toLowerCase())), ...updates];
}
