/**
 * Reads a declarative configuration: text or posted JSON in, a validated `Configuration` or findings out. The
 * stages are Kong's: shape, ids, names, references, other unique values; all findings of a stage are
 * reported, and a later stage only runs when the earlier ones found nothing.
 */
import { entityIndex } from '../entities/index.ts';
import type { Configuration } from '../entities.ts';
import type { PluginRegistry } from '../plugin-registry.ts';
import { type FieldsTree, fieldsTree, place } from '../schema/problem.ts';
import { type Input, isRecord } from '../schema/validate.ts';
import { advise } from './advice.ts';
import { assemble } from './assemble.ts';
import { canonicalJson, nestsDeeperThan } from './canonical-json.ts';
import { type Finding, finding, sortFindings } from './finding.ts';
import { findingOfComplaint, findingOfProblem, findingOfSyntax, type Origin } from './findings-of.ts';
import { type EntityErrors, entityErrors } from './flatten-errors.ts';
import { assignIds } from './ids.ts';
import { parseJson } from './json-source.ts';
import { LineIndex } from './line-index.ts';
import { type Complaint, Links } from './links.ts';
import { migrateDocument } from './path-migration.ts';
import { MAX_PROBLEMS, readShape } from './shape.ts';
import { MAX_DEPTH } from './source.ts';
import { parseYaml } from './yaml-source.ts';

const { hash } = process.getBuiltinModule('node:crypto');

/** Characters. A YAML document of this size takes some ten seconds to read. */
export const DEFAULT_MAX_LENGTH = 16 * 1024 * 1024;

export interface ReadOptions {
  /** Name of the file, as shown in findings. */
  readonly file?: string;
  readonly format: 'yaml' | 'json';
  readonly plugins: PluginRegistry;
  /** Milliseconds since the epoch: time stamps, and what has expired. */
  readonly now: number;
  /** Longest text that is read, in characters. */
  readonly maxLength?: number;
}

export type ReadResult = ReadSuccess | ReadFailure;

export interface ReadSuccess {
  readonly ok: true;
  readonly configuration: Configuration;
  readonly warnings: readonly Finding[];
}

export interface ReadFailure {
  readonly ok: false;
  /** In the order of the document. */
  readonly findings: readonly Finding[];
  /** Kong's `fields` of the answer to `POST /config`. */
  readonly fields: { readonly [key: string]: FieldsTree };
  /** What `flattenedErrors` needs. */
  readonly entityErrors: EntityErrors;
}

/** Reads a configuration from text. Never throws for what the text holds. */
export async function readDeclarative(text: string, options: ReadOptions): Promise<ReadResult> {
  const file = options.file ?? '-';
  const maxLength = options.maxLength ?? DEFAULT_MAX_LENGTH;
  if (text.length > maxLength) {
    const message = `the document has ${text.length} characters; at most ${maxLength} are read`;
    return failedParsing([finding('CD1003', message, file, undefined, undefined)], message);
  }
  const lines = new LineIndex(text);
  const parsed = options.format === 'json' ? parseJson(text) : await parseYaml(text);
  if (!parsed.ok) {
    const findings = parsed.problems.map((problem) => findingOfSyntax(problem, file, lines));
    return failedParsing(sortFindings(findings), findings[0]?.message ?? 'no document');
  }
  const { value } = parsed.document;
  if (!isRecord(value)) {
    const start = text.length - text.trimStart().length;
    const span = { start, end: Math.min(start + 1, text.length) };
    const message = 'expected an object';
    const help = 'a configuration starts with _format_version: "3.0"';
    const found = finding('CD1010', `the document is not a mapping: ${message}`, file, lines, span, { help });
    return failedParsing([found], message);
  }
  const origin: Origin = { file, lines, source: parsed.document, value };
  return readDocument(value, origin, hash('md5', text, 'hex'), options);
}

/** Reads a configuration that arrived as JSON and is parsed already. Findings have paths but no lines. */
export function declarativeFromObject(
  value: unknown,
  options: Pick<ReadOptions, 'plugins' | 'now' | 'file'>,
): ReadResult {
  const file = options.file ?? '-';
  if (!isRecord(value)) {
    const message = 'expected an object';
    const found = finding('CD1010', `the document is not a mapping: ${message}`, file, undefined, undefined);
    return failedParsing([found], message);
  }
  if (nestsDeeperThan(value, MAX_DEPTH)) {
    return failedParsing(
      [finding('CD1009', 'nested too deeply', file, undefined, undefined)],
      'nested too deeply',
    );
  }
  const origin: Origin = { file, lines: undefined, source: undefined, value };
  return readDocument(value, origin, hash('md5', canonicalJson(value), 'hex'), options);
}

function readDocument(
  value: Input,
  origin: Origin,
  contentHash: string,
  options: Pick<ReadOptions, 'plugins' | 'now'>,
): ReadResult {
  const version = value['_format_version'];
  const document = version === '1.1' || version === '2.1' ? migrateDocument(value) : value;
  const index = entityIndex(options.plugins);
  const { nodes, problems, transform } = readShape(document, index, options.plugins);
  if (problems.length > 0) {
    const findings = problems
      .slice(0, MAX_PROBLEMS)
      .map((problem) => findingOfProblem(problem, { ...origin, value: document }));
    if (problems.length >= MAX_PROBLEMS) {
      findings.push(
        finding(
          'CD1113',
          `more than ${MAX_PROBLEMS} problems: the rest is not listed`,
          origin.file,
          undefined,
          undefined,
        ),
      );
    }
    return {
      ok: false,
      findings: sortFindings(findings),
      fields: fieldsTree(problems),
      entityErrors: entityErrors(problems, value, index),
    };
  }
  assignIds(nodes);
  const links = new Links(nodes, index);
  for (const stage of [() => links.duplicates(), () => links.references(), () => links.uniqueness()]) {
    const complaints = stage();
    if (complaints.length > 0) return failedStage(complaints, origin, index);
  }
  const assembled = assemble(nodes, index, { transform, now: options.now, hash: contentHash });
  if ('complaints' in assembled) return failedStage(assembled.complaints, origin, index);
  return {
    ok: true,
    configuration: assembled.configuration,
    warnings: sortFindings(advise(nodes, origin, options.plugins)),
  };
}

function failedStage(
  complaints: readonly Complaint[],
  origin: Origin,
  index: ReturnType<typeof entityIndex>,
): ReadFailure {
  const fields: { [key: string]: FieldsTree } = Object.create(null);
  const problems = [];
  for (const complaint of complaints) {
    const { fieldsPath, message, listed, path, node } = complaint;
    if (listed === true) {
      const [collection, name] = fieldsPath as readonly [string, string];
      const group = (fields[collection] ??= Object.create(null)) as { [key: string]: FieldsTree };
      const list = (group[name] ??= []) as FieldsTree[];
      list.push(message);
    } else place(fields, fieldsPath, message);
    const whole =
      fieldsPath.length === node.path.length || listed === true || path.length === node.path.length;
    problems.push({ path: whole ? [...node.path, '@entity'] : path, message, kind: 'check' } as const);
  }
  return {
    ok: false,
    findings: sortFindings(complaints.map((complaint) => findingOfComplaint(complaint, origin))),
    fields,
    entityErrors: entityErrors(problems, origin.value as Input, index),
  };
}

function failedParsing(findings: readonly Finding[], reason: string): ReadFailure {
  return {
    ok: false,
    findings,
    fields: { error: `failed parsing declarative configuration: ${reason}` },
    entityErrors: { entities: [], rest: [] },
  };
}
