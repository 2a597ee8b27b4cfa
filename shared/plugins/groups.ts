/**
 * Groups that an authentication plugin has found out by itself (from a token, from a directory), for requests
 * that may have no consumer. acl decides by them. Own plugins leave them with
 * `exchange.note('authenticated_groups', ['a', 'b'])`.
 */
import type { Exchange } from './contract.ts';

const NOTE = 'authenticated_groups';

export function setAuthenticatedGroups(exchange: Exchange, groups: readonly string[]): void {
  exchange.note(NOTE, groups);
}

/** Undefined when nobody has left any. */
export function authenticatedGroups(exchange: Exchange): readonly string[] | undefined {
  const groups = exchange.noted(NOTE);
  return Array.isArray(groups) ? groups : undefined;
}
