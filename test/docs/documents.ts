/** The documents of the repository, for tests that hold them to what they describe. */
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Paths from the root. */
export function documents(): string[] {
  const exclude = (path: string) => /(?:^|\/)(?:node_modules|\.git|\.cardinal)(?:\/|$)/.test(path);
  return globSync('**/*.md', { cwd: ROOT, exclude }).sort();
}

export function textOf(path: string): string {
  return readFileSync(resolve(ROOT, path), 'utf8');
}

/** The contents of the fenced blocks of a language; `''` for blocks without one. */
export function blocks(text: string, language: string): string[] {
  const found: string[] = [];
  for (const [, name, content] of text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (name === language) found.push(content!);
  }
  return found;
}
