/**
 * Old names of plugins' fields (`redis_host` for `redis.host`): Kong still takes them, and echoes them beside the new
 * ones.
 */
import type { RecordField, Shorthand } from '../../../shared/config/schema/field.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import type { PluginSchemas } from '../schemas/plugin-schemas.ts';

type Row = Readonly<Record<string, unknown>>;

/** The entity as answers show it: a plugin with the old names in its `config`. */
export function withOldNames<E extends Row>(collection: string, entity: E, plugins: PluginSchemas): Row {
  const config = entity['config'];
  const names = oldNames(collection, entity['name'], plugins);
  if (names.length === 0 || !isRecord(config)) return entity;
  const echoed: Record<string, unknown> = { ...config };
  for (const [name, path] of names) echoed[name] = valueAt(config, path) ?? null;
  return { ...entity, config: echoed };
}

/**
 * What was sent for a change (PATCH), under the new names alone: beside the value that is there an old name would
 * contradict it. Both names in what was sent stay, for the schema engine to compare.
 */
export function withNewNames(sent: Record<string, unknown>, name: unknown, plugins: PluginSchemas): void {
  const config = sent['config'];
  if (!isRecord(config)) return;
  let renamed: Record<string, unknown> | undefined;
  for (const [old, path] of oldNames('plugins', name, plugins)) {
    if (!Object.hasOwn(config, old) || valueAt(config, path) !== undefined) continue;
    renamed ??= Object.assign(Object.create(null) as Record<string, unknown>, config);
    put(renamed, path, renamed[old]);
    delete renamed[old];
  }
  if (renamed !== undefined) sent['config'] = renamed;
}

function oldNames(
  collection: string,
  plugin: unknown,
  plugins: PluginSchemas,
): readonly (readonly [name: string, path: readonly string[]])[] {
  if (collection !== 'plugins') return NONE;
  const schema: RecordField | undefined = plugins.get(String(plugin))?.config;
  const shorthands: Readonly<Record<string, Shorthand>> | undefined = schema?.options.shorthands;
  if (shorthands === undefined) return NONE;
  return Object.entries(shorthands).flatMap(([name, { replacedWith }]) =>
    replacedWith === undefined ? [] : [[name, replacedWith] as const],
  );
}

const NONE = [] as const;

function valueAt(row: Row, path: readonly string[]): unknown {
  let value: unknown = row;
  for (const step of path) value = isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return value;
}

function put(row: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [step, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    row[step] = value;
    return;
  }
  const present = row[step];
  const inner: Record<string, unknown> = Object.assign(Object.create(null), isRecord(present) ? present : {});
  put(inner, rest, value);
  row[step] = inner;
}
