/**
 * A YAML document with positions. The `yaml` package gives the nodes (with every scalar as text); what they mean
 * is decided here, with a bound on everything that aliases could multiply. The package is loaded at the first YAML
 * document, so a process that only reads JSON never pays for it.
 */
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Path } from '../schema/problem.ts';
import {
  type Located,
  MAX_ALIASED_NODES,
  MAX_DEPTH,
  MAX_SYNTAX_PROBLEMS,
  type Parsed,
  type SourceProblem,
  type Span,
} from './source.ts';
import { plainScalar, taggedScalar } from './yaml-scalars.ts';

type Yaml = typeof import('yaml');

export async function parseYaml(text: string): Promise<Parsed> {
  const yaml = await import('yaml');
  const composed = compose(yaml, text);
  if ('code' in composed) return { ok: false, problems: [composed] };
  if (composed.errors.length > 0) return { ok: false, problems: syntaxProblems(composed, text) };
  const reader = new Reader(yaml, text);
  const value = reader.read(composed.contents);
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  return { ok: true, document: { value, locate: (path) => reader.locate(composed.contents, path) } };
}

/**
 * Lexer, parser and composer of the package in our own loop: what nests too deeply is refused at the token,
 * before anything recursive sees it.
 */
function compose(yaml: Yaml, text: string): Document.Parsed | Document | SourceProblem {
  const parser = new yaml.Parser();
  // Duplicate keys are found by the reader: the package compares every key with every other one.
  const composer = new yaml.Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false });
  const documents: Document[] = [];
  const { stackTraceLimit } = Error;
  // The package makes an Error for each syntax error; a broken file has thousands, and nobody reads their stacks.
  Error.stackTraceLimit = 0;
  try {
    const depth = new DepthMeter();
    for (const lexeme of new yaml.Lexer().lex(text)) {
      if (depth.exceededBy(lexeme)) {
        const start = Math.min(parser.offset, text.length);
        return { code: 'CD1009', message: 'nested too deeply', span: { start, end: start + 1 } };
      }
      for (const token of parser.next(lexeme)) for (const done of composer.next(token)) documents.push(done);
    }
    for (const token of parser.end()) for (const done of composer.next(token)) documents.push(done);
    for (const done of composer.end(true, text.length)) documents.push(done);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const [first, second] = documents;
  if (second !== undefined) {
    const start = second.range?.[0] ?? 0;
    return {
      code: 'CD1005',
      message: 'the file holds more than one document',
      span: { start, end: start + 1 },
      help: 'keep one document a file: remove what follows the second `---`',
    };
  }
  return first as Document;
}

/** Counts how deep the tokens nest: brackets, and block collections that open on one line. */
class DepthMeter {
  #flow = 0;
  #line = 0;

  exceededBy(lexeme: string): boolean {
    switch (lexeme) {
      case '[':
      case '{':
        this.#flow++;
        break;
      case ']':
      case '}':
        if (this.#flow > 0) this.#flow--;
        break;
      case '-':
      case '?':
        this.#line++;
        break;
      case '\n':
      case '\r\n':
        this.#line = 0;
        break;
    }
    return this.#flow > MAX_DEPTH || this.#line > MAX_DEPTH;
  }
}

function syntaxProblems(document: Document.Parsed | Document, text: string): SourceProblem[] {
  const problems: SourceProblem[] = [];
  for (const error of document.errors.slice(0, MAX_SYNTAX_PROBLEMS)) {
    const [start, end] = error.pos;
    const span = {
      start: Math.min(start, text.length),
      end: Math.min(Math.max(end, start + 1), text.length),
    };
    if (error.message.includes('call stack') || error.code === 'RESOURCE_EXHAUSTION') {
      return [{ code: 'CD1009', message: 'nested too deeply', span }];
    }
    const message = error.message.replace(/ at line \d+, column \d+:?[\s\S]*$/, '');
    problems.push({ code: 'CD1005', message, span, ...helpFor(error.code, text, span) });
  }
  return problems;
}

function helpFor(code: string, text: string, span: Span): { help?: string } {
  if (code === 'TAB_AS_INDENT') return { help: 'use spaces: YAML does not allow tabs for indentation' };
  if (text[span.start] === '@' || text[span.start] === '`') return { help: 'put the value in quotes' };
  return {};
}

interface Anchored {
  readonly node: Node;
  value: unknown;
  /** Nodes below it, itself counted; -1 while it is being read. */
  size: number;
}

class Reader {
  readonly problems: SourceProblem[] = [];
  readonly #yaml: Yaml;
  readonly #text: string;
  readonly #anchors = new Map<string, Anchored>();
  readonly #targets = new Map<Alias, Node>();
  /** Values so far, those behind aliases counted each time. */
  #nodes = 0;
  #aliased = 0;
  #depth = 0;
  #stopped = false;

