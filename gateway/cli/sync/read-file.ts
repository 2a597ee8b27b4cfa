/** What a declarative file asks for: checked first, as `cardinal validate` does, then as it would be sent. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Io } from '../../../shared/cli/command.ts';
import { renderFindings } from '../../../shared/cli/render-findings.ts';
import { renderInvalid } from '../../../shared/cli/render-outcome.ts';
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { Finding } from '../../../shared/config/declarative/finding.ts';
import { parseJson } from '../../../shared/config/declarative/json-source.ts';
import { declarativeFromObject } from '../../../shared/config/declarative/read.ts';
import { parseYaml } from '../../../shared/config/declarative/yaml-source.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import type { AnyField, Fields, RecordField } from '../../../shared/config/schema/field.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import { createReader } from '../../../shared/config/source/declarative-reader.ts';
import type { ReadOutcome } from '../../../shared/config/source/reader.ts';
import type { PluginCatalog } from '../../../shared/plugins/catalog.ts';
import { type DeckHeader, takeDeckHeader } from './deck-header.ts';
import type { Entities, Schemas } from './schemas.ts';

export interface Desired {
  /** Values as they are sent: secrets not hashed, unless `storedForm`. */
  readonly entities: Entities;
  /** The tags that decK has written into the file: only entities with all of them are its business. */
  readonly selectTags: readonly string[];
  /** `_transform: false`: secrets are hashed already. */
  readonly storedForm: boolean;
  /** Whether the file itself gives this id. */
  isGivenId(id: string): boolean;
  /** Fields whose values were made up, because the file does not say them: `key`, `config.secret`. */
  generated(id: string): readonly string[];
}

/** `path`: `-` is standard input. Rejects with a CliError (exit code 65) that holds the findings. */
export async function readDesired(
  path: string,
  catalog: PluginCatalog,
  schemas: Schemas,
  io: Io,
  input: AsyncIterable<Uint8Array> = process.stdin,
): Promise<Desired> {
  const reader = createReader(catalog.schemas);
  const piped = path === '-' ? await readAll(input as NodeJS.ReadableStream) : undefined;
  let outcome = await (piped === undefined ? reader.readFile(path) : reader.readText(piped));
  let header: DeckHeader | undefined;
  if (!outcome.ok) {
    header = await takeDeckHeader(outcome.text);
    if (header !== undefined) outcome = under(path, await reader.readText(header.text));
  }
  if (!outcome.ok) throw renderInvalid(outcome, path, io);
  if (outcome.warnings.length > 0) {
    io.writeError(`${renderFindings(outcome.warnings, outcome.text, path, io.err).trimEnd()}\n`);
  }
  const text = header?.text ?? piped ?? (await readFile(path, 'utf8'));
  const document = await parsed(path, text);
  const again = () => {
    const result = declarativeFromObject(
      { ...document, _transform: false },
      { plugins: schemas.plugins, now: Date.now() },
    );
    if (!result.ok) throw new Error('the file was valid a moment ago, and is not now');
    return entitiesOf(result.configuration, schemas);
  };
  const entities = again();
  const other = again();
  const generated = generatedFields(entities, other, schemas);
  const ids = new Set<string>();
  collectIds(document, ids);
  return {
    entities,
    selectTags: header?.selectTags ?? [],
    storedForm: document['_transform'] === false,
    isGivenId: (id) => ids.has(id),
    generated: (id) => generated.get(id) ?? [],
  };
}

/** Findings of a text that came from this file. */
function under(path: string, outcome: ReadOutcome): ReadOutcome {
  const named = (findings: readonly Finding[]) => findings.map((finding) => ({ ...finding, file: path }));
  return outcome.ok
    ? { ...outcome, warnings: named(outcome.warnings) }
    : { ...outcome, findings: named(outcome.findings) };
}

/** It has been found to be a valid document. */
async function parsed(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const inFlow = text.trimStart().startsWith('{');
  let result = inFlow ? parseJson(text) : await parseYaml(text);
  // What starts like JSON may be YAML in flow style.
  if (!result.ok && inFlow) result = await parseYaml(text);
  if (!result.ok || !isRecord(result.document.value)) throw new Error(`${path} changed while it was read`);
  return result.document.value;
}

function entitiesOf(configuration: Configuration, schemas: Schemas): Entities {
  const { pluginEntities } = configuration;
  const core = configuration as unknown as Readonly<Record<string, readonly StoredEntity[] | undefined>>;
  return new Map(
    schemas.managed.map(({ collection, owner }) => [
      collection,
      (owner === undefined ? core[collection] : (pluginEntities[collection] as unknown as StoredEntity[])) ??
        [],
    ]),
  );
}

/** What is made up comes out differently each time: keys and secrets that the file leaves to the gateway. */
function generatedFields(
  one: Entities,
  other: Entities,
  schemas: Schemas,
): ReadonlyMap<string, readonly string[]> {
  const generated = new Map<string, readonly string[]>();
  for (const definition of schemas.managed) {
    const second = other.get(definition.collection) ?? [];
    for (const [i, entity] of (one.get(definition.collection) ?? []).entries()) {
      const { fields } = schemas.schemaOf(definition, entity);
      const paths = differing(fields, entity, second[i] ?? {}, '');
      if (paths.length > 0) generated.set(entity.id, paths);
    }
  }
  return generated;
}

type Row = Readonly<Record<string, unknown>>;

function differing(fields: Fields, one: Row, other: Row, at: string): string[] {
  return Object.keys(fields).flatMap((name) => {
    const field = fields[name] as AnyField;
    const [a, b] = [one[name], other[name]];
    if (field.type === 'record' && isRecord(a) && isRecord(b)) {
      return differing((field as RecordField).fields, a, b, `${at}${name}.`);
    }
    const made = field.type === 'string' && field.options.auto === true && a !== b;
    return made ? [`${at}${name}`] : [];
  });
}

function collectIds(value: unknown, ids: Set<string>): void {
  if (Array.isArray(value)) for (const element of value) collectIds(element, ids);
  else if (isRecord(value)) {
    const { id } = value;
    if (typeof id === 'string') ids.add(id.toLowerCase());
    for (const name of Object.keys(value)) collectIds(value[name], ids);
  }
}
