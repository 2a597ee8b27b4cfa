/**
 * Reads which module imports which, from the source text: enough for rules about who may know whom. Type-only
 * imports are told apart, because they are gone when the program runs.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Import {
  /** Path from the root for own modules (`shared/http/headers.ts`), else the specifier (`express`). */
  readonly target: string;
  readonly typeOnly: boolean;
  /** `import()`: not part of the start-up graph unless it is known to run at start. */
  readonly dynamic: boolean;
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export function sourceOf(file: string): string {
  return readFileSync(resolve(ROOT, file), 'utf8');
}

export function importsOf(file: string): Import[] {
  const text = sourceOf(file);
  const found: Import[] = [];
  for (const [, type, names, specifier] of text.matchAll(STATEMENT)) {
    const members = /^\{([^}]*)\}$/
      .exec((names ?? '').trim())?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '');
    const typeOnly: boolean =
      type !== undefined || members?.every((name) => /^\s*type\s/.test(name)) === true;
    found.push({ target: targetOf(file, specifier as string), typeOnly, dynamic: false });
  }
  for (const [, specifier] of text.matchAll(DYNAMIC)) {
    found.push({ target: targetOf(file, specifier as string), typeOnly: false, dynamic: true });
  }
  return found;
}

function targetOf(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) {
    const workspace = /^@cardinal\/(\w+)\/(.+)$/.exec(specifier);
    return workspace === null ? specifier : `${workspace[1]}/${workspace[2]}`;
  }
  const path = relative(ROOT, resolve(ROOT, dirname(file), specifier));
  if (!existsSync(resolve(ROOT, path))) throw new Error(`${file} imports ${specifier}, which is not there`);
  return path;
}

/** Every module of a folder that is part of the product: no tests, test kits, fuzzers. */
export function productFiles(folder: string): string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT, exclude: (name) => name === 'node_modules' })
    .filter(
      (file) => !/\.test\.ts$|\/(?:test|testkit|fuzz|fixtures|node_modules)\/|\/testkit\.ts$/.test(file),
    )
    .sort();
}

/** All modules that are loaded when these are, static imports only. Own ones as paths, others as specifiers. */
export function startGraph(...entries: string[]): Set<string> {
  const seen = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.endsWith('.ts')) continue;
    for (const { target, typeOnly, dynamic } of importsOf(file))
      if (!typeOnly && !dynamic) queue.push(target);
  }
  return seen;
}
