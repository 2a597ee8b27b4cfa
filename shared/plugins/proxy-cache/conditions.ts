/**
 * What a client gets of a stored response: all of it, 304 when it has it already, 206 for a part, 412, 416 (RFC 9110 13,
 * 14). Several ranges at once are answered with the whole.
 */
import type { Headers } from '../../http/headers.ts';
import { parseHttpDate, splitList } from './cache-control.ts';
import { type HeaderLine, headerOf, type StoredResponse } from './stored-response.ts';

export interface Selected {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: Buffer;
  readonly contentLength: number;
}

const NOTHING = Buffer.alloc(0);
/** What a 304 says (RFC 9110 15.4.5). */
const IN_304 = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
]);

export function select(response: StoredResponse, method: string, request: Headers, nowMs: number): Selected {
  const { status, headers, body, contentLength } = response;
  const whole = { status, headers, body, contentLength };
  // Conditions are about a 200 alone (RFC 9110 13.2.1).
  if (status !== 200) return whole;
  const isRead = method === 'GET' || method === 'HEAD';
  const etag = headerOf(response, 'etag');
  const modified = headerOf(response, 'last-modified');
  const modifiedAt = modified === undefined ? undefined : parseHttpDate(modified, nowMs);
  const match = request.getAll('if-match');
  const since = request.get('if-unmodified-since');
  if (match.length > 0) {
    if (!matches(match, etag, true)) return failed();
  } else if (since !== undefined && modifiedAt !== undefined) {
    const at = parseHttpDate(since, nowMs);
    if (at !== undefined && modifiedAt > at) return failed();
  }
  const noneMatch = request.getAll('if-none-match');
  const modifiedSince = request.get('if-modified-since');
  if (noneMatch.length > 0) {
    if (matches(noneMatch, etag, false)) return isRead ? notModified(headers) : failed();
  } else if (isRead && modifiedSince !== undefined && modifiedAt !== undefined) {
    const at = parseHttpDate(modifiedSince, nowMs);
    if (at !== undefined && modifiedAt <= at) return notModified(headers);
  }
  const range = method === 'GET' ? request.get('range') : undefined;
  if (range === undefined || !rangeHolds(request.get('if-range'), etag, modified)) return whole;
  return part(whole, range);
}

/** RFC 9110 8.8.3.2. */
export function matches(lines: readonly string[], etag: string | undefined, strong: boolean): boolean {
  const candidates = splitList(lines.join(','));
  if (candidates.includes('*')) return true;
  if (etag === undefined || (strong && etag.startsWith('W/'))) return false;
  const opaque = etag.replace(/^W\//, '');
  return candidates.some((one) => (strong ? one === etag : one.replace(/^W\//, '') === opaque));
}

/** If-Range needs the very same octets (RFC 9110 13.1.5). */
function rangeHolds(
  condition: string | undefined,
  etag: string | undefined,
  modified: string | undefined,
): boolean {
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === etag;
  // A date is weak unless it is known to be old enough; the same text is as sure as it gets.
  return !condition.startsWith('W/') && etag === undefined && condition === modified;
}

function part(whole: Selected, range: string): Selected {
  const { length } = whole.body;
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (first === undefined || (first === '' && last === '')) return whole;
  let from: number;
  let to: number;
  if (first === '') {
    from = Math.max(0, length - Number(last));
    to = length - 1;
    if (Number(last) === 0) from = length;
  } else {
    from = Number(first);
    to = last === '' ? length - 1 : Math.min(Number(last), length - 1);
    // Not a range at all: as if it had not been sent.
    if (last !== '' && Number(last) < from) return whole;
  }
  if (from >= length)
    return {
      status: 416,
      headers: [['Content-Range', `bytes */${length}`]],
      body: NOTHING,
      contentLength: -1,
    };
  return {
    status: 206,
    headers: [...whole.headers, ['Content-Range', `bytes ${from}-${to}/${length}`]],
    body: whole.body.subarray(from, to + 1),
    contentLength: -1,
  };
}

function notModified(headers: readonly HeaderLine[]): Selected {
  const kept = headers.filter(([name]) => IN_304.has(name.toLowerCase()));
  return { status: 304, headers: kept, body: NOTHING, contentLength: -1 };
}

function failed(): Selected {
  return { status: 412, headers: [], body: NOTHING, contentLength: -1 };
}
