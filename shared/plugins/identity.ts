/**
 * The headers by which the upstream learns who is asking. Authentication plugins call this and nothing
 * else for them, so that no client can send such a header itself: every copy is removed first, also those
 * with underscores (many servers read `X_Consumer_Id` and `X-Consumer-Id` as the same variable).
 */
import type { Consumer, PluginEntity } from '../config/entities.ts';
import type { Headers } from '../http/headers.ts';
import type { AccessExchange } from './contract.ts';
import { headerText } from './header-text.ts';

/** Names that no client may send, in lower case with hyphens. */
export class ProtectedNames {
  readonly #names: ReadonlySet<string>;
  readonly #shortest: number;
  readonly #longest: number;

  /** All of them begin with `x`. */
  constructor(names: readonly string[]) {
    this.#names = new Set(names);
    const lengths = names.map((name) => name.length);
    this.#shortest = Math.min(...lengths);
    this.#longest = Math.max(...lengths);
  }

  has(name: string): boolean {
    const first = name.charCodeAt(0);
    if (first !== 0x78 && first !== 0x58) return false;
    if (name.length < this.#shortest || name.length > this.#longest) return false;
    return this.#names.has(name.toLowerCase().replaceAll('_', '-'));
  }
}

/** Set by whatever authenticates. */
const IDENTITY = [
  'x-consumer-id',
  'x-consumer-custom-id',
  'x-consumer-username',
  'x-credential-identifier',
  'x-anonymous-consumer',
];
const GROUPS = ['x-consumer-groups', 'x-authenticated-groups'];
/** Set by single plugins (acl, oauth2) at or after authentication. */
const DERIVED = [
  ...GROUPS,
  'x-authenticated-scope',
  'x-authenticated-userid',
  'x-credential-scope',
  'x-credential-client-id',
  'x-credential-token-type',
  'x-credential-exp',
  'x-credential-iat',
  'x-credential-nbf',
  'x-credential-sub',
  'x-credential-aud',
  'x-credential-iss',
  'x-credential-jti',
];
const ALL_NAMES = new ProtectedNames([...IDENTITY, ...DERIVED]);
const IDENTITY_NAMES = new ProtectedNames(IDENTITY);
const GROUP_NAMES = new ProtectedNames(GROUPS);

let wanted: ProtectedNames = ALL_NAMES;
const found: string[] = [];

function collect(name: string): void {
  if (wanted.has(name)) found.push(name);
}

/** Removes headers of these names in every spelling. */
export function removeProtected(headers: Headers, names: ProtectedNames): void {
  wanted = names;
  found.length = 0;
  headers.forEachName(collect);
  for (const name of found) headers.remove(name);
}

/**
 * The request goes on with this consumer. `identifier` is what `X-Credential-Identifier` says (key-auth:
 * the credential's id). Without a credential the consumer is the anonymous one.
 */
export function setIdentity(
  exchange: AccessExchange,
  consumer: Consumer | undefined,
  credential: PluginEntity | undefined,
  identifier: string | undefined,
): void {
  const headers = exchange.request.headers;
  // What an earlier plugin has derived from its own authentication stays.
  const first = exchange.credential === undefined && exchange.consumer === undefined;
  removeProtected(headers, first ? ALL_NAMES : IDENTITY_NAMES);
  exchange.authenticate(consumer, credential);
  if (consumer !== undefined) {
    headers.append('X-Consumer-ID', consumer.id);
    if (consumer.custom_id !== null) headers.append('X-Consumer-Custom-ID', headerText(consumer.custom_id));
    if (consumer.username !== null) headers.append('X-Consumer-Username', headerText(consumer.username));
  }
  if (identifier !== undefined) headers.append('X-Credential-Identifier', headerText(identifier));
  if (credential === undefined) headers.append('X-Anonymous-Consumer', 'true');
}

/** Whoever sends them, the groups that the upstream reads are those that acl writes after this. */
export function removeGroupHeaders(headers: Headers): void {
  removeProtected(headers, GROUP_NAMES);
}

/** The request goes on although nobody has authenticated it: it must not claim an identity. */
export function setNoIdentity(exchange: AccessExchange): void {
  if (exchange.credential !== undefined || exchange.consumer !== undefined) return;
  removeProtected(exchange.request.headers, ALL_NAMES);
}

/**
 * Falls back to the configured anonymous consumer (id or username). When it does not exist the exchange
 * ends with Kong's 500, and false is returned.
 */
export function setAnonymous(
  exchange: AccessExchange,
  anonymous: string,
  consumer: Consumer | undefined,
): boolean {
  if (consumer === undefined) {
    exchange.fail(500, `anonymous consumer ${anonymous} is configured but doesn't exist`);
    return false;
  }
  setIdentity(exchange, consumer, undefined, undefined);
  return true;
}
