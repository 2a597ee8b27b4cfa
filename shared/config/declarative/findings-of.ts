/**
 * Turns what the stages say into findings: a code, a sentence for people, the marked characters in the file, and
 * what to do. Kong's own text stays in it, since people search for it.
 */
import type { Path, Problem } from '../schema/problem.ts';
import { nearest } from '../schema/similar.ts';
import { isRecord } from '../schema/validate.ts';
import { type Finding, finding, pathText, spanOf } from './finding.ts';
import { CODE_OF_KIND, type FindingCode } from './finding-codes.ts';
import type { LineIndex } from './line-index.ts';
import type { Complaint } from './links.ts';
import type { SourceDocument, SourceProblem } from './source.ts';

/** Where findings come from. Without a source (JSON that was posted) they have no lines. */
export interface Origin {
  readonly file: string;
  readonly lines: LineIndex | undefined;
  readonly source: SourceDocument | undefined;
  readonly value: unknown;
}

export function findingOfSyntax(problem: SourceProblem, file: string, lines: LineIndex): Finding {
  return finding(problem.code, problem.message, file, lines, problem.span, {
    help: problem.help,
    ...(problem.related === undefined ? {} : { related: problem.related }),
  });
}

/** Fields that only other tools understand. */
const TOOL_KEYS: ReadonlyMap<string, string> = new Map([
  ['_info', 'a decK file: remove `_info`, or convert the file'],
  ['_konnect', 'a decK file: remove `_konnect`'],
  ['_workspace', 'a decK file: remove `_workspace`'],
  ['_plugin_configs', 'a decK file: write the configuration into each plugin'],
  ['consumer_groups', 'consumer groups exist in Kong Enterprise only'],
]);

export function findingOfProblem(problem: Problem, origin: Origin): Finding {
  const { path, message, kind, candidates } = problem;
  const last = path.at(-1);
  const isEntity = last === '@entity';
  const subject = subjectOf(isEntity ? path.slice(0, -1) : path, origin.value);
  const code = codeOf(problem);
  const value = valueAt(origin.value, path);
  const wanted = kind === 'unknown' ? last : value;
  const suggestion =
    typeof wanted === 'string' && candidates !== undefined ? nearest(wanted, candidates) : undefined;
  let text: string;
  let label: string | undefined = message;
  if (kind === 'unknown') {
    text = `unknown field \`${String(last)}\` in ${subject.owner}`;
    const within = pathText(subject.rest.slice(0, -1));
    label = `not a field of ${within === '' ? withArticle(subject.kind) : `\`${within}\``}`;
  } else if (kind === 'required') text = `required field missing: \`${subject.field}\` of ${subject.owner}`;
  else if (kind === 'plugin') {
    text = message;
    label = undefined;
  } else if (isEntity) text = `${subject.whole}: ${message}`;
  else
    text =
      subject.field === ''
        ? `${subject.whole}: ${message}`
        : `\`${subject.field}\` of ${subject.owner}: ${message}`;
  return located(code, text, origin, path, kind === 'unknown' ? 'key' : 'value', {
    label,
    suggestion,
    help: helpOf(problem, value, suggestion),
  });
}

function codeOf({ path, kind }: Problem): FindingCode {
  return path.length === 1 && path[0] === '_format_version' && kind !== 'required'
    ? 'CD1111'
    : CODE_OF_KIND[kind];
}

function helpOf(
  { path, message, kind, candidates }: Problem,
  value: unknown,
  suggestion: string | undefined,
) {
  if (suggestion !== undefined) return `did you mean \`${suggestion}\`?`;
  const last = path.at(-1);
  if (path[0] === '_format_version') return 'write _format_version: "3.0" with the quotes';
  if (kind === 'unknown' && path.length === 1) return TOOL_KEYS.get(String(last));
  if (kind === 'enum' && candidates !== undefined && typeof value === 'string') {
    const folded = candidates.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
    if (folded !== undefined) return `write \`${folded}\``;
  }
  if (kind === 'type' && message === 'expected a string' && ['number', 'boolean'].includes(typeof value)) {
    return (
      'put the value in quotes: without them YAML reads a ' +
      (typeof value === 'number' ? 'number' : 'truth value')
    );
  }
  if (kind === 'type' && typeof value === 'string') {
    if (/ (?:integer|number)$/.test(message) && value !== '' && !Number.isNaN(Number(value))) {
      return `remove the quotes: ${value}`;
    }
    if (message === 'expected a boolean' && (value === 'true' || value === 'false'))
      return `remove the quotes: ${value}`;
    if (/ (?:array|set)$/.test(message)) return `write a list: [${JSON.stringify(value)}]`;
  }
  const normal = /^non-normalized path, consider use '(.*)' instead$/s.exec(message)?.[1];
  if (normal !== undefined) return `use \`${normal}\``;
  if (message.startsWith('should start with: /') && typeof value === 'string') {
    if (value.startsWith('~~/'))
      return 'files of the versions 1.1 and 2.1 mark no regular expressions: remove the "~"';
    return `use \`/${value}\``;
  }
  if (message === 'must not have a port' && last === 'host') return 'write the port into the field `port`';
  return undefined;
}

