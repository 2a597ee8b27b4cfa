/** How an entity is called in front of people: its kind, its name, and what it hangs on. Never a secret. */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { type Entities, idOf, isSecret, type Schemas } from './schemas.ts';

export interface Label {
  readonly kind: string;
  readonly name: string;
  /** `service orders`; empty when it hangs on nothing. */
  readonly context: string;
}

export class Labels {
  readonly #schemas: Schemas;
  readonly #known = new Map<string, StoredEntity>();

  /** Those that come last win. */
  constructor(schemas: Schemas, ...sources: readonly Entities[]) {
    this.#schemas = schemas;
    for (const source of sources) {
      for (const [collection, list] of source) {
        for (const entity of list) this.#known.set(`${collection} ${entity.id}`, entity);
      }
    }
  }

  of(definition: EntityDefinition, entity: StoredEntity): Label {
    const context = definition.foreignKeys.flatMap(({ field, reference }) => {
      const id = idOf(entity[field]);
      if (id === undefined) return [];
      const other = this.#known.get(`${reference} ${id}`);
      const name = other === undefined ? undefined : this.#name(this.#schemas.definition(reference), other);
      return [`${kindOf(reference)} ${name ?? id}`];
    });
    const name = this.#name(definition, entity) ?? entity.id;
    return {
      kind: kindOf(definition.collection),
      name: printable(name),
      context: printable(context.join(', ')),
    };
  }

  #name({ collection, endpointKey, schema }: EntityDefinition, entity: StoredEntity): string | undefined {
    const candidates = [collection === 'plugins' ? 'name' : endpointKey, 'custom_id', 'group', 'kid'];
    for (const field of candidates) {
      if (field === undefined || isSecret(field, schema.fields[field])) continue;
      const value = entity[field];
      if (typeof value === 'string') return value;
    }
    return undefined;
  }
}

export function kindOf(collection: string): string {
  return collection.replace(/s$/, '');
}

/** What comes from outside may hold control characters; a terminal must not obey them. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '?');
}
