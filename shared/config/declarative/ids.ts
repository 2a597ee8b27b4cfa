/**
 * The second stage: ids for the entities that have none. The same text gives the same ids on every node and on
 * every load, because counters, health and the order of equal routes hang on them.
 *
 * Where Kong has a key to make an id from, the id is Kong's. Where it has none (unnamed routes, certificates)
 * Kong draws a random id at each load; here it is made from what the entity says.
 */
import { type EntityNode, idOf } from './entity-node.ts';
import { generatedId } from './uuid.ts';

export function assignIds(nodes: readonly EntityNode[]): void {
  const taken = new Set<string>();
  for (const node of nodes) {
    const id = node.value['id'];
    if (typeof id === 'string') taken.add(id);
  }
  // Parents come before their children in `nodes`, so a parent's id is there when a child needs it.
  for (const node of nodes) {
    if (typeof node.value['id'] === 'string') continue;
    const key = keyOf(node);
    if (key !== undefined) node.value['id'] = generatedId(node.definition.collection, key);
    else node.value['id'] = idFromContent(node, taken);
  }
}

/** The text from which Kong makes the id; undefined when a part of it is missing. */
function keyOf({ definition, value, input, parent, parentField }: EntityNode): string | undefined {
  const { cacheKey, collection, endpointKey } = definition;
  if (cacheKey === undefined) {
    const name = endpointKey === undefined ? undefined : value[endpointKey];
    return typeof name === 'string' ? name : undefined;
  }
  let key = `${collection}:*`;
  for (const field of cacheKey) {
    let part: unknown;
    const options = definition.schema.fields[field]?.options;
    if (field === parentField && parent !== undefined) part = idOf(parent);
    else if (definition.schema.fields[field]?.type === 'foreign') {
      const reference = value[field];
      part = typeof reference === 'string' ? reference : (reference as { id?: unknown } | null)?.id;
    } else {
      // As written: a target's key is its text before the default port is put in.
      part = input[field] ?? value[field];
    }
    if (part === null || part === undefined) {
      if (options?.required === true || options?.auto === true) return undefined;
      part = '';
    }
    key += `:${String(part)}`;
  }
  return key;
}

function idFromContent(node: EntityNode, taken: Set<string>): string {
  const { definition, value, parent, parentField } = node;
  const own = parentField === undefined ? value : { ...value, [parentField]: null };
  const content = JSON.stringify(own);
  const key = `${definition.collection}:content:${parent === undefined ? '' : idOf(parent)}:${content}`;
  for (let copy = 1; ; copy++) {
    const id = generatedId(definition.collection, copy === 1 ? key : `${key}:${copy}`);
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}
