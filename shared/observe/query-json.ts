/**
 * A query string as the log shows it: an object of decoded names, a repeated argument as an array, an
 * argument without `=` as `true`, as Kong does it.
 */
import { asciiJson, quote } from './json-text.ts';

/** Queries with more arguments than this are searched for repeats with a map. */
const FEW = 8;

/** JSON text. `query` is without the `?`. */
export function queryJson(query: string): string {
  if (query === '') return '{}';
  const names: string[] = [];
  let text = '';
  for (let at = 0; at <= query.length; ) {
    let end = query.indexOf('&', at);
    if (end === -1) end = query.length;
    if (end > at) {
      const equals = query.indexOf('=', at);
      const bare = equals === -1 || equals > end;
      const name = decode(query.slice(at, bare ? end : equals));
      if (names.length === FEW || names.includes(name)) return repeatedQueryJson(query);
      names.push(name);
      const value = bare ? 'true' : quote(decode(query.slice(equals + 1, end)));
      text += (text === '' ? '' : ',') + quote(name) + ':' + value;
    }
    at = end + 1;
  }
  return '{' + text + '}';
}

function repeatedQueryJson(query: string): string {
  const values = new Map<string, (string | true)[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? true : decode(part.slice(equals + 1));
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  let text = '';
  for (const [name, list] of values) {
    text += (text === '' ? '' : ',') + quote(name) + ':' + asciiJson(list.length === 1 ? list[0] : list);
  }
  return '{' + text + '}';
}

/** Percent and plus decoding; what is not valid stays as it is. */
function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
