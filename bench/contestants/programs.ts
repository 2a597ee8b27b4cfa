/** Looks for programs and packages that contestants need, and for their versions. */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** The repository's root. */
export const ROOT = resolve(import.meta.dirname, '../..');

export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Null, or what to do about a program that is not installed. */
export function missingProgram(name: string, debianPackage = name): string | null {
  return hasProgram(name) ? null : `not installed: apt-get install ${debianPackage}`;
}

/** The first version number that a program prints about itself. */
export function programVersion(command: string, args: readonly string[]): string {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  return /\d+\.\d+(\.\d+)?/.exec(`${run.stdout}${run.stderr}`)?.[0] ?? 'unknown';
}

/** Version of an installed npm package, or null. */
export function packageVersion(name: string): string | null {
  for (const base of [join(ROOT, 'bench'), ROOT]) {
    try {
      const text = readFileSync(join(base, 'node_modules', name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
