/** Entities as pieces of a declarative file. */
import type { Entity } from '../api/documents.ts';
import { isObject } from '../form/values.ts';

/** What people write: no ids of the entity itself, no times, nothing that is not set; references by id. */
export function declarativeEntity(entity: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(entity)) {
    if (name === 'id' || name === 'created_at' || name === 'updated_at') continue;
    const plain = withoutNulls(value);
    if (plain === undefined) continue;
    shown[name] =
      isObject(plain) && Object.keys(plain).length === 1 && typeof plain['id'] === 'string'
        ? plain['id']
        : plain;
  }
  return shown;
}

function withoutNulls(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls).filter((one) => one !== undefined);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, one]) => {
    const plain = withoutNulls(one);
    return plain === undefined ? [] : [[key, plain] as const];
  });
  return Object.fromEntries(entries);
}

export async function declarativeYaml(
  collections: Readonly<Record<string, readonly (Entity | Readonly<Record<string, unknown>>)[]>>,
): Promise<string> {
  const lists = Object.entries(collections).map(([collection, entities]) => [
    collection,
    entities.map(declarativeEntity),
  ]);
  return yamlOf({ _format_version: '3.0', ...Object.fromEntries(lists) });
}

/** The library is loaded when the first text is wanted. */
export async function yamlOf(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
