/**
 * The head of an HTTP/1.1 request: request line, field section, and everything that follows from them
 * about framing and the connection (RFC 9112 2-6, 9). Strict: whatever could be read in two ways is
 * refused, nothing is repaired.
 *
 * One object per connection, filled again for each request.
 */
import { type Authority, parseAuthority } from './authority.ts';
import { FieldLines } from './field-lines.ts';
import { Field, FORWARDING_FIELDS, fieldOf, fieldSet } from './known-fields.ts';
import { isToken, LOWER, TARGET, TOKEN, trimOws } from './octets.ts';
import { refused } from './refusals.ts';

export interface HeadLimits {
  /** Longest request target, octets; more is 414. */
  readonly maxTargetBytes: number;
  /** Longest head, request line included; more is 431. */
  readonly maxHeadBytes: number;
  /** Most field lines; more is 431. */
  readonly maxFields: number;
}

export const DEFAULT_HEAD_LIMITS: HeadLimits = { maxTargetBytes: 8192, maxHeadBytes: 32768, maxFields: 100 };

/** How the body that follows a head is delimited. */
export const Framing = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;

/** The methods that node's own parser knows. Others are 501: two parsers in a row must agree. */
const METHODS = new Set(
  (
    'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY ' +
    'OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK ' +
    'UNLOCK UNSUBSCRIBE'
  ).split(' '),
);
const LONGEST_METHOD = 16;

/** Each option is looked for among all lines: without a bound a head of 32 KiB costs as much as a thousand others. */
export const MAX_CONNECTION_OPTIONS = 32;

const REQUEST_LINE_MALFORMED = refused('request_line_malformed');
const METHOD_INVALID = refused('method_invalid');
const METHOD_UNKNOWN = refused('method_unknown');
const TARGET_INVALID = refused('target_invalid');
const TARGET_TOO_LONG = refused('target_too_long');
const VERSION_MALFORMED = refused('version_malformed');
const VERSION_NOT_SUPPORTED = refused('version_not_supported');
const LINE_ENDING_INVALID = refused('line_ending_invalid');
const HOST_MISSING = refused('host_missing');
const HOST_REPEATED = refused('host_repeated');
const HOST_INVALID = refused('host_invalid');
const CL_INVALID = refused('content_length_invalid');
const CL_REPEATED = refused('content_length_repeated');
const TE_WITH_CL = refused('transfer_encoding_with_content_length');
const TE_INVALID = refused('transfer_encoding_invalid');
const TE_NOT_SUPPORTED = refused('transfer_encoding_not_supported');
const TE_IN_1_0 = refused('transfer_encoding_in_http_1_0');
const REPEATED = refused('singleton_field_repeated');
const NAMES_PROTECTED = refused('connection_names_protected_field');
const EXPECTATION_UNKNOWN = refused('expectation_unknown');
const TOO_MANY_OPTIONS = refused('too_many_connection_options');
const CONNECT_REFUSED = refused('connect_refused');
const TRACE_REFUSED = refused('trace_refused');

/** Fields that `Connection` may not declare hop-by-hop: end-to-end, framing and identity ones. */
const PROTECTED = fieldSet(
  Field.host,
  Field.contentLength,
  Field.transferEncoding,
  Field.expect,
  Field.via,
  Field.authorization,
  Field.contentType,
  Field.contentEncoding,
  Field.contentRange,
  Field.cookie,
  Field.setCookie,
  Field.date,
  ...FORWARDING_FIELDS,
  Field.maxForwards,
  Field.xKongRequestId,
);

/** Fields whose second line would leave the meaning in doubt (RFC 9110 5.3). */
const SINGLETON = fieldSet(
  Field.authorization,
  Field.contentType,
  Field.proxyAuthorization,
  Field.contentRange,
  Field.maxForwards,
);

