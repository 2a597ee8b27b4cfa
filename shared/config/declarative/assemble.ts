/**
 * The last step of reading: generated values, hashed secrets, time stamps, and the entities in their lists. Only runs
 * over documents without errors, except that it may find certificates that have expired.
 */
import { fillGenerated } from '../entities/fill-generated.ts';
import { CORE_ENTITIES, type EntityIndex } from '../entities/index.ts';
import type { Configuration, PluginEntity } from '../entities.ts';
import type { EntityNode } from './entity-node.ts';
import type { Complaint } from './links.ts';

export const EMPTY_HASH = '0'.repeat(32);

export interface AssembleOptions {
  readonly transform: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of a document with entities. */
  readonly hash: string;
}

export function assemble(
  nodes: readonly EntityNode[],
  index: EntityIndex,
  { transform, now, hash }: AssembleOptions,
): { readonly configuration: Configuration } | { readonly complaints: readonly Complaint[] } {
  const lists = new Map<string, Record<string, unknown>[]>();
  for (const collection of index.keys()) lists.set(collection, []);
  const complaints: Complaint[] = [];
  const seconds = Math.floor(now / 1000);
  for (const node of nodes) {
    const { definition } = node;
    definition.derive?.(node.value);
    const wrong = definition.inspect?.(node.value, seconds);
    if (wrong !== undefined) {
      const path = [...node.path, wrong.field];
      complaints.push({ code: 'CD1107', message: wrong.message, node, path, fieldsPath: path });
      continue;
    }
    fillGenerated(definition, node.value, now);
    const hashed = transform ? definition.transform?.(node.value) : undefined;
    lists.get(definition.collection)?.push(hashed ?? node.value);
  }
  if (complaints.length > 0) return { complaints };
  const core: Record<string, unknown> = {};
  for (const { collection } of CORE_ENTITIES) core[collection] = lists.get(collection);
  const pluginEntities: Record<string, readonly PluginEntity[]> = {};
  for (const { collection, owner } of index.values()) {
    if (owner !== undefined) pluginEntities[collection] = lists.get(collection) as unknown as PluginEntity[];
  }
  // The lists hold what the schemas describe, and entities.ts is written after the schemas.
  const entities = core as unknown as Omit<Configuration, 'pluginEntities' | 'hash'>;
  return { configuration: { ...entities, pluginEntities, hash: nodes.length === 0 ? EMPTY_HASH : hash } };
}
