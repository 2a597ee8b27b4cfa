/** Compresses what was built, once, so that no gateway does it for each visitor; and lists what there is. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** What is text and worth it; fonts are compressed already. */
const TEXT = /\.(?:html|js|css|svg|json|md|webmanifest)$/;

export interface Size {
  readonly bytes: number;
  /** Of the file itself when it does not compress. */
  readonly gzip: number;
}

/** By path below `folder`, with `/`. Writes `files.json`, which is not in the list. */
export function compressAll(folder: string): ReadonlyMap<string, Size> {
  const sizes = new Map<string, Size>();
  const files: Record<string, string[]> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    const content = readFileSync(path);
    const encodings: string[] = [];
    let gzip = content.length;
    if (TEXT.test(name)) {
      const gz = gzipSync(content, { level: 9 });
      const br = brotliCompressSync(content, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
      });
      gzip = gz.length;
      if (br.length < content.length) {
        writeFileSync(`${path}.br`, br);
        encodings.push('br');
      }
      if (gz.length < content.length) {
        writeFileSync(`${path}.gz`, gz);
        encodings.push('gzip');
      }
    }
    sizes.set(name, { bytes: content.length, gzip });
    files[name] = encodings;
  }
  writeFileSync(join(folder, 'files.json'), `${JSON.stringify({ files }, null, 1)}\n`);
  return sizes;
}
