/**
 * The stages after the ids: names and ids that stand twice, references that lead nowhere, other values that
 * must be unique. Each stage gives its complaints with two places: in the document, and where Kong puts them
 * in `fields`.
 */
import type { EntityIndex } from '../entities/index.ts';
import type { Path } from '../schema/problem.ts';
import { isUuid } from '../schema/rules.ts';
import { type EntityNode, idOf, nameOf } from './entity-node.ts';
import type { FindingCode } from './finding-codes.ts';

export interface Complaint {
  readonly code: FindingCode;
  readonly message: string;
  readonly node: EntityNode;
  /** Place in the document, for people. */
  readonly path: Path;
  /** Place in Kong's `fields`. */
  readonly fieldsPath: Path;
  /** `fields` holds a list of messages at this place. */
  readonly listed?: boolean;
  readonly candidates?: Iterable<string>;
  /** The text that is looked for among the candidates. */
  readonly wanted?: string;
  readonly other?: EntityNode;
  readonly otherPath?: Path;
}

/** Entities of a collection by id and by name. */
interface Known {
  readonly byId: Map<string, EntityNode>;
  readonly byName: Map<string, EntityNode>;
}

export class Links {
  readonly #nodes: readonly EntityNode[];
  readonly #known = new Map<string, Known>();

  constructor(nodes: readonly EntityNode[], index: EntityIndex) {
    this.#nodes = nodes;
    for (const collection of index.keys())
      this.#known.set(collection, { byId: new Map(), byName: new Map() });
  }

  /** Third stage. Also makes the maps that the fourth one looks into. */
  duplicates(): Complaint[] {
    const complaints: Complaint[] = [];
    for (const node of this.#nodes) {
      const { collection, endpointKey, uniqueFields } = node.definition;
      const { byId, byName } = this.#known.get(collection) as Known;
      const id = idOf(node);
      const name = endpointKey === undefined ? undefined : node.value[endpointKey];
      if (typeof name === 'string' && uniqueFields.includes(endpointKey as string)) {
        const first = byName.get(name);
        if (first !== undefined) {
          complaints.push({
            code: 'CD1201',
            message: `uniqueness violation: '${collection}' entity with ${endpointKey} set to '${name}' already declared`,
            node,
            path: [...node.path, endpointKey as string],
            fieldsPath: node.path,
            other: first,
            otherPath: [...first.path, endpointKey as string],
          });
          continue;
        }
        byName.set(name, node);
      }
      const first = byId.get(id);
      if (first !== undefined) {
        const generated = node.input['id'] === undefined || node.input['id'] === null;
        complaints.push({
          code: generated ? 'CD1204' : 'CD1202',
          message: `uniqueness violation: '${collection}' entity with primary key set to '${id}' already declared`,
          node,
          path: generated ? node.path : [...node.path, 'id'],
          fieldsPath: node.path,
          other: first,
          otherPath: generated ? first.path : [...first.path, 'id'],
        });
        continue;
      }
      byId.set(id, node);
    }
    return complaints;
  }

  /** Fourth stage: puts `{id}` into every foreign key. */
  references(): Complaint[] {
    const complaints: Complaint[] = [];
    for (const node of this.#nodes) {
      for (const { field, reference } of node.definition.foreignKeys) {
        const value = node.value[field];
        if (field === node.parentField && node.parent !== undefined) {
          this.#restated(node, field, reference, complaints);
          node.value[field] = { id: idOf(node.parent) };
        } else if (value !== null && value !== undefined) {
          const target = this.#find(reference, value);
          if (target === undefined) complaints.push(this.#unresolved(node, field, reference, value));
          else node.value[field] = { id: idOf(target) };
        }
      }
    }
    return complaints;
  }

  /** A nested entity may name an entity where the surrounding one counts anyway, but it must exist. */
  #restated(node: EntityNode, field: string, reference: string, complaints: Complaint[]): void {
    const written = node.input[field];
    if (written === undefined || written === null) return;
    if (this.#find(reference, written) === undefined) {
      complaints.push(this.#unresolved(node, field, reference, written));
    }
  }

  #find(reference: string, value: unknown): EntityNode | undefined {
    const known = this.#known.get(reference);
    if (typeof value !== 'string') {
      const id = (value as { readonly id?: unknown } | null)?.id;
      return typeof id === 'string' ? known?.byId.get(id.toLowerCase()) : undefined;
    }
    return (isUuid(value) ? known?.byId.get(value.toLowerCase()) : undefined) ?? known?.byName.get(value);
  }

  #unresolved(node: EntityNode, field: string, reference: string, value: unknown): Complaint {
    const wanted = typeof value === 'string' ? value : String((value as { readonly id?: unknown }).id);
    const known = this.#known.get(reference) as Known;
    const path = [...node.path, field];
    // Kong drops a scope that a nested plugin adds when it leads nowhere, and then misses it.
    const nested = node.parent !== undefined && node.definition.collection === 'plugins';
    return {
      code: 'CD1301',
      message: nested
        ? 'value must be null'
        : `invalid reference '${field}: ${wanted}' (no such entry in '${reference}')`,
      node,
      path,
      fieldsPath: nested ? path : [node.definition.collection, nameOf(node)],
      listed: !nested,
      wanted,
      candidates: known.byName.keys(),
    };
  }

  /** Fifth stage: other unique fields, and fields that are unique together. */
  uniqueness(): Complaint[] {
    const complaints: Complaint[] = [];
    const seen = new Map<string, EntityNode>();
    for (const node of this.#nodes) {
      const { collection, endpointKey, uniqueFields, cacheKey } = node.definition;
      for (const field of uniqueFields) {
        const value = node.value[field];
        if (field === endpointKey || typeof value !== 'string') continue;
        const first = remember(seen, `${collection}\0${field}\0${value}`, node);
        if (first !== undefined)
          complaints.push(this.#repeated(node, first, 'CD1203', `${field} set to '${value}'`, [field]));
      }
      if (cacheKey === undefined || cacheKey.length < 2) continue;
      const parts = cacheKey.map((field) => keyPart(node.value[field]));
      const first = remember(seen, `${collection}\0${JSON.stringify(parts)}`, node);
      if (first !== undefined) {
        const what = cacheKey
          .map((field, i) => `${field}=${JSON.stringify(parts[i])}`)
          .sort()
          .join(',');
        complaints.push(this.#repeated(node, first, 'CD1204', `the same '{${what}}'`, []));
      }
    }
    return complaints;
  }

  #repeated(node: EntityNode, first: EntityNode, code: FindingCode, what: string, field: Path): Complaint {
    const { collection } = node.definition;
    return {
      code,
      message: `uniqueness violation: '${collection}' entity with ${what} already declared`,
      node,
      path: [...node.path, ...field],
      fieldsPath: [collection, nameOf(node)],
      other: first,
      otherPath: [...first.path, ...field],
    };
  }
}

function keyPart(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { readonly id?: unknown }).id : value;
}

function remember(seen: Map<string, EntityNode>, key: string, node: EntityNode): EntityNode | undefined {
  const first = seen.get(key);
  if (first === undefined) seen.set(key, node);
  return first;
}