  constructor(yaml: Yaml, text: string) {
    this.#yaml = yaml;
    this.#text = text;
  }

  read(node: unknown): unknown {
    if (node === null || node === undefined || this.#stopped) return null;
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml;
    if (isAlias(node)) return this.#alias(node);
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return null;
    this.#nodes++;
    const { anchor } = node;
    if (anchor === undefined) return this.#content(node);
    const anchored: Anchored = { node, value: null, size: -1 };
    this.#anchors.set(anchor, anchored);
    const before = this.#nodes;
    anchored.value = this.#content(node);
    anchored.size = this.#nodes - before + 1;
    return anchored.value;
  }

  #content(node: YAMLMap | YAMLSeq | Scalar): unknown {
    const { isMap, isSeq } = this.#yaml;
    if (!isMap(node) && !isSeq(node)) return this.#scalar(node as Scalar);
    if (node.tag !== undefined && !/^tag:yaml\.org,2002:(?:map|seq)$/.test(node.tag)) this.#unknownTag(node);
    if (++this.#depth > MAX_DEPTH) return this.#stop('CD1009', 'nested too deeply', node);
    const value = isMap(node) ? this.#map(node) : node.items.map((item) => this.read(item));
    this.#depth--;
    return value;
  }

  #scalar(node: Scalar): unknown {
    const text = node.source ?? String(node.value ?? '');
    if (node.tag === undefined) {
      return node.type === 'PLAIN' ? plainScalar(text) : String(node.value);
    }
    const tag = /^tag:yaml\.org,2002:(str|int|float|bool|null|binary)$/.exec(node.tag)?.[1];
    if (tag === undefined) {
      // `!` alone means: not to be interpreted.
      if (node.tag !== '!') this.#unknownTag(node);
      return text;
    }
    const value = taggedScalar(tag, text);
    if (value === undefined) this.#report('CD1005', `\`${text}\` is not a value of the type !!${tag}`, node);
    return value ?? null;
  }

