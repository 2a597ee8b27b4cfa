/**
 * The entities of a generation as a data plane holds them: each as it was sent (what digests and the disk are
 * made from) and as it is served (validated here once more: the control plane is not trusted to send valid
 * entities). Both are the same object unless this version of the program knows fields that the sender does not.
 */
import { applyChange, type EntityChange, type StoredEntity } from '../../config/change.ts';
import { Slices } from '../../config/compile/slices.ts';
import { nestsDeeperThan } from '../../config/declarative/canonical-json.ts';
import { EMPTY_CONFIGURATION } from '../../config/empty.ts';
import type { EntityDefinition } from '../../config/entities/definition.ts';
import { type EntityIndex, entityIndex } from '../../config/entities/index.ts';
import { validatePlugin } from '../../config/entities/plugins.ts';
import type { Configuration } from '../../config/entities.ts';
import { generationDigest, shownHash } from '../../config/generation-hash.ts';
import type { PluginRegistry } from '../../config/plugin-registry.ts';
import { foreignById, isRecord, validate } from '../../config/schema/validate.ts';
import { type EntityFacts, entityFacts, entityKey } from '../entity-set.ts';
import { Refusal } from './refusal.ts';

const MAX_DEPTH = 64;
const MAX_ID_LENGTH = 64;

/** `entity` and what is derived from it are what was sent. */
export interface HeldEntity extends EntityFacts {
  readonly served: StoredEntity;
}

/** By collection and id, a blank between: the keys of `generationDigest`. */
export type HeldEntities = ReadonlyMap<string, HeldEntity>;

export const NO_ENTITIES: HeldEntities = new Map();

/** Takes entities from outside one by one. */
export class EntityReader {
  readonly #plugins: PluginRegistry;
  readonly index: EntityIndex;
  readonly #generatedFields = new Map<EntityDefinition, readonly string[]>();

  constructor(plugins: PluginRegistry) {
    this.#plugins = plugins;
    this.index = entityIndex(plugins);
  }

  /** Throws a Refusal that names the entity and the field, never a value. */
  read(collection: string, input: unknown): HeldEntity {
    const definition = this.index.get(collection);
    if (definition === undefined)
      throw new Refusal(shown(collection), 'there is no such collection on this node');
    if (!isRecord(input)) throw new Refusal(collection, 'expected a record');
    const id = Object.hasOwn(input, 'id') ? input['id'] : undefined;
    if (typeof id !== 'string' || id.length > MAX_ID_LENGTH)
      throw new Refusal(collection, 'id: expected a string');
    if (nestsDeeperThan(input, MAX_DEPTH))
      throw new Refusal(resourceOf(collection, input), 'nested too deeply');
    const prepared = definition.prepare?.(input) ?? input;
    const { value, problems } =
      collection === 'plugins'
        ? validatePlugin(prepared, this.#plugins, { foreign: foreignById })
        : validate(definition.schema, prepared, { foreign: foreignById });
    const [first] = problems;
    if (first !== undefined) {
      throw new Refusal(resourceOf(collection, input), `${shown(first.path.join('.'))}: ${first.message}`);
    }
    definition.derive?.(value);
    if (value['id'] !== id) throw new Refusal(resourceOf(collection, input), 'id: must be in lower case');
    // What a control plane generates it has generated: here it would differ from node to node.
    const missing = this.#generated(definition).find((field) => value[field] === null);
    if (missing !== undefined) throw new Refusal(resourceOf(collection, input), `${missing}: missing`);
    const facts = entityFacts(collection, input as StoredEntity);
    const served = value as StoredEntity;
    const same = entityFacts(collection, served).digest === facts.digest;
    return { ...facts, served: same ? facts.entity : served };
  }

  #generated(definition: EntityDefinition): readonly string[] {
    let names = this.#generatedFields.get(definition);
    if (names === undefined) {
      const { fields } = definition.schema;
      names = Object.keys(fields).filter((name) => fields[name]?.options.auto === true);
      this.#generatedFields.set(definition, names);
    }
    return names;
  }
}

/** What names an entity in messages: its collection and name or id. */
function resourceOf(collection: string, entity: Readonly<Record<string, unknown>>): string {
  const { name, id } = entity;
  return typeof name === 'string' && name !== ''
    ? `${collection} ${shown(name)} (${shown(String(id))})`
    : `${collection} ${shown(String(id))}`;
}

/** Text from outside, fit for a log line. */
function shown(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}

export function digestOf(entities: HeldEntities): string {
  const digests = new Map<string, string>();
  for (const [key, { digest }] of entities) digests.set(key, digest);
  return generationDigest(digests);
}

/**
 * The configuration of these entities. With `previous` and the entities it was made from only what differs is
 * looked at; what stays keeps its order and its identity.
 */
export function configurationOf(
  entities: HeldEntities,
  digest: string,
  previous: { readonly configuration: Configuration; readonly entities: HeldEntities } = {
    configuration: EMPTY_CONFIGURATION,
    entities: NO_ENTITIES,
  },
): Configuration {
  const change: EntityChange[] = [];
  for (const [key, { collection, served }] of entities) {
    const before = previous.entities.get(key)?.served ?? null;
    if (before !== served) change.push({ collection, id: served.id, before, after: served });
  }
  for (const [key, { collection, served }] of previous.entities) {
    if (!entities.has(key)) change.push({ collection, id: served.id, before: served, after: null });
  }
  return applyChange(previous.configuration, change, shownHash(digest, entities.size));
}

/**
 * References that lead nowhere and values that stand twice. Rejects with a Refusal. In slices: there may be
 * tens of thousands of entities, and requests are being served.
 */
export async function checkLinks(entities: HeldEntities, index: EntityIndex): Promise<void> {
  const slices = new Slices();
  const seen = new Set<string>();
  for (const { collection, served } of entities.values()) {
    if (slices.due()) await slices.pause();
    const definition = index.get(collection);
    if (definition === undefined) continue;
    for (const { field, reference } of definition.foreignKeys) {
      const id = referredId(served[field]);
      if (id !== undefined && !entities.has(entityKey(reference, id))) {
        throw new Refusal(resourceOf(collection, served), `${field}: there is no ${id} in ${reference}`);
      }
    }
    for (const field of definition.uniqueFields) {
      const value = served[field];
      if (typeof value === 'string')
        once(seen, [collection, field, value], resourceOf(collection, served), field);
    }
    const { cacheKey } = definition;
    if (cacheKey !== undefined && cacheKey.length > 1) {
      const parts = cacheKey.map((field) => referredId(served[field]) ?? served[field] ?? null);
      once(seen, [collection, ...parts], resourceOf(collection, served), cacheKey.join(', '));
    }
  }
}

function once(seen: Set<string>, parts: readonly unknown[], resource: string, what: string): void {
  const key = JSON.stringify(parts);
  if (seen.has(key)) throw new Refusal(resource, `${what}: another one has the same`);
  seen.add(key);
}

function referredId(value: unknown): string | undefined {
  return isRecord(value) && typeof value['id'] === 'string' ? value['id'] : undefined;
}
