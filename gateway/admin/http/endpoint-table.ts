/**
 * The paths of the Admin API with their methods. A path is written as `GET /endpoints` shows it:
 * `/services/{services}/routes`. Where a word and a parameter both fit, the word wins. Segments are compared
 * decoded: a slash that was sent encoded is part of a value.
 */
import type { Answer } from './answer.ts';
import type { AdminCall } from './call.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];
export type Handler = (call: AdminCall) => Answer | Promise<Answer>;
export type Methods = Readonly<Partial<Record<Method, Handler>>>;

export interface Endpoint {
  readonly path: string;
  readonly methods: Methods;
  /** Value of `Allow`. */
  readonly allow: string;
  /** The collections (or other names) that stand in braces, in the order of the path. */
  readonly parameters: readonly string[];
}

export interface FoundEndpoint {
  readonly endpoint: Endpoint;
  /** Decoded values of the parameters, in the order of the path. */
  readonly values: readonly string[];
}

interface Node {
  readonly words: Map<string, Node>;
  parameter: Node | undefined;
  endpoint: Endpoint | undefined;
}

const PARAMETER = /^\{(.+)\}$/;

export class EndpointTable {
  readonly #root: Node = emptyNode();
  readonly #paths: string[] = [];

  /** Methods of a path that is there already are added to its others, or replace them. */
  add(path: string, methods: Methods): void {
    let node = this.#root;
    const parameters: string[] = [];
    for (const segment of path.split('/').filter((part) => part !== '')) {
      const name = PARAMETER.exec(segment)?.[1];
      if (name === undefined) {
        let next = node.words.get(segment);
        if (next === undefined) node.words.set(segment, (next = emptyNode()));
        node = next;
      } else {
        parameters.push(name);
        node = node.parameter ??= emptyNode();
      }
    }
    if (node.endpoint === undefined) this.#paths.push(path);
    const all = { ...node.endpoint?.methods, ...methods };
    const names = [...Object.keys(all), ...('GET' in all ? ['HEAD'] : []), 'OPTIONS'];
    node.endpoint = { path, methods: all, allow: names.sort().join(', '), parameters };
  }

  find(segments: readonly string[]): FoundEndpoint | undefined {
    const values: string[] = [];
    const endpoint = search(this.#root, segments, 0, values);
    return endpoint === undefined ? undefined : { endpoint, values };
  }

  /** Sorted by segments, as Kong sorts them. */
  paths(): readonly string[] {
    const key = (path: string): string => path.replaceAll('/', '\0');
    return [...this.#paths].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

function emptyNode(): Node {
  return { words: new Map(), parameter: undefined, endpoint: undefined };
}

function search(node: Node, segments: readonly string[], at: number, values: string[]): Endpoint | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.endpoint;
  const word = node.words.get(segment);
  if (word !== undefined) {
    const found = search(word, segments, at + 1, values);
    if (found !== undefined) return found;
  }
  if (node.parameter === undefined || segment === '') return undefined;
  values.push(segment);
  const found = search(node.parameter, segments, at + 1, values);
  if (found === undefined) values.pop();
  return found;
}
