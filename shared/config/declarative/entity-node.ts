/** One entity of a declarative document between reading and assembling. */
import type { EntityDefinition } from '../entities/definition.ts';
import type { Path } from '../schema/problem.ts';
import type { Input } from '../schema/validate.ts';

export interface EntityNode {
  readonly definition: EntityDefinition;
  readonly path: Path;
  /** As written. */
  readonly input: Input;
  /**
   * As stored. Until the references are resolved a foreign key holds `{id}`, the text as written, or the
   * node around this one.
   */
  value: Record<string, unknown>;
  readonly parent: EntityNode | undefined;
  /** The foreign key that the surrounding entity fills. */
  readonly parentField: string | undefined;
  /** Position in its list, from 0. */
  readonly position: number;
}

export function idOf(node: EntityNode): string {
  return node.value['id'] as string;
}

/** What names the entity in error places: the value of its endpoint key, else its id. */
export function nameOf(node: EntityNode): string {
  const { endpointKey } = node.definition;
  const name = endpointKey === undefined ? undefined : node.value[endpointKey];
  return typeof name === 'string' ? name : String(node.value['id']);
}