export function findingOfComplaint(complaint: Complaint, origin: Origin): Finding {
  const { code, message, path, wanted, candidates, other, otherPath } = complaint;
  const suggestion =
    wanted === undefined || candidates === undefined ? undefined : nearest(wanted, candidates);
  const related = [];
  if (other !== undefined) {
    const at = origin.source?.locate(otherPath ?? other.path);
    if (at !== undefined)
      related.push({ span: spanOf(at, 'value'), message: `first here: ${pathText(other.path)}` });
  }
  const text =
    code === 'CD1301' && message === 'value must be null'
      ? `invalid reference '${String(path.at(-1))}: ${wanted}' (no such entity)`
      : message;
  return located(code, text, origin, path, 'value', {
    suggestion,
    help: suggestion === undefined ? undefined : `did you mean \`${suggestion}\`?`,
    related,
  });
}

export function located(
  code: FindingCode,
  message: string,
  origin: Origin,
  path: Path,
  on: 'key' | 'value',
  details: {
    readonly label?: string | undefined;
    readonly help?: string | undefined;
    readonly suggestion?: string | undefined;
    readonly related?: readonly { readonly span: { start: number; end: number }; readonly message: string }[];
  } = {},
): Finding {
  const place = origin.source?.locate(path);
  if (place === undefined)
    return finding(code, message, origin.file, undefined, undefined, { ...details, path, related: [] });
  const related = [...(details.related ?? [])];
  if (place.alias !== undefined) related.push({ span: place.alias, message: 'used through this alias' });
  return finding(code, message, origin.file, origin.lines, spanOf(place, on), { ...details, path, related });
}

interface Subject {
  /** `route`, `configuration of the plugin rate-limiting`, ... */
  readonly kind: string;
  /** The record in which the field stands, with its name when it has one. */
  readonly owner: string;
  /** The value itself, for problems of a whole record. */
  readonly whole: string;
  /** The field, from the entity on. */
  readonly field: string;
  readonly rest: Path;
}

/** What people call the place: `services[0].routes[1].paths[0]` is `paths[0]` of route `orders`. */
function subjectOf(path: Path, document: unknown): Subject {
  let node: unknown = document;
  let entity: unknown;
  let kind = 'the document';
  let rest: (string | number)[] = [...path];
  for (let i = 0; i + 1 < path.length; i += 2) {
    const list = path[i];
    const position = path[i + 1];
    if (typeof list !== 'string' || typeof position !== 'number' || !isRecord(node)) break;
    const elements: unknown = node[list];
    if (!Array.isArray(elements) || !isRecord(elements[position])) break;
    if (i > 0 && !NESTABLE.test(list)) break;
    node = elements[position];
    entity = node;
    kind = KINDS.get(list) ?? list.replace(/s$/, '');
    rest = path.slice(i + 2);
  }
  const name = isRecord(entity)
    ? (entity['name'] ?? entity['username'] ?? entity['target'] ?? entity['prefix'])
    : undefined;
  const owner = typeof name === 'string' ? `${kind} \`${name.slice(0, 80)}\`` : kind;
  return { kind, owner, whole: owner, field: pathText(rest), rest };
}

const NESTABLE =
  /^(?:services|routes|plugins|targets|snis|upstreams|keys|acls|[a-z0-9_]+_(?:credentials|secrets|tokens|codes))$/;
const KINDS: ReadonlyMap<string, string> = new Map([
  ['snis', 'SNI'],
  ['ca_certificates', 'CA certificate'],
  ['key_sets', 'key set'],
  ['keyauth_credentials', 'key-auth credential'],
  ['basicauth_credentials', 'basic-auth credential'],
  ['hmacauth_credentials', 'hmac-auth credential'],
  ['jwt_secrets', 'JWT secret'],
  ['acls', 'ACL group'],
]);

function withArticle(kind: string): string {
  if (kind.startsWith('the ')) return kind;
  return `${/^(?:[aeio]|upstream|SNI|ACL)/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function valueAt(document: unknown, path: Path): unknown {
  let value = document;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step as string];
    else return undefined;
  }
  return value;
}
