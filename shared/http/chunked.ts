/**
 * The chunked transfer coding (RFC 9112 7.1), decoded incrementally and strictly: CRLF only, 1*HEXDIG
 * sizes, extensions checked, bounded and dropped. What goes on is framed anew; chunk boundaries and
 * extensions of one hop mean nothing on the next.
 */
import { FieldLines } from './field-lines.ts';
import { Field, FORWARDING_FIELDS, fieldSet } from './known-fields.ts';
import { FIELD_VALUE, HEX_VALUE, TOKEN } from './octets.ts';
import { refused } from './refusals.ts';

const SIZE_INVALID = refused('chunk_size_invalid');
const EXTENSION_INVALID = refused('chunk_extension_invalid');
const EXTENSIONS_TOO_LARGE = refused('chunk_extensions_too_large');
const ENDING_INVALID = refused('chunk_ending_invalid');
const TRAILER_FORBIDDEN = refused('trailer_forbidden');
const HEAD_TOO_LARGE = refused('head_too_large');

/** All extensions of one body together; they carry nothing for us (CVE-2024-22019). */
const MAX_EXTENSION_BYTES = 16 * 1024;

/** Framing in a trailer is an attack (RFC 9110 6.5.1). */
const FORBIDDEN_TRAILERS = fieldSet(Field.contentLength, Field.transferEncoding);

/** Fields that decide routing, authentication or meaning never arrive in a trailer: they are dropped. */
const DROPPED_TRAILERS = fieldSet(
  Field.host,
  Field.authorization,
  Field.proxyAuthorization,
  Field.cookie,
  Field.setCookie,
  Field.contentType,
  Field.contentEncoding,
  Field.contentRange,
  Field.trailer,
  Field.te,
  Field.connection,
  Field.keepAlive,
  Field.proxyConnection,
  Field.upgrade,
  Field.expect,
  Field.maxForwards,
  ...FORWARDING_FIELDS,
  Field.xKongRequestId,
  Field.xConsumerId,
  Field.xConsumerUsername,
  Field.xConsumerCustomId,
  Field.xCredentialIdentifier,
  Field.xAnonymousConsumer,
);

const Step = {
  size: 0,
  extension: 1,
  extensionName: 2,
  extensionValueStart: 3,
  extensionToken: 4,
  extensionQuoted: 5,
  extensionQuotedPair: 6,
  extensionAfterQuoted: 7,
  sizeLf: 8,
  data: 9,
  dataCr: 10,
  dataLf: 11,
  trailer: 12,
  done: 13,
} as const;

export interface TrailerLimits {
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

export class ChunkedDecoder {
  private step: number = Step.size;
  private size = 0;
  private digits = 0;
  private extensionBytes = 0;
  private pendingTrailer: Buffer | undefined;
  /** The trailer section; empty until `done`, and when there was none. */
  readonly trailers = new FieldLines(4);

  reset(): void {
    this.step = Step.size;
    this.size = 0;
    this.digits = 0;
    this.extensionBytes = 0;
    this.pendingTrailer = undefined;
    this.trailers.reset();
  }

  get done(): boolean {
    return this.step === Step.done;
  }

  /**
   * Decodes `octets[start, end)`; calls `sink(from, to)` for each piece of data found in it. Returns the
   * offset of the first octet that was not consumed (behind the body when `done`, else `end`), or a
   * negative refusal.
   */
  decode(
    octets: Buffer,
    start: number,
    end: number,
    limits: TrailerLimits,
    sink: (from: number, to: number) => void,
  ): number {
    let pos = start;
    while (pos < end) {
      switch (this.step) {
        case Step.data: {
          const to = Math.min(end, pos + this.size);
          sink(pos, to);
          this.size -= to - pos;
          pos = to;
          if (this.size === 0) this.step = Step.dataCr;
          break;
        }
        case Step.trailer: {
          const after = this.readTrailer(octets, pos, end, limits);
          if (after < 0) return after;
          if (this.done) return after;
          return end;
        }
        case Step.done:
          return pos;
        default: {
          const refusal = this.readOctet(octets[pos]!);
          if (refusal < 0) return refusal;
          pos++;
        }
      }
    }
    return pos;
  }

