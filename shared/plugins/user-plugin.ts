/**
 * Loads a plugin from a file of the user's and checks that it is one. Users' code runs with the gateway's
 * rights: only paths from the operator's own settings may come here, never from a configuration that was
 * received.
 */
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AnyPluginDefinition } from './contract.ts';
import { PluginLoadError } from './load-error.ts';
import { sdk } from './sdk.ts';

const { existsSync, statSync } = process.getBuiltinModule('node:fs');

export interface UserPlugin {
  readonly definition: AnyPluginDefinition;
  /** Absolute path of the file. */
  readonly file: string;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Rejects with a PluginLoadError that names the file. */
export async function loadUserPlugin(path: string): Promise<UserPlugin> {
  const file = findFile(path);
  const exported = await importDefault(file);
  let definition: unknown = exported;
  if (typeof exported === 'function') {
    try {
      definition = await (exported as (kit: typeof sdk) => unknown)(sdk);
    } catch (error) {
      throw new PluginLoadError(`${place(file, error)}: its default export threw: ${messageOf(error)}`);
    }
  }
  const missing = whatIsMissing(definition);
  if (missing !== undefined) throw new PluginLoadError(`${file}: ${missing}`);
  return { definition: definition as AnyPluginDefinition, file };
}

function findFile(path: string): string {
  const file = resolve(path);
  if (!existsSync(file)) throw new PluginLoadError(`${file}: there is no such file`);
  if (!statSync(file).isDirectory()) {
    if (/\.(ts|js|mts|mjs)$/.test(file)) return file;
    throw new PluginLoadError(
      `${file}: a plugin is a .ts or .js file, or a folder with an index.ts or index.js`,
    );
  }
  const index = ['index.ts', 'index.js'].map((name) => resolve(file, name)).find(existsSync);
  if (index === undefined) throw new PluginLoadError(`${file}: the folder has no index.ts and no index.js`);
  return index;
}

async function importDefault(file: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new PluginLoadError(`${place(file, error)}: cannot be loaded: ${messageOf(error)}`);
  }
  if (module.default === undefined) {
    throw new PluginLoadError(
      `${file}: has no default export; write \`export default (sdk) => sdk.definePlugin({ ... })\``,
    );
  }
  return module.default;
}

function whatIsMissing(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return 'its default export is no plugin; it must be what definePlugin returns, or a function (sdk) => definePlugin(...)';
  }
  const plugin = value as Partial<Record<keyof AnyPluginDefinition, unknown>>;
  if (typeof plugin.name !== 'string' || !NAME.test(plugin.name)) {
    return '`name` is missing or has other characters than a-z, 0-9, - and _';
  }
  if (typeof plugin.version !== 'string' || plugin.version === '') {
    return '`version` is missing: a string such as "1.0.0"';
  }
  if (typeof plugin.priority !== 'number' || !Number.isFinite(plugin.priority)) {
    return '`priority` is missing: a number; plugins with a higher one run earlier';
  }
  const schema = plugin.schema as { config?: { type?: unknown; fields?: unknown } } | undefined;
  if (schema?.config?.type !== 'record' || typeof schema.config.fields !== 'object') {
    return '`schema.config` is missing: a record of fields, `{ config: record({}) }` if there are none';
  }
  if (typeof plugin.create !== 'function') {
    return '`create(config, kit)` is missing: a function that returns the phases';
  }
  return undefined;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]!;
}

/** The file, with the line if the error says which. */
function place(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, url, line] of stack.matchAll(/(file:\/\/[^\s()]+?|\/[^\s():]+):(\d+)/g)) {
    const where = url!.startsWith('file:') ? fileURLToPath(url!) : url!;
    if (where === file) return `${file}:${line}`;
  }
  return file;
}