export class RequestHead {
  /** It comes over TLS: a target may then say `https`. Set once, by the connection. */
  secure = false;
  method = '';
  /** The request target as received. */
  target = '';
  /** Path and query in origin form: the target, or what follows the authority of an absolute-form one. */
  pathAndQuery = '';
  /** 0 or 1: the minor version. */
  minorVersion = 1;
  /** What Host (or an absolute-form target) said; `''` in an HTTP/1.0 request without one. */
  authority = '';
  host = '';
  /** -1 when the authority has none. */
  port = -1;
  /** `*` was the target. */
  asterisk = false;
  /** The target had a scheme and an authority. */
  absolute = false;
  framing: number = Framing.none;
  contentLength = 0;
  /** The client lets the connection be used again. */
  keepAlive = true;
  expectContinue = false;
  /** `Connection: upgrade` together with an Upgrade field; its value. */
  upgrade: string | undefined;
  /** `TE: trailers`. */
  acceptsTrailers = false;
  readonly lines = new FieldLines();
  /** The last authority that was parsed: a connection nearly always asks for one host. */
  private lastAuthorityText = '';
  private lastAuthority: Authority | undefined;

  /**
   * Parses one head from `octets[start, end)`.
   *
   * Returns the offset behind it, 0 when it is not complete yet, or a negative refusal.
   */
  parse(octets: Buffer, start: number, end: number, limits: HeadLimits): number {
    let pos = start;
    // One empty line before a request is forgiven (RFC 9112 2.2), as old clients send it after a POST.
    if (octets[pos] === 0x0d) {
      if (pos + 1 >= end) return 0;
      if (octets[pos + 1] !== 0x0a) return LINE_ENDING_INVALID;
      pos += 2;
    }
    const base = pos;

    let c = 0;
    while (pos < end && TOKEN[(c = octets[pos]!)] === 1) pos++;
    if (pos - base > LONGEST_METHOD) return METHOD_UNKNOWN;
    if (pos >= end) return 0;
    if (c !== 0x20 || pos === base) return METHOD_INVALID;
    const methodEnd = pos++;

    const targetStart = pos;
    while (pos < end && TARGET[octets[pos]!] === 1) pos++;
    if (pos - targetStart > limits.maxTargetBytes) return TARGET_TOO_LONG;
    if (pos >= end) return 0;
    if (octets[pos] !== 0x20)
      return octets[pos] === 0x0d || octets[pos] === 0x0a ? REQUEST_LINE_MALFORMED : TARGET_INVALID;
    if (pos === targetStart) return REQUEST_LINE_MALFORMED;
    const targetEnd = pos++;

    // "HTTP/1.1\r\n", octet by octet, so that a wrong one is known as soon as it is there.
    const version = this.parseVersion(octets, pos, end);
    if (version <= 0) return version;
    pos = version;

    const lines = this.lines;
    lines.reset();
    const after = lines.parse(octets, base, pos, end, limits.maxHeadBytes, limits.maxFields);
    if (after <= 0) return after;

    const text = octets.toString('latin1', base, after);
    lines.text = text;
    this.method = text.slice(0, methodEnd - base);
    this.target = text.slice(targetStart - base, targetEnd - base);
    const refusal = this.interpret();
    return refusal < 0 ? refusal : after;
  }

  private parseVersion(octets: Buffer, from: number, end: number): number {
    const wanted = 'HTTP/1.';
    let pos = from;
    for (let i = 0; i < 7; i++, pos++) {
      if (pos >= end) return 0;
      const c = octets[pos]!;
      if (c === wanted.charCodeAt(i)) continue;
      // A well-formed other major version is 505, anything else is not a version at all.
      if (i === 5 && c >= 0x30 && c <= 0x39) {
        if (pos + 2 >= end) return 0;
        return octets[pos + 1] === 0x2e && isDigit(octets[pos + 2]!)
          ? VERSION_NOT_SUPPORTED
          : VERSION_MALFORMED;
      }
      return VERSION_MALFORMED;
    }
    if (pos >= end) return 0;
    const minor = octets[pos++]!;
    if (!isDigit(minor)) return VERSION_MALFORMED;
    if (pos >= end) return 0;
    if (octets[pos] === 0x0a) return LINE_ENDING_INVALID;
    if (octets[pos] !== 0x0d) return VERSION_MALFORMED;
    if (pos + 1 >= end) return 0;
    if (octets[pos + 1] !== 0x0a) return LINE_ENDING_INVALID;
    if (minor > 0x31) return VERSION_NOT_SUPPORTED;
    this.minorVersion = minor - 0x30;
    return pos + 2;
  }