  #map(node: YAMLMap): unknown {
    const value: Record<string, unknown> = Object.create(null);
    const keys = new Map<string, unknown>();
    let merges: Pair[] | undefined;
    for (const pair of node.items) {
      if (this.#isMerge(pair)) {
        (merges ??= []).push(pair);
        continue;
      }
      const key = this.#keyText(pair.key);
      if (key === undefined) {
        this.#report('CD1005', 'a key must be text', pair.key ?? node);
        continue;
      }
      const first = keys.get(key);
      if (first !== undefined) {
        this.#report('CD1007', `the key \`${key}\` stands twice in this mapping`, pair.key, [
          { span: this.#span(first), message: 'first here' },
        ]);
      } else keys.set(key, pair.key);
      const { anchor } = pair.key as Scalar;
      if (anchor !== undefined) this.#anchors.set(anchor, { node: pair.key as Scalar, value: key, size: 1 });
      value[key] = this.read(pair.value);
    }
    for (const pair of merges ?? []) this.#merge(value, this.read(pair.value), pair);
    return value;
  }

  #isMerge(pair: Pair): boolean {
    const { key } = pair;
    return this.#yaml.isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
  }

  /** What stands in the mapping itself wins; of several merged mappings the first. */
  #merge(value: Record<string, unknown>, merged: unknown, pair: Pair): void {
    for (const source of Array.isArray(merged) ? merged : [merged]) {
      // Nothing to merge, or an alias that has been reported.
      if (source === null) continue;
      if (typeof source !== 'object' || Array.isArray(source)) {
        this.#report('CD1005', 'only mappings can be merged with `<<`', pair.value ?? pair.key);
        return;
      }
      for (const key of Object.keys(source)) {
        if (!(key in value)) value[key] = (source as Record<string, unknown>)[key];
      }
    }
  }

  #keyText(key: unknown): string | undefined {
    const { isAlias, isScalar } = this.#yaml;
    if (isScalar(key)) {
      const text = key.source ?? (typeof key.value === 'string' ? key.value : '');
      return key.type === 'PLAIN' ? (text === '' ? undefined : text) : String(key.value);
    }
    if (!isAlias(key)) return undefined;
    const value = this.#alias(key);
    return typeof value === 'string' ? value : undefined;
  }

  #alias(alias: Alias): unknown {
    const anchored = this.#anchors.get(alias.source);
    if (anchored === undefined) {
      return this.#report('CD1008', `there is no anchor \`&${alias.source}\` above this alias`, alias);
    }
    if (anchored.size < 0) {
      return this.#report('CD1008', `the alias \`*${alias.source}\` stands inside its own anchor`, alias);
    }
    this.#nodes += anchored.size;
    this.#aliased += anchored.size;
    if (this.#aliased > MAX_ALIASED_NODES) {
      return this.#stop('CD1008', 'the aliases of the document stand for too many values', alias);
    }
    this.#targets.set(alias, anchored.node);
    return anchored.value;
  }

  #unknownTag(node: Node): void {
    this.#report('CD1011', `unknown YAML tag \`${node.tag ?? ''}\``, node);
  }

  #stop(code: SourceProblem['code'], message: string, node: unknown): null {
    this.#report(code, message, node);
    this.#stopped = true;
    return null;
  }

  #report(
    code: SourceProblem['code'],
    message: string,
    node: unknown,
    related?: SourceProblem['related'],
  ): null {
    if (this.problems.length >= MAX_SYNTAX_PROBLEMS) return null;
    const span = this.#span(node);
    this.problems.push(related === undefined ? { code, message, span } : { code, message, span, related });
    return null;
  }

  #span(node: unknown): Span {
    const range = (node as Node | null)?.range;
    return range === null || range === undefined ? { start: 0, end: 0 } : { start: range[0], end: range[1] };
  }

  /** Where a value stands; aliases and merges are followed, and the way in is kept. */
  locate(root: unknown, path: Path): Located {
    let node: unknown = root;
    let key: Span | undefined;
    let alias: Span | undefined;
    let container: Span = this.#firstKey(root);
    const follow = () => {
      while (this.#yaml.isAlias(node)) {
        alias = this.#span(node);
        node = this.#targets.get(node);
      }
    };
    follow();
    for (const step of path) {
      if (step === '@entity' || node === undefined || node === null) break;
      container = this.#firstKey(node);
      if (typeof step === 'number') {
        key = undefined;
        node = this.#yaml.isSeq(node) ? node.items[step] : undefined;
      } else {
        const found = this.#yaml.isMap(node) ? this.#find(node, step, 0) : undefined;
        key = found === undefined ? undefined : this.#span(found.pair.key);
        if (found?.alias !== undefined) alias = found.alias;
        node = found?.pair.value;
      }
      follow();
    }
    if (path.at(-1) === '@entity') {
      const at = node === undefined || node === null ? container : this.#firstKey(node);
      return { key: undefined, value: undefined, container: at, alias };
    }
    const span = node === undefined || node === null ? undefined : this.#span(node);
    const value = span === undefined || span.end === span.start ? undefined : this.#trimmed(span);
    return { key, value, container, alias };
  }

  #find(map: YAMLMap, name: string, depth: number): { pair: Pair; alias: Span | undefined } | undefined {
    if (depth > MAX_DEPTH) return undefined;
    for (const pair of map.items) {
      if (!this.#isMerge(pair) && this.#keyOf(pair) === name) return { pair, alias: undefined };
    }
    for (const pair of map.items) {
      if (!this.#isMerge(pair)) continue;
      const sources = this.#yaml.isSeq(pair.value) ? pair.value.items : [pair.value];
      for (const source of sources) {
        const target = this.#yaml.isAlias(source) ? this.#targets.get(source) : source;
        const found = this.#yaml.isMap(target) ? this.#find(target, name, depth + 1) : undefined;
        if (found !== undefined) {
          return { pair: found.pair, alias: this.#yaml.isAlias(source) ? this.#span(source) : found.alias };
        }
      }
    }
    return undefined;
  }

  #keyOf(pair: Pair): string | undefined {
    const key = this.#yaml.isAlias(pair.key) ? this.#targets.get(pair.key) : pair.key;
    return this.#yaml.isAlias(key) ? undefined : this.#keyText(key);
  }

  /** What stands for a whole mapping: its first key; for others their first character. */
  #firstKey(node: unknown): Span {
    if (this.#yaml.isMap(node)) {
      const key = node.items[0]?.key;
      if (key !== undefined && key !== null) return this.#span(key);
    }
    const { start } = this.#span(node);
    return { start, end: start + 1 };
  }

  /** Without the blanks and line ends that the ranges of block values include. */
  #trimmed(span: Span): Span {
    let { end } = span;
    while (end > span.start + 1 && /\s/.test(this.#text[end - 1] as string)) end--;
    return { start: span.start, end };
  }
}
