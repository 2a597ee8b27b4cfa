/**
 * Paths as Kong writes them in configurations: the normal form in which route prefixes must be given, and the
 * characters a path may have. The same normal form is used for requests, so a prefix that is not in it could
 * never match.
 */

const ESCAPE = /%[0-9a-fA-F]{2}/g;
const RESERVED = new Set("!*'();:@&=+$,/?%#[]");

/** Decodes the escapes of characters that need none; upper-cases the others. Bytes that are not UTF-8 stay escaped. */
export function decodeUnreserved(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(
        run.replace(/%([0-7][0-9a-fA-F])/g, (coded, hex: string) => {
          const c = String.fromCharCode(Number.parseInt(hex, 16));
          return RESERVED.has(c) ? '%25' + coded.slice(1) : coded;
        }),
      );
    } catch {
      return run.replace(ESCAPE, (coded) => {
        const c = Number.parseInt(coded.slice(1), 16);
        const char = String.fromCharCode(c);
        return c >= 0x80 || RESERVED.has(char) ? coded.toUpperCase() : char;
      });
    }
    return decoded.replace(ESCAPE, (coded) => coded.toUpperCase());
  });
}

/** Escapes decoded where they may be, dot segments resolved, doubled slashes merged. */
export function normalisePath(path: string): string {
  const decoded = decodeUnreserved(path).replace(/\/{2,}/g, '/');
  if (!decoded.includes('/.')) return decoded;
  const segments = decoded.split('/');
  const result: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    const last = i === segments.length - 1;
    if (segment === '.' || segment === '..') {
      if (segment === '..' && result.length > 1) result.pop();
      if (last) result.push('');
    } else {
      result.push(segment);
    }
  }
  const joined = result.join('/');
  return joined.startsWith('/') ? joined : '/' + joined;
}

/** Kong's message for a `%` that two hex digits do not follow. */
export function brokenEscape(path: string): string | undefined {
  const match = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(path);
  return match === null ? undefined : `invalid url-encoded value: '${match[0]}'`;
}
