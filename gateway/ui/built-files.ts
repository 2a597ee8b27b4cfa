/**
 * What the build of the admin UI left behind, read once into memory. Only what its list names exists here: no path of
 * a request ever becomes a path of a file.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

export interface BuiltFile {
  readonly contentType: string;
  /** By content coding; `identity` is always there. */
  readonly bodies: ReadonlyMap<string, Buffer>;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
}

const LIST = 'files.json';
/** Codings in order of preference, and how their files end. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['br', '.br'],
  ['gzip', '.gz'],
]);
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.json', 'application/json'],
  ['.md', 'text/plain; charset=utf-8'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
]);

/** By path below `/ui/`. Undefined when nothing was built; throws when what was built is incomplete. */
export function readBuiltFiles(folder: string): ReadonlyMap<string, BuiltFile> | undefined {
  let list: string;
  try {
    list = readFileSync(join(folder, LIST), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { files } = JSON.parse(list) as { files: Record<string, string[]> };
  const built = new Map<string, BuiltFile>();
  for (const [name, codings] of Object.entries(files)) {
    if (normalize(name) !== name || name.startsWith('.') || name.startsWith('/'))
      throw new Error(`${LIST} names ${name}, which is no file of the build`);
    const path = join(folder, name);
    const content = readFileSync(path);
    const bodies = new Map<string, Buffer>();
    for (const [coding, ending] of ENDINGS) {
      if (codings.includes(coding)) bodies.set(coding, readFileSync(`${path}${ending}`));
    }
    bodies.set('identity', content);
    built.set(name, {
      contentType: TYPES.get(extname(name)) ?? 'application/octet-stream',
      bodies,
      etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
      immutable: /^assets\/.+-[\w-]{8}\.\w+$/.test(name),
    });
  }
  return built;
}
