/**
 * What goes into a store and comes out of it is JSON text. What comes out may have been edited by hand or cut
 * short: it is checked before anybody believes its type, and what is wrong with it is said with its place.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import type { Commit, StoredDocument } from './contract.ts';

/** The store answers, but holds something that cannot be what was written. */
export class StoredValueError extends Error {
  /** `services`, `commits`, `documents of <kind>`, `head`. */
  readonly collection: string;
  readonly id: string;
  constructor(collection: string, id: string, problem: string) {
    super(`the store is damaged: ${collection} '${id}' ${problem}`);
    this.name = 'StoredValueError';
    this.collection = collection;
    this.id = id;
  }
}

/** Throws a TypeError for what JSON cannot say. */
export function encodeValue(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('what is stored must be plain JSON');
  return text;
}

/** Throws a TypeError: such a commit is a mistake of the caller, not a conflict. */
export function checkCommit(commit: Commit): void {
  if (!Number.isSafeInteger(commit.generation) || commit.generation < 1) {
    throw new TypeError(`${commit.generation} is not a generation`);
  }
  for (const { collection, id, after } of commit.change) {
    // Redis keeps both in one name, with a blank between them.
    if (collection === '' || collection.includes(' ')) {
      throw new TypeError(`'${collection}' is not a collection`);
    }
    if (after !== null && after.id !== id) {
      throw new TypeError(`${collection} '${id}' was to be stored as '${after.id}'`);
    }
  }
}

export function decodeEntity(collection: string, id: string, text: string): StoredEntity {
  const entity = decoded(collection, id, text);
  if (!isObject(entity)) throw new StoredValueError(collection, id, 'is not an object');
  if (entity['id'] !== id) throw new StoredValueError(collection, id, 'says that its id is another one');
  return entity as StoredEntity;
}

export function decodeCommit(generation: number, text: string): Commit {
  const id = String(generation);
  const commit = decoded('commits', id, text);
  if (!isObject(commit) || commit['generation'] !== generation) {
    throw new StoredValueError('commits', id, 'is not the commit of this generation');
  }
  const { at, node, hash, authors, change } = commit;
  if (
    typeof at !== 'number' ||
    typeof node !== 'string' ||
    typeof hash !== 'string' ||
    !Array.isArray(authors) ||
    !authors.every(isAuthor) ||
    !Array.isArray(change) ||
    !change.every(isEntityChange)
  ) {
    throw new StoredValueError('commits', id, 'lacks a part of a commit');
  }
  return commit as unknown as Commit;
}

export function decodeDocument(kind: string, key: string, version: number, text: string): StoredDocument {
  return { kind, key, value: decoded(`documents of ${kind}`, key, text), version };
}

/** The order of everything that a store gives back; the same everywhere, whatever the store's own collation. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decoded(collection: string, id: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StoredValueError(collection, id, `is not JSON (${(error as Error).message})`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAuthor(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['at'] === 'number' &&
    typeof value['actor'] === 'string' &&
    typeof value['summary'] === 'string'
  );
}

function isEntityChange(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { collection, id, before, after } = value;
  return (
    typeof collection === 'string' &&
    typeof id === 'string' &&
    [before, after].every((side) => side === null || (isObject(side) && side['id'] === id))
  );
}
