/** Finds the entity that a path names, alone or below another one. */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { isUuid } from '../../../shared/config/schema/rules.ts';
import type { ModelView } from '../../model/contract.ts';
import { notFound as noSuchEntity } from '../../model/errors.ts';
import { NOT_FOUND, Refusal, refuse } from '../http/answer.ts';
import { MAX_SIZE } from './paging.ts';

/** Throws a Refusal (404), or a ModelError when the text cannot be a key. */
export function mustFind(view: ModelView, collection: string, key: string): StoredEntity {
  const entity = view.find(collection, key);
  if (entity !== undefined) return entity;
  throw notFound(collection, key);
}

/** Kong says of a certificate that it is the SNI by which it was asked for that does not exist. */
export function notFound(collection: string, key: string): Refusal {
  return collection === 'certificates' && !isUuid(key)
    ? refuse(404, 'SNI not found')
    : new Refusal(NOT_FOUND);
}

/** As the model says it when a change is tried, for configurations that are not changed here. */
export function missingForUpdate(definition: EntityDefinition, key: string): Error {
  const { collection, endpointKey } = definition;
  if (isUuid(key)) return noSuchEntity({ id: key });
  return endpointKey === undefined ? notFound(collection, key) : noSuchEntity({ [endpointKey]: key });
}

/** The field that tells entities of one parent apart (the group of an acl); undefined when a name of their own does. */
export function localKey({ cacheKey, endpointKey }: EntityDefinition, field: string): string | undefined {
  if (endpointKey !== undefined || cacheKey?.length !== 2 || !cacheKey.includes(field)) return undefined;
  return cacheKey.find((name) => name !== field);
}

/** All children, however many. */
export function* childrenOf(
  view: ModelView,
  collection: string,
  field: string,
  id: string,
): Generator<StoredEntity> {
  let after: string | undefined;
  do {
    const page = view.children(collection, field, id, {
      size: MAX_SIZE,
      ...(after === undefined ? {} : { after }),
    });
    yield* page.data;
    after = page.after;
  } while (after !== undefined);
}
