/**
 * The request as plugins, router and upstream head see it: made once from the parsed head. Everything that
 * is derived (query arguments) is derived on demand.
 */
import type { Headers } from '../http/headers.ts';
import type { BodyWatcher, RequestView } from '../plugins/contract.ts';

/** Kong's bound on query arguments. */
const MAX_QUERY_ARGS = 1000;

/** Where the body comes from: the exchange. */
export interface BodySource {
  readBody(limit: number): Promise<Buffer | null>;
  replaceBody(body: Buffer): void;
  limitBody(bytes: number, status: number, message: string): void;
  watchBody(watcher: BodyWatcher): void;
}

export class HttpRequestView implements RequestView {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  query: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly headers: Headers;
  private readonly source: BodySource;

  constructor(
    source: BodySource,
    method: string,
    scheme: 'http' | 'https',
    host: string,
    port: number,
    path: string,
    query: string,
    target: string,
    httpVersion: string,
    headers: Headers,
  ) {
    this.source = source;
    this.method = method;
    this.scheme = scheme;
    this.host = host;
    this.port = port;
    this.path = path;
    this.query = query;
    this.target = target;
    this.httpVersion = httpVersion;
    this.headers = headers;
  }

  queryArgs(name: string): string[] {
    const values: string[] = [];
    if (this.query === '') return values;
    eachArg(this.query, (_, key, value) => {
      if (decode(key) === name) values.push(value === undefined ? '' : decode(value));
    });
    return values;
  }

  removeQueryArg(name: string): void {
    if (this.query === '') return;
    const kept: string[] = [];
    let removed = false;
    // Past the bound nothing is looked at, and so nothing may go on either: a hidden key could be in there.
    eachArg(this.query, (piece, key) => {
      if (decode(key) === name) removed = true;
      else kept.push(piece);
    });
    if (removed) this.query = kept.join('&');
  }

  readBody(limit: number): Promise<Buffer | null> {
    return this.source.readBody(limit);
  }

  replaceBody(body: Buffer): void {
    this.source.replaceBody(body);
  }

  limitBody(bytes: number, status: number, message: string): void {
    this.source.limitBody(bytes, status, message);
  }

  watchBody(watcher: BodyWatcher): void {
    this.source.watchBody(watcher);
  }
}

function eachArg(
  query: string,
  visit: (piece: string, key: string, value: string | undefined) => void,
): void {
  let start = 0;
  for (let n = 0; n < MAX_QUERY_ARGS && start <= query.length; n++) {
    const amp = query.indexOf('&', start);
    const end = amp < 0 ? query.length : amp;
    const piece = query.slice(start, end);
    if (piece !== '') {
      const equals = piece.indexOf('=');
      if (equals < 0) visit(piece, piece, undefined);
      else visit(piece, piece.slice(0, equals), piece.slice(equals + 1));
    }
    if (amp < 0) return;
    start = amp + 1;
  }
}

/** Form decoding; a broken escape stays as it is. */
function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
