/**
 * What is sent as an entity: taken in safely, merged with what is there, validated. Keys from outside only ever
 * become keys of objects without a prototype.
 */
import { nestsDeeperThan } from '../../shared/config/declarative/canonical-json.ts';
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import { validatePlugin } from '../../shared/config/entities/plugins.ts';
import type { PluginRegistry } from '../../shared/config/plugin-registry.ts';
import type { AnyField, Fields, RecordField } from '../../shared/config/schema/field.ts';
import type { Problem } from '../../shared/config/schema/problem.ts';
import { type Input, isRecord, validate } from '../../shared/config/schema/validate.ts';
import { schemaViolation } from './errors.ts';

export type Sent = Record<string, unknown>;

const MAX_DEPTH = 64;
const AT_LEAST_ONE = 'at least one of these fields must be non-empty: ';

/** A copy of the first level of a body, with the fields that the path fixes. Code 2 when it is no record. */
export function accept(input: unknown, fixed: Input = {}): Sent {
  if (!isRecord(input)) throw schemaViolation([{ path: [], message: 'expected a record', kind: 'type' }]);
  if (nestsDeeperThan(input, MAX_DEPTH))
    throw schemaViolation([{ path: [], message: 'nested too deeply', kind: 'type' }]);
  const sent = copyOf(input);
  for (const name of Object.keys(fixed)) sent[name] = fixed[name];
  return sent;
}

function copyOf(input: Input): Sent {
  const copy: Sent = Object.create(null);
  for (const name of Object.keys(input)) if (input[name] !== undefined) copy[name] = input[name];
  return copy;
}

/** What is wrong with a whole entity as it was sent, and the entity with its defaults. */
export function read(
  definition: EntityDefinition,
  sent: Input,
  plugins: PluginRegistry,
): { readonly value: Record<string, unknown>; readonly problems: readonly Problem[] } {
  const input = definition.prepare?.(sent) ?? sent;
  return definition.collection === 'plugins'
    ? validatePlugin(input, plugins)
    : validate(definition.schema, input);
}

/** Kong says of some problems that they arose from an update. */
export function whenUpdating(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) =>
    problem.message.startsWith(AT_LEAST_ONE)
      ? { ...problem, message: `when updating, ${problem.message}` }
      : problem,
  );
}

/** What is there with what was sent put over it: records are merged, everything else is replaced. */
export function merge(
  definition: EntityDefinition,
  stored: Input,
  sent: Input,
  plugins: PluginRegistry,
): Sent {
  const { fields } = definition.schema;
  if (definition.collection !== 'plugins') return mergeRecords(fields, stored, sent);
  const name = sent['name'] ?? stored['name'];
  const config = typeof name === 'string' ? plugins.schema(name)?.config : undefined;
  return mergeRecords(config === undefined ? fields : { ...fields, config }, stored, sent);
}

function mergeRecords(fields: Fields, stored: Input, sent: Input): Sent {
  const result = copyOf(stored);
  for (const name of Object.keys(sent)) {
    const value = sent[name];
    const present = result[name];
    const field: AnyField | undefined = Object.hasOwn(fields, name) ? fields[name] : undefined;
    result[name] =
      field?.type === 'record' && isRecord(value) && isRecord(present)
        ? mergeRecords((field as RecordField).fields, present, value)
        : value;
  }
  return result;
}
