/**
 * A query string as the log shows it: an object of decoded names, a repeated argument as an array, an
 * argument without `=` as `true`, as Kong does it.
 */

/** JSON text. `query` is without the `?`. */
export function queryJson(query: string): string {
  if (query === '') return '{}';
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
  let text = '{';
  for (const [name, list] of values) {
    if (text.length > 1) text += ',';
    text += JSON.stringify(name) + ':' + JSON.stringify(list.length === 1 ? list[0] : list);
  }
  return text + '}';
}

/** Percent and plus decoding; what is not valid stays as it is. */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
