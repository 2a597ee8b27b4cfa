/** Cookies of a request (RFC 6265 section 5.4), as they are written: nothing is decoded. */
import type { Headers } from '../http/headers.ts';

const NONE: readonly string[] = [];

/** All values of the cookies of that name, in order. */
export function cookieValues(headers: Headers, name: string): readonly string[] {
  if (!headers.has('cookie')) return NONE;
  const values: string[] = [];
  for (const line of headers.getAll('cookie')) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim());
    }
  }
  return values;
}

/** Takes the cookies of these names out of the request, so that the upstream does not see them. */
export function removeCookies(headers: Headers, names: ReadonlySet<string>): void {
  const lines = headers.getAll('cookie');
  const kept: string[] = [];
  let removed = false;
  for (const pair of lines.flatMap((line) => line.split(';'))) {
    const equals = pair.indexOf('=');
    const name = (equals < 0 ? pair : pair.slice(0, equals)).trim();
    if (names.has(name)) removed = true;
    else if (pair.trim() !== '') kept.push(pair.trim());
  }
  if (!removed) return;
  if (kept.length === 0) headers.remove('cookie');
  else headers.set('Cookie', kept.join('; '));
}
