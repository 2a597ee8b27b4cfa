/**
 * A configuration as a declarative document again: Kong's flat export, everything explicit, references by id,
 * values in stored form. Reading it gives an equal configuration.
 */

import { CORE_ENTITIES } from '../entities/index.ts';
import type { Configuration } from '../entities.ts';

/** Internal to plugins: Kong does not export them either. */
const NOT_EXPORTED = new Set(['sessions', 'oauth2_authorization_codes']);

/** The document as an object: `_format_version`, `_transform: false`, then the lists that are not empty. */
export function exportDeclarative(configuration: Configuration): Record<string, unknown> {
  const document: Record<string, unknown> = { _format_version: '3.0', _transform: false };
  const lists = configuration as unknown as Readonly<
    Record<string, readonly Readonly<Record<string, unknown>>[]>
  >;
  for (const { collection, foreignKeys } of CORE_ENTITIES) {
    const references = new Set(foreignKeys.map(({ field }) => field));
    add(document, collection, lists[collection] ?? [], (field) => references.has(field));
  }
  // Every reference of an entity that a plugin owns is a record with nothing but an id.
  for (const collection of Object.keys(configuration.pluginEntities).sort()) {
    if (!NOT_EXPORTED.has(collection))
      add(document, collection, configuration.pluginEntities[collection] ?? [], () => true);
  }
  return document;
}

/** The document as YAML text, as `GET /config` and exports to files give it. */
export async function exportYaml(configuration: Configuration): Promise<string> {
  const { stringify } = await import('yaml');
  // Version 1.1 quotes what older parsers would take for truth values and dates.
  return stringify(exportDeclarative(configuration), {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

function add(
  document: Record<string, unknown>,
  collection: string,
  entities: readonly Readonly<Record<string, unknown>>[],
  mayRefer: (field: string) => boolean,
): void {
  if (entities.length === 0) return;
  document[collection] = entities.map((entity) => {
    const flat: Record<string, unknown> = {};
    for (const field of Object.keys(entity)) {
      const value = entity[field];
      flat[field] = mayRefer(field) && isReference(value) ? value.id : value;
    }
    return flat;
  });
}

function isReference(value: unknown): value is { readonly id: string } {
  if (typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'id' && typeof (value as { readonly id: unknown }).id === 'string';
}
