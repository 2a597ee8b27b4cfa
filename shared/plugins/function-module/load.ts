/**
 * Loads the module of a pre-function or post-function. Its code runs with the gateway's rights; whether such modules
 * may be loaded at all is the setting `function_modules`, see `function-plugins.ts`.
 */
import type { PluginInstance, PluginKit } from '../contract.ts';

const PHASES = ['rewrite', 'access', 'response', 'requestBody', 'responseBody', 'log', 'close'] as const;

/** Default export: the phases, or a function that makes them. */
export type FunctionModule = PluginInstance | ((kit: PluginKit, options: unknown) => PluginInstance);

/** A module is loaded once for a process. Throws an Error that names the file and what is wrong with it. */
export function loadFunctionModule(path: string, options: unknown, kit: PluginKit): PluginInstance {
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  let exported: unknown;
  try {
    const module = require(path) as { readonly default?: unknown };
    exported = module?.default ?? module;
  } catch (error) {
    throw new Error(`${path}: cannot be loaded: ${firstLine(error)}`);
  }
  let instance = exported;
  if (typeof exported === 'function') {
    try {
      instance = (exported as (kit: PluginKit, options: unknown) => unknown)(kit, options);
    } catch (error) {
      throw new Error(`${path}: its default export threw: ${firstLine(error)}`);
    }
  }
  return checked(path, instance);
}

function checked(path: string, instance: unknown): PluginInstance {
  if (typeof instance !== 'object' || instance === null) {
    throw new Error(`${path}: its default export gives no object with phases (${PHASES.join(', ')})`);
  }
  const found = Object.entries(instance).filter(([, value]) => value !== undefined);
  for (const [name, value] of found) {
    if (!(PHASES as readonly string[]).includes(name))
      throw new Error(`${path}: '${name}' is no phase; there are ${PHASES.join(', ')}`);
    if (typeof value !== 'function') throw new Error(`${path}: ${name} is no function`);
  }
  if (found.length === 0) throw new Error(`${path}: has no phase (${PHASES.join(', ')})`);
  // One object for each configured plugin: a module may export the same one to several.
  return Object.fromEntries(found);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]!;
}
