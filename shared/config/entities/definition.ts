/**
 * What the rest of the program knows about a kind of entity beside its fields: how it is addressed, what makes
 * it unique, what it hangs on. The declarative reader and the Admin API are built on this.
 */
import type { ForeignField, RecordField } from '../schema/field.ts';

export interface ForeignKey {
  readonly field: string;
  /** The collection referred to. */
  readonly reference: string;
  /** What becomes of this entity when the other one is deleted. */
  readonly onDelete: 'cascade' | 'restrict';
}

export interface EntityDefinition {
  /** Name of the collection: `services`, `key_sets`, `keyauth_credentials`. */
  readonly collection: string;
  /** Path in the Admin API: `services`, `key-sets`, `key-auths`. */
  readonly adminPath: string;
  readonly schema: RecordField;
  /** Unique field by which an entity may be addressed instead of by id. */
  readonly endpointKey: string | undefined;
  /**
   * Fields whose values together are unique and make the generated id. Undefined: the endpoint key
   * alone does.
   */
  readonly cacheKey: readonly string[] | undefined;
  readonly foreignKeys: readonly ForeignKey[];
  /** Single fields that are unique within the collection (the endpoint key among them). */
  readonly uniqueFields: readonly string[];
  /** Name of the plugin that owns the entity; undefined for Kong's own. */
  readonly owner: string | undefined;
  /** Whether the Admin API may expire it (`ttl`). */
  readonly ttl: boolean;
  /** Rewrites what was sent before the fields are read (coupled fields). Never changes its input. */
  readonly prepare?: (input: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Derives stored values after the fields have been found right (`cert_digest`). Changes its argument. */
  readonly derive?: (entity: Record<string, unknown>) => void;
  /** What is wrong with a valid entity at this moment (an expired certificate); undefined when nothing is. */
  readonly inspect?: (
    entity: Readonly<Record<string, unknown>>,
    nowSeconds: number,
  ) => { readonly field: string; readonly message: string } | undefined;
  /** Hashes secrets and fills generated values when a document is not in stored form. */
  readonly transform?: (entity: Record<string, unknown>) => Record<string, unknown>;
}

/** The fields of a definition that are read off its schema. */
export function define(
  definition: Omit<EntityDefinition, 'foreignKeys' | 'uniqueFields' | 'owner' | 'ttl' | 'adminPath'> &
    Partial<Pick<EntityDefinition, 'owner' | 'ttl' | 'adminPath'>>,
): EntityDefinition {
  const foreignKeys: ForeignKey[] = [];
  const uniqueFields: string[] = [];
  for (const [field, description] of Object.entries(definition.schema.fields)) {
    if (description.type === 'foreign') {
      const { reference, onDelete } = description as ForeignField;
      foreignKeys.push({ field, reference, onDelete: onDelete ?? 'restrict' });
    } else if (description.options.unique === true) {
      uniqueFields.push(field);
    }
  }
  return {
    ...definition,
    adminPath: definition.adminPath ?? definition.collection,
    owner: definition.owner,
    ttl: definition.ttl ?? false,
    foreignKeys,
    uniqueFields,
  };
}
