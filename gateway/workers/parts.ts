/** A configuration in pieces that a worker can take in between two requests. */
import { CORE_ENTITIES } from '../../shared/config/entities/index.ts';
import type { Configuration } from '../../shared/config/entities.ts';

/** Taking in this many routes holds a worker up for some 3 ms. */
const PART_ENTITIES = 250;

/** The most changed entities that are sent in one message. */
export const MOST_UPDATES = PART_ENTITIES;

export interface ConfigurationPart {
  readonly collection: string;
  readonly entities: readonly { readonly id: string }[];
}

export function* partsOf(configuration: Configuration): Generator<ConfigurationPart> {
  const { pluginEntities } = configuration;
  for (const { collection } of CORE_ENTITIES)
    yield* cut(collection, configuration[collection as 'services'] as readonly { readonly id: string }[]);
  for (const collection of Object.keys(pluginEntities))
    yield* cut(collection, pluginEntities[collection] ?? []);
}

function* cut(
  collection: string,
  entities: readonly { readonly id: string }[],
): Generator<ConfigurationPart> {
  for (let start = 0; start < entities.length; start += PART_ENTITIES)
    yield { collection, entities: entities.slice(start, start + PART_ENTITIES) };
}