  /** Everything but data and trailers, an octet at a time. 0 or a refusal. */
  private readOctet(c: number): number {
    switch (this.step) {
      case Step.size: {
        const digit = HEX_VALUE[c]!;
        if (digit !== 255) {
          // 13 digits are 2^52: more could not be counted exactly, and no such chunk exists.
          if (++this.digits > 13) return SIZE_INVALID;
          this.size = this.size * 16 + digit;
          return 0;
        }
        if (this.digits === 0) return SIZE_INVALID;
        if (c === 0x0d) this.step = Step.sizeLf;
        else if (c === 0x3b) this.step = Step.extension;
        else return SIZE_INVALID;
        return 0;
      }
      case Step.sizeLf:
        if (c !== 0x0a) return ENDING_INVALID;
        this.digits = 0;
        this.step = this.size === 0 ? Step.trailer : Step.data;
        return 0;
      case Step.dataCr:
        if (c !== 0x0d) return ENDING_INVALID;
        this.step = Step.dataLf;
        return 0;
      case Step.dataLf:
        if (c !== 0x0a) return ENDING_INVALID;
        this.step = Step.size;
        return 0;
      default:
        if (++this.extensionBytes > MAX_EXTENSION_BYTES) return EXTENSIONS_TOO_LARGE;
        return this.readExtension(c);
    }
  }

  /** chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ), without the white space that BWS allows. */
  private readExtension(c: number): number {
    switch (this.step) {
      case Step.extension:
        if (TOKEN[c] === 0) return EXTENSION_INVALID;
        this.step = Step.extensionName;
        return 0;
      case Step.extensionName:
        if (TOKEN[c] === 1) return 0;
        if (c === 0x3d) this.step = Step.extensionValueStart;
        else return this.endExtension(c);
        return 0;
      case Step.extensionValueStart:
        if (c === 0x22) this.step = Step.extensionQuoted;
        else if (TOKEN[c] === 1) this.step = Step.extensionToken;
        else return EXTENSION_INVALID;
        return 0;
      case Step.extensionToken:
        return TOKEN[c] === 1 ? 0 : this.endExtension(c);
      case Step.extensionQuoted:
        if (c === 0x22) this.step = Step.extensionAfterQuoted;
        else if (c === 0x5c) this.step = Step.extensionQuotedPair;
        else if (FIELD_VALUE[c] === 0) return EXTENSION_INVALID;
        return 0;
      case Step.extensionQuotedPair:
        if (FIELD_VALUE[c] === 0) return EXTENSION_INVALID;
        this.step = Step.extensionQuoted;
        return 0;
      default:
        return this.endExtension(c);
    }
  }

  private endExtension(c: number): number {
    if (c === 0x3b) this.step = Step.extension;
    else if (c === 0x0d) this.step = Step.sizeLf;
    else return EXTENSION_INVALID;
    return 0;
  }

  private readTrailer(octets: Buffer, start: number, end: number, limits: TrailerLimits): number {
    let section = octets;
    let from = start;
    let to = end;
    const pending = this.pendingTrailer;
    if (pending !== undefined) {
      section = Buffer.concat([pending, octets.subarray(start, end)]);
      from = 0;
      to = section.length;
    }
    const lines = this.trailers;
    lines.reset();
    const after = lines.parse(section, from, from, to, limits.maxHeadBytes, limits.maxFields);
    if (after < 0) return after;
    if (after === 0) {
      if (to - from > limits.maxHeadBytes) return HEAD_TOO_LARGE;
      this.pendingTrailer = Buffer.from(section.subarray(from, to));
      return end;
    }
    lines.text = section.toString('latin1', from, after);
    this.pendingTrailer = undefined;
    for (let k = 0; k < lines.count; k++) {
      const field = lines.fields[k]!;
      if (FORBIDDEN_TRAILERS[field] === 1) return TRAILER_FORBIDDEN;
      if (DROPPED_TRAILERS[field] === 1) lines.drop(k);
    }
    this.step = Step.done;
    return pending === undefined ? after : end - (to - after);
  }
}
