/** A request as people write it, taken apart as the proxy takes one apart: same authority, same path. */
import { parseAuthority } from '../http/authority.ts';
import { FieldLines } from '../http/field-lines.ts';
import { isFieldValue, isToken } from '../http/octets.ts';
import { normalisePath } from '../router/normalise-path.ts';
import type { ExplainRequest } from './contract.ts';

export type Header = readonly [name: string, value: string];

/** What was written is no request. `field` says where: `method`, `url`, `headers`, `client_ip`, ... */
export class NoRequest extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.name = 'NoRequest';
    this.field = field;
  }
}

export interface ReadRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** As in Host: with a port when it has one. Empty when there is none. */
  readonly authority: string;
  /** The same as it was written. */
  readonly hostText: string;
  readonly host: string;
  readonly port: number;
  readonly sni: string | undefined;
  /** Normalised; undefined when it is malformed. */
  readonly path: string | undefined;
  readonly query: string;
  readonly target: string;
  readonly headers: FieldLines;
}

const MOST_URL = 8192;
const MOST_HEADERS = 100;
const MOST_VALUE = 8192;
const URL_PARTS = /^(?:(https?):\/\/([^/?#]*))?([/?*][^#]*|)(?:#.*)?$/is;

/** Throws a NoRequest. */
export function readRequest(asked: ExplainRequest): ReadRequest {
  const { method } = asked;
  if (!isToken(method) || method.length > 64) throw new NoRequest('method', 'is no method like GET');
  const { scheme, written, target } = readUrl(asked.url);
  const headers = new FieldLines(1);
  if (asked.headers.length > MOST_HEADERS) throw new NoRequest('headers', `more than ${MOST_HEADERS}`);
  for (const [name, value] of asked.headers) {
    if (!isToken(name)) throw new NoRequest('headers', `'${name.slice(0, 64)}' is no name of a header`);
    if (!isFieldValue(value) || value.length > MOST_VALUE)
      throw new NoRequest('headers', `the value of ${name} is none of a header`);
    headers.append(name, value);
  }
  // Like curl: a Host that is given counts, not the one of the address.
  const given = headers.get('host');
  if (given === undefined && written !== '') headers.append('Host', written);
  const text = given ?? written;
  const parsed = text === '' ? { host: '', port: -1 } : parseAuthority(text);
  if (parsed === undefined)
    throw new NoRequest(given === undefined ? 'url' : 'headers', `'${text}' is no host`);
  const standard = scheme === 'https' ? 443 : 80;
  const listenPort = asked.listenPort ?? portOf(written) ?? standard;
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  return {
    method,
    scheme,
    authority: parsed.port < 0 ? parsed.host : `${parsed.host}:${parsed.port}`,
    hostText: text,
    host: parsed.host,
    port: parsed.port < 0 ? listenPort : parsed.port,
    sni: scheme === 'https' ? (asked.sni ?? sniOf(parsed.host)) : undefined,
    path: rawPath === '*' ? '*' : normalisePath(octets(rawPath)),
    query: mark < 0 ? '' : target.slice(mark + 1),
    target,
    headers,
  };
}

function readUrl(url: string): { scheme: 'http' | 'https'; written: string; target: string } {
  const match = url.length > MOST_URL ? null : URL_PARTS.exec(url);
  const [, scheme = 'http', written = '', rest = ''] = match ?? [];
  if (match === null || /[\s\0-\x1f]/.test(url))
    throw new NoRequest('url', 'is no address: write http://HOST/PATH, or /PATH');
  if (written.includes('@')) throw new NoRequest('url', 'an address holds no credentials here');
  const target = rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest;
  return { scheme: scheme.toLowerCase() as 'http' | 'https', written, target };
}

function portOf(authority: string): number | undefined {
  const port = parseAuthority(authority)?.port ?? -1;
  return port < 0 ? undefined : port;
}

/** Addresses are not sent as server names (RFC 6066 3). */
function sniOf(host: string): string | undefined {
  return host === '' || host.startsWith('[') || /^[0-9.]+$/.test(host) ? undefined : host;
}

/** Characters as a client would send them: UTF-8, one character an octet. */
function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
