/**
 * The head of an HTTP/1.1 response from an upstream: status line, field section, framing (RFC 9112 4-6).
 * An upstream is not trusted to be well-formed: whatever is malformed or ambiguous is refused and becomes
 * a 502.
 *
 * One object per upstream connection, filled again for each response.
 */
import { FieldLines } from './field-lines.ts';
import { Field, fieldOf } from './known-fields.ts';
import { isToken, trimOws } from './octets.ts';
import { refused } from './refusals.ts';
import {
  Framing,
  MAX_CONNECTION_OPTIONS,
  parseContentLength,
  transferEncodingRefusal,
} from './request-head.ts';

export interface ResponseHeadLimits {
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

const STATUS_LINE_MALFORMED = refused('status_line_malformed');
const STATUS_OUT_OF_RANGE = refused('status_out_of_range');
const HEAD_TOO_LARGE = refused('head_too_large');
const CL_INVALID = refused('content_length_invalid');
const CL_REPEATED = refused('content_length_repeated');
const TE_WITH_CL = refused('transfer_encoding_with_content_length');
const TE_INVALID = refused('transfer_encoding_invalid');
const TE_IN_1_0 = refused('transfer_encoding_in_http_1_0');

const TOO_MANY_OPTIONS = refused('too_many_connection_options');

const PREFIX = 'HTTP/1.';

export class ResponseHead {
  status = 0;
  /** As sent; may be empty. */
  reason = '';
  minorVersion = 1;
  framing: number = Framing.none;
  contentLength = 0;
  /** The length that a Content-Length field gave, also where no body follows (HEAD, 304); -1 without one. */
  declaredLength = -1;
  /** The upstream lets the connection be used again. */
  keepAlive = true;
  /** Value of Upgrade when `Connection: upgrade` is there. */
  upgrade: string | undefined;
  /** Seconds of `Keep-Alive: timeout=`; -1 when not said. */
  keepAliveTimeout = -1;
  readonly lines = new FieldLines();

  /**
   * Parses one head from `octets[start, end)`; `method` is that of the request, which decides whether a body
   * can follow. Returns the offset behind it, 0 when it is not complete, or a negative refusal.
   */
  parse(octets: Buffer, start: number, end: number, method: string, limits: ResponseHeadLimits): number {
    let pos = start;
    // HTTP/1.x SP 3DIGIT [SP reason] CRLF
    for (let i = 0; i < 7; i++, pos++) {
      if (pos >= end) return 0;
      if (octets[pos] !== PREFIX.charCodeAt(i)) return STATUS_LINE_MALFORMED;
    }
    if (end - pos < 5) return 0;
    const minor = octets[pos]! - 0x30;
    if ((minor !== 0 && minor !== 1) || octets[pos + 1] !== 0x20) return STATUS_LINE_MALFORMED;
    const a = octets[pos + 2]! - 0x30;
    const b = octets[pos + 3]! - 0x30;
    const c = octets[pos + 4]! - 0x30;
    if (a < 0 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return STATUS_LINE_MALFORMED;
    const status = a * 100 + b * 10 + c;
    if (status < 100 || status > 599) return STATUS_OUT_OF_RANGE;
    pos += 5;
    if (pos >= end) return 0;
    let reasonStart = pos;
    if (octets[pos] === 0x20) {
      reasonStart = ++pos;
      // HTAB, SP, VCHAR, obs-text
      while (pos < end && octets[pos]! !== 0x0d) {
        const octet = octets[pos]!;
        if ((octet < 0x20 && octet !== 0x09) || octet === 0x7f) return STATUS_LINE_MALFORMED;
        pos++;
      }
    }
    const reasonEnd = pos;
    if (pos - start > limits.maxHeadBytes) return HEAD_TOO_LARGE;
    if (pos >= end) return 0;
    if (octets[pos] !== 0x0d) return STATUS_LINE_MALFORMED;
    if (pos + 1 >= end) return 0;
    if (octets[pos + 1] !== 0x0a) return STATUS_LINE_MALFORMED;
    pos += 2;

    const lines = this.lines;
    lines.reset();
    const after = lines.parse(octets, start, pos, end, limits.maxHeadBytes, limits.maxFields);
    if (after <= 0) return after;
    const text = octets.toString('latin1', start, after);
    lines.text = text;
    this.status = status;
    this.minorVersion = minor;
    this.reason = text.slice(reasonStart - start, reasonEnd - start);
    const refusal = this.interpret(method);
    return refusal < 0 ? refusal : after;
  }

  private interpret(method: string): number {
    const { lines, status } = this;
    const { fields, count } = lines;
    const http11 = this.minorVersion === 1;
    this.keepAlive = http11;
    this.upgrade = undefined;
    this.declaredLength = -1;
    this.keepAliveTimeout = -1;

    let contentLength = -1;
    let transferEncoding = -1;
    let connection = false;
    let upgrade = -1;
    for (let k = 0; k < count; k++) {
      switch (fields[k]) {
        case Field.contentLength:
          if (contentLength >= 0) return CL_REPEATED;
          contentLength = k;
          break;
        case Field.transferEncoding:
          if (transferEncoding >= 0) return TE_INVALID;
          transferEncoding = k;
          break;
        case Field.connection:
          connection = true;
          break;
        case Field.upgrade:
          upgrade = k;
          break;
        case Field.keepAlive:
          this.keepAliveTimeout = timeoutOf(lines.valueAt(k));
          break;
      }
    }
    if (transferEncoding >= 0) {
      if (contentLength >= 0) return TE_WITH_CL;
      const refusal = transferEncodingRefusal(lines.valueAt(transferEncoding));
      if (refusal < 0) return refusal;
      if (!http11) return TE_IN_1_0;
    } else if (contentLength >= 0) {
      const length = parseContentLength(lines.valueAt(contentLength));
      if (length < 0) return CL_INVALID;
      this.declaredLength = length;
    }
    if (connection) {
      let close = false;
      let keep = false;
      let options = 0;
      for (let k = 0; k < count; k++) {
        if (fields[k] !== Field.connection) continue;
        for (const part of lines.valueAt(k).split(',', MAX_CONNECTION_OPTIONS + 1)) {
          if (++options > MAX_CONNECTION_OPTIONS) return TOO_MANY_OPTIONS;
          const option = trimOws(part).toLowerCase();
          if (option === 'close') close = true;
          else if (option === 'keep-alive') keep = true;
          else if (option === 'upgrade') {
            if (upgrade >= 0) this.upgrade = lines.valueAt(upgrade);
          } else if (isToken(option) && fieldOf(option) === Field.other) lines.remove(option);
        }
      }
      if (close) this.keepAlive = false;
      else if (keep) this.keepAlive = true;
    }

    // RFC 9112 6.3
    this.contentLength = 0;
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) this.framing = Framing.none;
    else if (transferEncoding >= 0) this.framing = Framing.chunked;
    else if (contentLength >= 0) {
      this.contentLength = this.declaredLength;
      this.framing = this.declaredLength > 0 ? Framing.length : Framing.none;
    } else {
      this.framing = Framing.untilClose;
      this.keepAlive = false;
    }
    return 0;
  }
}

/** `timeout=5, max=100` -> 5. */
function timeoutOf(value: string): number {
  const found = /(?:^|[,\s])timeout=([0-9]{1,6})/i.exec(value);
  return found === null ? -1 : Number(found[1]);
}
