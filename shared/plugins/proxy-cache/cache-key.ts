/**
 * Under which key a request's response lies: Kong's parts (consumer and route, method, path, query, headers), and
 * beyond them scheme, host and whatever headers many applications obey in place of those. The parts are joined so that
 * no part can be read as two, and are what routing and the upstream see, not what the client wrote.
 */
import type { Exchange, RequestView } from '../contract.ts';

const { hash } = process.getBuiltinModule('node:crypto');

/** All values of a field, however many lines they came in. */
export interface FieldValues {
  getAll(name: string): readonly string[];
}

export interface KeyRules {
  readonly ignoreCase: boolean;
  /** Undefined: all. Sorted. */
  readonly queryParams: readonly string[] | undefined;
  /** In lower case, sorted. */
  readonly headers: readonly string[];
}

/** Applications build links and choose content by them; a response to one of them is nobody else's. */
const OBEYED = [
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-url',
  'x-rewrite-url',
];

const MAX_ARGS = 1000;

/** `method`: of the stored response (a HEAD may be answered by what a GET brought). */
export function primaryKey(
  exchange: Exchange,
  rules: KeyRules,
  method: string,
  body: Buffer | undefined,
): string {
  const { request, consumer, route } = exchange;
  const path = rules.ignoreCase ? request.path.toLowerCase() : request.path;
  const parts = [
    consumer?.id ?? '',
    route?.id ?? 'default',
    method,
    ...originOf(request),
    path,
    ...queryParts(request.query, rules.queryParams),
    '\n',
    ...headerParts(request.headers, rules.headers),
    '\n',
    ...headerParts(request.headers, OBEYED),
  ];
  // A body decides what comes back as much as a query does.
  if (body !== undefined && body.length > 0) parts.push(hash('sha256', body, 'hex'));
  return hash('sha256', JSON.stringify(parts), 'hex');
}

/** The key of one of several responses that Vary tells apart. */
export function variantKey(primary: string, names: readonly string[], headers: FieldValues): string {
  return hash('sha256', JSON.stringify([primary, names, ...headerParts(headers, names)]), 'hex');
}

/** What an unsafe request invalidates, for all clients and queries. */
export function resourceKey(request: RequestView, path: string): string {
  return hash('sha256', JSON.stringify(['resource', ...originOf(request), path.toLowerCase()]), 'hex');
}

/** The port counts when the client has named it; that of the listener is no part of what is asked for. */
function originOf(request: RequestView): readonly string[] {
  return [request.scheme, request.host, namedPort(request)];
}

export function namedPort({ target, headers }: RequestView): string {
  const [, authority] = /^[a-z]+:\/\/([^/?#]*)/i.exec(target) ?? [];
  return /:(\d+)$/.exec(authority ?? headers.get('host') ?? '')?.[1] ?? '';
}

/** Values with surrounding and repeated white space made one; all lines of a name in their order. */
function headerParts(headers: FieldValues, names: readonly string[]): string[] {
  const parts: string[] = [];
  for (const name of names) {
    const values = headers.getAll(name);
    if (values.length > 0)
      parts.push(
        name,
        values
          .join(', ')
          .replace(/[ \t]+/g, ' ')
          .trim(),
      );
  }
  return parts;
}

/** Arguments by name, those of a name in their order: it matters to applications which is first. */
function queryParts(query: string, names: readonly string[] | undefined): readonly string[] {
  if (query === '') return [];
  const pieces = query.split('&');
  if (pieces.length > MAX_ARGS) return [query];
  const args = pieces
    .filter((piece) => piece !== '')
    .map((piece) => {
      const equals = piece.indexOf('=');
      return { name: equals === -1 ? piece : piece.slice(0, equals), piece };
    });
  const counted = names === undefined ? args : args.filter(({ name }) => names.includes(decoded(name)));
  counted.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return counted.map(({ piece }) => piece);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
