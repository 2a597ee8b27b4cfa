/**
 * The headers by which the upstream learns who is asking. Authentication plugins call this and nothing
 * else for them, so that no client can send such a header itself: every copy is removed first, also those
 * with underscores (many servers read `X_Consumer_Id` and `X-Consumer-Id` as the same variable).
 */
import type { Consumer, PluginEntity } from '../config/entities.ts';
import type { Headers } from '../http/headers.ts';
import type { AccessExchange } from './contract.ts';
import { headerText } from './header-text.ts';

/** Set by whatever authenticates. */
const IDENTITY = [
  'x-consumer-id',
  'x-consumer-custom-id',
  'x-consumer-username',
  'x-credential-identifier',
  'x-anonymous-consumer',
];
/** Set by single plugins (acl, oauth2) at or after authentication. */
const DERIVED = [
  'x-consumer-groups',
  'x-authenticated-groups',
  'x-authenticated-scope',
  'x-authenticated-userid',
];
const GROUPS = new Set(['x-consumer-groups', 'x-authenticated-groups']);
const ALL = new Set([...IDENTITY, ...DERIVED]);
const IDENTITY_ONLY = new Set(IDENTITY);

let names: ReadonlySet<string> = ALL;
const found: string[] = [];

function collect(name: string): void {
  const first = name.charCodeAt(0);
  // All of them start with x and have 13 to 23 characters.
  if ((first !== 0x78 && first !== 0x58) || name.length < 13 || name.length > 23) return;
  if (names.has(name.toLowerCase().replaceAll('_', '-'))) found.push(name);
}

function strip(headers: Headers, which: ReadonlySet<string>): void {
  names = which;
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
  strip(headers, first ? ALL : IDENTITY_ONLY);
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
  strip(headers, GROUPS);
}

/** The request goes on although nobody has authenticated it: it must not claim an identity. */
export function setNoIdentity(exchange: AccessExchange): void {
  if (exchange.credential !== undefined || exchange.consumer !== undefined) return;
  strip(exchange.request.headers, ALL);
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
