/** A response as it is kept, and how it looks on its way to Redis and back. */
import { isFieldValue, isToken } from '../../http/octets.ts';

export type HeaderLine = readonly [name: string, value: string];

export interface StoredResponse {
  readonly kind: 'response';
  readonly status: number;
  /** Without hop-by-hop fields, Age and Content-Length. */
  readonly headers: readonly HeaderLine[];
  readonly body: Buffer;
  /** Content-Length of a response to HEAD; -1: that of the body. */
  readonly contentLength: number;
  /** When its request was sent: what was invalidated later than that it may not show. */
  readonly askedAt: number;
  /** When its head was here, milliseconds. */
  readonly storedAt: number;
  /** Seconds it was old by then. */
  readonly initialAge: number;
  /** Seconds it is fresh. */
  readonly lifetime: number;
  /** Milliseconds until which it is kept at all. */
  readonly keepUntil: number;
  /** Seconds beyond its lifetime in which it may be sent while it is revalidated, or when that fails. */
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  /** It may never be sent when it is not fresh. */
  readonly mustRevalidate: boolean;
}

/** What a primary key leads to when responses differ by what Vary names. */
export interface Variants {
  readonly kind: 'variants';
  /** In lower case. */
  readonly names: readonly string[];
  /** Keys of the variants, oldest first. */
  readonly keys: readonly string[];
  readonly keepUntil: number;
}

export type Stored = StoredResponse | Variants;

export function headerOf(response: StoredResponse, lower: string): string | undefined {
  for (const [name, value] of response.headers) if (name.toLowerCase() === lower) return value;
  return undefined;
}

export function sizeOf(stored: Stored): number {
  if (stored.kind === 'variants') return 256 + (stored.names.length + stored.keys.length) * 80;
  let size = 512 + stored.body.length;
  for (const [name, value] of stored.headers) size += name.length + value.length + 64;
  return size;
}

const VERSION = 1;

/** One octet of version, four of length, JSON, body. */
export function encode(stored: Stored): Buffer {
  const { body, ...rest } = stored.kind === 'response' ? stored : { ...stored, body: Buffer.alloc(0) };
  const head = Buffer.from(JSON.stringify(rest));
  const prefix = Buffer.alloc(5);
  prefix[0] = VERSION;
  prefix.writeUInt32BE(head.length, 1);
  return Buffer.concat([prefix, head, body]);
}

/** Undefined for whatever we have not written ourselves: what lies in Redis is not trusted to be well-formed. */
export function decode(octets: Buffer): Stored | undefined {
  if (octets.length < 5 || octets[0] !== VERSION) return undefined;
  const length = octets.readUInt32BE(1);
  if (length > octets.length - 5) return undefined;
  let head: unknown;
  try {
    head = JSON.parse(octets.toString('utf8', 5, 5 + length));
  } catch {
    return undefined;
  }
  if (typeof head !== 'object' || head === null) return undefined;
  const fields = head as Record<string, unknown>;
  const isNumber = (name: string): boolean => Number.isFinite(fields[name]);
  const isTexts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((one) => typeof one === 'string');
  if (fields['kind'] === 'variants')
    return isTexts(fields['names']) && isTexts(fields['keys']) && isNumber('keepUntil')
      ? (head as Variants)
      : undefined;
  const numbers = [
    'status',
    'contentLength',
    'askedAt',
    'storedAt',
    'initialAge',
    'lifetime',
    'keepUntil',
    'staleWhileRevalidate',
    'staleIfError',
  ];
  const { headers, status } = fields;
  if (
    fields['kind'] !== 'response' ||
    !numbers.every(isNumber) ||
    typeof fields['mustRevalidate'] !== 'boolean'
  )
    return undefined;
  if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 999) return undefined;
  if (!Array.isArray(headers)) return undefined;
  for (const line of headers) {
    if (!isTexts(line) || line.length !== 2 || !isToken(line[0]!) || !isFieldValue(line[1]!))
      return undefined;
  }
  return { ...(head as StoredResponse), body: octets.subarray(5 + length) };
}