  /** What the lines mean. 0 or a negative refusal. */
  private interpret(): number {
    const lines = this.lines;
    const { fields, count } = lines;
    const http11 = this.minorVersion === 1;
    this.framing = Framing.none;
    this.contentLength = 0;
    this.keepAlive = http11;
    this.expectContinue = false;
    this.upgrade = undefined;
    this.acceptsTrailers = false;
    this.asterisk = false;
    this.absolute = false;

    let host = -1;
    let contentLength = -1;
    let transferEncoding = -1;
    let connection = false;
    let upgrade = -1;
    let te = false;
    for (let k = 0; k < count; k++) {
      const field = fields[k]!;
      if (field === Field.other) continue;
      // A line that was dropped for its underscore has no number.
      switch (field) {
        case Field.host:
          if (host >= 0) return HOST_REPEATED;
          host = k;
          break;
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
          upgrade = upgrade === -1 ? k : -2;
          break;
        case Field.te:
          te = true;
          break;
        case Field.expect:
          if (this.expectContinue || lines.valueAt(k).toLowerCase() !== '100-continue')
            return EXPECTATION_UNKNOWN;
          this.expectContinue = true;
          break;
        default:
          if (SINGLETON[field] === 1 && this.isRepeated(field, k)) return REPEATED;
      }
    }

    if (transferEncoding >= 0) {
      if (contentLength >= 0) return TE_WITH_CL;
      const refusal = transferEncodingRefusal(lines.valueAt(transferEncoding));
      if (refusal < 0) return refusal;
      if (!http11) return TE_IN_1_0;
      this.framing = Framing.chunked;
    } else if (contentLength >= 0) {
      const length = parseContentLength(lines.valueAt(contentLength));
      if (length < 0) return CL_INVALID;
      this.contentLength = length;
      if (length > 0) this.framing = Framing.length;
    }

    if (connection) {
      const refusal = this.readConnection(upgrade >= 0);
      if (refusal < 0) return refusal;
      if (this.upgrade !== undefined) this.upgrade = lines.valueAt(upgrade);
    }
    if (te)
      this.acceptsTrailers = lines.getAll('te').some((value) =>
        value
          .toLowerCase()
          .split(',')
          .some((coding) => trimOws(coding) === 'trailers'),
      );
    // 1xx responses do not exist for HTTP/1.0 (RFC 9110 10.1.1).
    if (!http11) this.expectContinue = false;

    return this.readTarget(host < 0 ? undefined : lines.valueAt(host));
  }

  private isRepeated(field: number, before: number): boolean {
    const { fields } = this.lines;
    for (let k = 0; k < before; k++) if (fields[k] === field) return true;
    return false;
  }

  /** Connection options (RFC 9110 7.6.1): drops the fields that are named, refuses protected ones. */
  private readConnection(hasUpgrade: boolean): number {
    const lines = this.lines;
    let close = false;
    let keep = false;
    let options = 0;
    const count = lines.count;
    for (let k = 0; k < count; k++) {
      if (lines.fields[k] !== Field.connection) continue;
      const value = lines.valueAt(k);
      if (value === 'keep-alive') {
        keep = true;
        continue;
      }
      if (value === 'close') {
        close = true;
        continue;
      }
      for (const part of value.split(',', MAX_CONNECTION_OPTIONS + 1)) {
        if (++options > MAX_CONNECTION_OPTIONS) return TOO_MANY_OPTIONS;
        const option = trimOws(part).toLowerCase();
        if (option === '') continue;
        if (option === 'close') close = true;
        else if (option === 'keep-alive') keep = true;
        else if (option === 'upgrade') {
          if (hasUpgrade) this.upgrade = '';
        } else if (option !== 'te') {
          if (!isToken(option)) return refused('field_value_invalid');
          if (PROTECTED[fieldOf(option)] === 1) return NAMES_PROTECTED;
          lines.remove(option);
        }
      }
    }
    if (close) this.keepAlive = false;
    else if (keep) this.keepAlive = true;
    return 0;
  }

