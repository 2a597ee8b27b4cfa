/** Foreign keys in bodies: an id, or a unique field of what is meant (`{"service": {"name": "orders"}}`). */
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import type { AnyField } from '../../shared/config/schema/field.ts';
import { isUuid } from '../../shared/config/schema/rules.ts';
import { isRecord, validateField } from '../../shared/config/schema/validate.ts';
import { type UnresolvedReference, unresolvedReferences } from './errors.ts';
import type { Sent } from './request-entity.ts';

export interface UniqueLookup {
  definition(collection: string): EntityDefinition;
  /** Id of the entity with this value in a unique field. */
  idOf(collection: string, field: string, value: string): string | undefined;
}

/** Replaces names by ids, in place. Code 13 when nothing has the name. What is no reference at all is left alone. */
export function resolveForeignKeys(definition: EntityDefinition, sent: Sent, lookup: UniqueLookup): void {
  const unresolved: UnresolvedReference[] = [];
  for (const { field, reference } of definition.foreignKeys) {
    const value = sent[field];
    if (!isRecord(value)) continue;
    const id = Object.hasOwn(value, 'id') ? value['id'] : undefined;
    if (typeof id === 'string' && isUuid(id)) continue;
    const other = lookup.definition(reference);
    const failed: UnresolvedReference[] = [];
    let found: string | undefined;
    for (const by of other.uniqueFields) {
      const name = Object.hasOwn(value, by) ? value[by] : undefined;
      if (typeof name !== 'string') continue;
      if (validateField(other.schema.fields[by] as AnyField, name).problems.length > 0) continue;
      found = lookup.idOf(reference, by, name);
      if (found !== undefined) break;
      failed.push({ field, reference, by, value: name });
    }
    if (found !== undefined) sent[field] = { id: found };
    else unresolved.push(...failed);
  }
  if (unresolved.length > 0) throw unresolvedReferences(unresolved);
}
