/** Kong's paging: `size`, an opaque `offset`, and the tags that a list is filtered by. */
import { isUuid } from '../../../shared/config/schema/rules.ts';
import { ModelError, type Page, type PageRequest } from '../../model/contract.ts';
import type { Query } from '../http/query.ts';
import { tagFilter } from './tag-filter.ts';

const DEFAULT_SIZE = 100;
export const MAX_SIZE = 1000;

/** Throws a ModelError (400, code 9). */
export function pageSize(query: Query): number {
  const values = query.all('size');
  const [text] = values;
  if (text === undefined) return DEFAULT_SIZE;
  const size = text.trim() === '' || values.length > 1 ? Number.NaN : Number(text);
  if (Number.isNaN(size)) throw wrongSize('size must be a number');
  if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE)
    throw wrongSize(`size must be an integer between 1 and ${MAX_SIZE}`);
  return size;
}

function wrongSize(message: string): ModelError {
  return new ModelError(400, { code: 9, name: 'invalid size', message });
}

export function invalidOffset(offset: string, reason = ''): ModelError {
  const message = `'${offset}' is not a valid offset${reason}`;
  return new ModelError(400, { code: 7, name: 'invalid offset', message });
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** What `encodeOffset` made. Throws a ModelError (400, code 7) when it is not even base64. */
export function decodeOffset(offset: string): string {
  if (!BASE64.test(offset)) throw invalidOffset(offset, ': bad base64 encoding');
  return Buffer.from(offset, 'base64url').toString('utf8');
}

export function encodeOffset(position: string): string {
  return Buffer.from(position, 'utf8').toString('base64url');
}

/** The page that a query asks for. `filtered`: whether `tags` counts. */
export function pageRequest(query: Query, filtered: boolean): PageRequest {
  const size = pageSize(query);
  const offset = query.first('offset');
  const tags = filtered ? tagFilter(query.first('tags')) : undefined;
  const page: PageRequest = tags === undefined ? { size } : { size, tags };
  if (offset === undefined) return page;
  const after = decodeOffset(offset);
  if (!isUuid(after)) throw invalidOffset(offset);
  return { ...page, after };
}

/**
 * Kong's list. `next` of a collection at the top carries what the query said; that of a nested one the offset alone.
 */
export function listBody(
  data: readonly unknown[],
  after: Page['after'],
  path: string,
  query: Query | undefined,
): Readonly<Record<string, unknown>> {
  if (after === undefined) return { data, next: null };
  const offset = encodeOffset(after);
  return { data, next: nextPage(path, offset, query), offset };
}

export function nextPage(path: string, offset: string, query: Query | undefined): string {
  let next = `${path}?offset=${encodeURIComponent(offset)}`;
  for (const name of ['tags', 'size']) {
    const value = query?.first(name);
    if (value !== undefined) next += `&${name}=${encodeURIComponent(value)}`;
  }
  return next;
}
