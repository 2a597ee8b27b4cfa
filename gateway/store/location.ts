/**
 * Reads the text of the setting `store`. What it cannot use it refuses with a reason, and no message of it ever
 * holds a password: the text comes from an environment that has some in it.
 */
import { resolve } from 'node:path';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisLocation {
  readonly kind: 'redis';
  readonly topology: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** One for `single`, else where to begin. */
  readonly addresses: readonly RedisAddress[];
  /** Name of the master that the sentinels watch; empty without sentinels. */
  readonly master: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  /** All keys begin with it, as a hash tag. */
  readonly prefix: string;
  /** File with the certificates that a server's certificate is checked with, instead of the system's. */
  readonly caPath: string | undefined;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  readonly shown: string;
}

export type StoreLocation =
  | { readonly kind: 'memory'; readonly shown: string }
  | { readonly kind: 'sqlite'; readonly path: string; readonly shown: string }
  | RedisLocation;

/** The text names no store. */
export class StoreLocationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreLocationError';
  }
}

const DEFAULT_PORT = { single: 6379, sentinel: 26379, cluster: 6379 } as const;
const DEFAULT_PREFIX = 'cardinal';
const MAX_ADDRESSES = 64;
const OPTIONS = new Set(['prefix', 'ca', 'sentinel_username', 'sentinel_password']);

/** Throws a StoreLocationError. Relative paths are relative to the working directory. */
export function parseStoreLocation(text: string): StoreLocation {
  if (text === 'memory') return { kind: 'memory', shown: 'memory' };
  if (text.startsWith('sqlite:')) return sqliteLocation(text.slice('sqlite:'.length));
  const redis = /^redis(s)?(?:\+(sentinel|cluster))?:\/\/(.*)$/s.exec(text);
  if (redis !== null) {
    const topology = (redis[2] ?? 'single') as RedisLocation['topology'];
    return redisLocation(topology, redis[1] === 's', redis[3] as string);
  }
  throw new StoreLocationError(
    `a store is memory, sqlite:PATH, redis://HOST:PORT/DB, redis+sentinel://HOST:PORT,.../MASTER or redis+cluster://HOST:PORT,...; this begins with '${text.slice(0, 10)}'`,
  );
}

function sqliteLocation(path: string): StoreLocation {
  if (path === '') throw new StoreLocationError('sqlite: needs a path: sqlite:./cardinal.db');
  if (path.includes('\0')) throw new StoreLocationError('the path of a sqlite store holds a zero byte');
  const query = path.indexOf('?');
  if (query >= 0) {
    throw new StoreLocationError(`sqlite: takes no options: '${path.slice(query)}' is not part of a path`);
  }
  if (path.startsWith(':memory:') || path.startsWith('file:')) {
    throw new StoreLocationError(`sqlite: takes the path of a file, not '${path}'`);
  }
  const absolute = resolve(path);
  return { kind: 'sqlite', path: absolute, shown: absolute };
}

function redisLocation(topology: RedisLocation['topology'], tls: boolean, rest: string): RedisLocation {
  const scheme = `redis${tls ? 's' : ''}${topology === 'single' ? '' : `+${topology}`}`;
  const queryAt = rest.indexOf('?');
  const options = queryOptions(topology, tls, queryAt < 0 ? '' : rest.slice(queryAt + 1));
  const address = queryAt < 0 ? rest : rest.slice(0, queryAt);
  // The last one: a password that was not written percent-encoded then shows up in no host name.
  const userEnd = address.lastIndexOf('@');
  const { username, password } = credentials(userEnd < 0 ? '' : address.slice(0, userEnd));
  const [hosts = '', ...path] = address.slice(userEnd + 1).split('/');
  const addresses = hosts.split(',').map((host) => hostAndPort(host, DEFAULT_PORT[topology]));
  if (addresses.length > MAX_ADDRESSES) {
    throw new StoreLocationError(`${scheme}:// takes up to ${MAX_ADDRESSES} addresses`);
  }
  if (topology === 'single' && addresses.length > 1) {
    throw new StoreLocationError(
      `${scheme}:// takes one address; for several use ${scheme}+sentinel:// or ${scheme}+cluster://`,
    );
  }
  if (path.at(-1) === '') path.pop();
  let master = '';
  if (topology === 'sentinel') {
    master = decoded(path.shift() ?? '', 'name of the master');
    if (master === '') {
      throw new StoreLocationError(
        `${scheme}:// needs the name of the master: ${scheme}://HOST:PORT,HOST:PORT/MASTER`,
      );
    }
  }
  if (path.length > (topology === 'cluster' ? 0 : 1)) {
    throw new StoreLocationError(
      topology === 'cluster'
        ? 'a Redis Cluster has no databases: write no path'
        : `'/${path.slice(1).join('/')}' is too much: the path ends with the number of the database`,
    );
  }
  const db = path[0] ?? '0';
  if (!/^\d{1,5}$/.test(db)) {
    throw new StoreLocationError(`'${db}' is not the number of a Redis database`);
  }
  const shownPath = topology === 'cluster' ? '' : `${master === '' ? '' : `/${master}`}/${Number(db)}`;
  return {
    kind: 'redis',
    topology,
    tls,
    addresses,
    master,
    username,
    password,
    db: Number(db),
    prefix: options.get('prefix') ?? DEFAULT_PREFIX,
    caPath: options.get('ca'),
    sentinelUsername: options.get('sentinel_username'),
    sentinelPassword: options.get('sentinel_password'),
    shown: `${scheme}://${addresses.map(shownAddress).join(',')}${shownPath}`,
  };
}

function queryOptions(
  topology: RedisLocation['topology'],
  tls: boolean,
  query: string,
): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!OPTIONS.has(name)) {
      throw new StoreLocationError(
        `there is no option '${name}' of a Redis store: ${[...OPTIONS].join(', ')}`,
      );
    }
    if (options.has(name)) throw new StoreLocationError(`the option '${name}' is there twice`);
    const value = decoded(part.slice(name.length + 1), `option ${name}`);
    if (value === '') throw new StoreLocationError(`the option '${name}' needs a value`);
    options.set(name, value);
  }
  const prefix = options.get('prefix');
  // Braces would change which part of a key a cluster hashes.
  if (prefix !== undefined && !/^[\w.:-]{1,64}$/.test(prefix)) {
    throw new StoreLocationError(`a prefix is up to 64 of A-Z a-z 0-9 _ . : -, not '${prefix}'`);
  }
  if (options.has('ca') && !tls) throw new StoreLocationError("the option 'ca' needs rediss://");
  for (const name of ['sentinel_username', 'sentinel_password']) {
    if (options.has(name) && topology !== 'sentinel') {
      throw new StoreLocationError(`the option '${name}' needs redis+sentinel://`);
    }
  }
  return options;
}

function credentials(text: string): { username: string | undefined; password: string | undefined } {
  if (text === '') return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  if (colon < 0) {
    throw new StoreLocationError('before the @ stand USER:PASSWORD, or :PASSWORD for the default user');
  }
  const username = decoded(text.slice(0, colon), 'user');
  const password = decoded(text.slice(colon + 1), 'password');
  return { username: username === '' ? undefined : username, password };
}

function hostAndPort(text: string, defaultPort: number): RedisAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^[\]:@\s]+))(?::(\d{1,5}))?$/i.exec(text);
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new StoreLocationError('the address of a Redis server is not HOST:PORT');
  }
  return { host: (match[1] ?? match[2]) as string, port };
}

function shownAddress({ host, port }: RedisAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreLocationError(`the ${what} is not percent-encoded correctly`);
  }
}