  /** Target form, authority and Host (RFC 9112 3.2): one interpretation for everything behind. */
  private readTarget(hostField: string | undefined): number {
    const { method, target } = this;
    if (!METHODS.has(method)) {
      for (let i = 0; i < method.length; i++)
        if (LOWER[method.charCodeAt(i)] === method.charCodeAt(i) && /[a-z]/.test(method[i]!))
          return METHOD_INVALID;
      return METHOD_UNKNOWN;
    }
    // Host is checked even where it is not used: a request with a broken one is refused (RFC 9112 3.2).
    if (hostField === undefined) {
      if (this.minorVersion === 1) return HOST_MISSING;
      this.authority = '';
      this.host = '';
      this.port = -1;
    } else {
      if (!this.readAuthority(hostField)) return HOST_INVALID;
    }
    if (method === 'CONNECT') return CONNECT_REFUSED;
    if (method === 'TRACE') return TRACE_REFUSED;

    if (target.charCodeAt(0) === 0x2f) {
      this.pathAndQuery = target;
      return 0;
    }
    if (target === '*') {
      if (method !== 'OPTIONS') return TARGET_INVALID;
      this.asterisk = true;
      this.pathAndQuery = '*';
      return 0;
    }
    // absolute-form: its authority replaces Host (RFC 9112 3.2.2). https in clear text is not ours to serve.
    const authorityStart = schemeLength(target, this.secure);
    if (authorityStart === 0) return TARGET_INVALID;
    let authorityEnd = authorityStart;
    while (authorityEnd < target.length) {
      const c = target.charCodeAt(authorityEnd);
      if (c === 0x2f || c === 0x3f) break;
      authorityEnd++;
    }
    if (!this.readAuthority(target.slice(authorityStart, authorityEnd))) return TARGET_INVALID;
    const rest = target.slice(authorityEnd);
    this.absolute = true;
    this.pathAndQuery = rest === '' ? '/' : rest.charCodeAt(0) === 0x3f ? `/${rest}` : rest;
    return 0;
  }

  private readAuthority(text: string): boolean {
    if (text !== this.lastAuthorityText) {
      const authority = parseAuthority(text);
      if (authority === undefined) return false;
      this.lastAuthorityText = text;
      this.lastAuthority = authority;
    }
    if (this.lastAuthority === undefined) return false;
    this.authority = text;
    this.host = this.lastAuthority.host;
    this.port = this.lastAuthority.port;
    return true;
  }
}

/** Length of `http://`, or of `https://` where that is served; 0 for everything else. */
function schemeLength(target: string, secure: boolean): number {
  if (target.slice(0, 7).toLowerCase() === 'http://') return 7;
  return secure && target.slice(0, 8).toLowerCase() === 'https://' ? 8 : 0;
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

/** 1*DIGIT that is a safe integer; -1 for everything else (RFC 9110 8.6, RFC 9112 6.3). */
export function parseContentLength(value: string): number {
  const length = value.length;
  if (length === 0 || length > 19) return -1;
  let n = 0;
  for (let i = 0; i < length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n <= Number.MAX_SAFE_INTEGER ? n : -1;
}

/** 0 when the value is exactly `chunked`; else a refusal (RFC 9112 6.1, 7). */
export function transferEncodingRefusal(value: string): number {
  if (value.toLowerCase() === 'chunked') return 0;
  const codings = value.split(',').map((coding) => trimOws(coding).toLowerCase());
  // A chain that does not end in one final chunked leaves the length in doubt; a token we do not know is 501.
  if (codings.some((coding) => !isToken(coding))) return TE_INVALID;
  const chunked = codings.filter((coding) => coding === 'chunked').length;
  if (chunked > 1 || (chunked === 1 && codings.at(-1) !== 'chunked')) return TE_INVALID;
  return TE_NOT_SUPPORTED;
}
