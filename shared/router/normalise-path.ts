/**
 * The one form of a request path in which routes are matched, plugins look at it and the upstream path
 * is built, as Kong makes it: `%XX` decoded once unless the character is reserved, remaining escapes in
 * upper case, dot segments resolved, `//` merged.
 *
 * The result is text: percent-encoded UTF-8 becomes the characters it stands for. It may hold decoded
 * control characters (`%0D`), so it must never be written into a header or a request line without
 * `escapePath`. An encoded slash or percent sign stays encoded: `/a/..%2Fb` does not leave `/a`, and
 * nothing is ever decoded twice.
 */

const PLAIN = 0;
const SLASH = 1;
const DOT = 2;
const SLOW = 3;
const REFUSED = 4;

/** What each ASCII character means to the scan of a path that may be normal already. */
const KIND = new Uint8Array(128);
KIND[0x2f] = SLASH;
KIND[0x2e] = DOT;
KIND[0x25] = SLOW;
KIND[0x00] = REFUSED;
KIND[0x5c] = REFUSED;

/** RFC 3986 gen-delims and sub-delims, and `%` itself: their escapes carry meaning and are kept. */
const RESERVED = new Uint8Array(256);
for (const character of "!*'();:@&=+$,/?%#[]") RESERVED[character.charCodeAt(0)] = 1;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The normalised path, or undefined when there is none (the request is malformed: 400): an invalid `%`
 * escape, `%00`, a raw backslash or NUL, bytes that are not UTF-8.
 *
 * `path` is the path of the request target without its query, one character per byte (latin1). A path
 * that is normal already is returned as it is and costs no allocation.
 */
export function normalisePath(path: string): string | undefined {
  const length = path.length;
  let before = PLAIN;
  // Dots since the last slash when there was nothing else; -1 in a segment that has other characters.
  let dots = -1;
  for (let i = 0; i < length; i++) {
    const code = path.charCodeAt(i);
    if (code > 127) return normaliseSlowly(path);
    const kind = KIND[code]!;
    if (kind === PLAIN) {
      dots = -1;
    } else if (kind === SLASH) {
      if (before === SLASH || dots === 1 || dots === 2) return normaliseSlowly(path);
      dots = 0;
    } else if (kind === DOT) {
      // A path without a leading slash has its first segment at the start.
      if (i === 0) dots = 1;
      else if (dots >= 0) dots++;
    } else {
      return kind === SLOW ? normaliseSlowly(path) : undefined;
    }
    before = kind;
  }
  return dots === 1 || dots === 2 ? normaliseSlowly(path) : path;
}

/**
 * Where the query of a request target starts (the index of its `?`), or its length when it has none.
 * As in Kong the search starts at the second character.
 */
export function pathEnd(target: string): number {
  const at = target.indexOf('?', 1);
  return at === -1 ? target.length : at;
}

function normaliseSlowly(path: string): string | undefined {
  const decoded = decode(path);
  return decoded === undefined ? undefined : resolveSegments(decoded);
}

function decode(path: string): string | undefined {
  // Every character of the input becomes at most three bytes of output: it is one byte itself.
  const bytes = new Uint8Array(path.length);
  let size = 0;
  let ascii = true;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === 0 || code === 0x5c || code > 255) return undefined;
    if (code !== 0x25) {
      if (code > 127) ascii = false;
      bytes[size++] = code;
      continue;
    }
    const high = hexValue(path.charCodeAt(i + 1));
    const low = hexValue(path.charCodeAt(i + 2));
    if (high < 0 || low < 0) return undefined;
    const byte = high * 16 + low;
    if (byte === 0) return undefined;
    if (RESERVED[byte] === 1) {
      bytes[size++] = 0x25;
      bytes[size++] = upperHex(high);
      bytes[size++] = upperHex(low);
    } else {
      if (byte > 127) ascii = false;
      bytes[size++] = byte;
    }
    i += 2;
  }
  const used = bytes.subarray(0, size);
  if (ascii) return Buffer.from(bytes.buffer, 0, size).toString('latin1');
  try {
    return strictUtf8.decode(used);
  } catch {
    return undefined;
  }
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function upperHex(value: number): number {
  return value < 10 ? 0x30 + value : 0x37 + value;
}

/** RFC 3986 section 5.2.4 with `//` merged: `..` above the root stays at the root. */
function resolveSegments(path: string): string {
  if (path === '' || path === '/') return path;
  const absolute = path.charCodeAt(0) === 0x2f;
  const kept: string[] = [];
  let openEnded = false;
  for (const segment of path.split('/')) {
    openEnded = true;
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      kept.pop();
      continue;
    }
    kept.push(segment);
    openEnded = false;
  }
  const joined = kept.join('/');
  if (kept.length === 0) return absolute ? '/' : '';
  return (absolute ? '/' : '') + joined + (openEnded ? '/' : '');
}
