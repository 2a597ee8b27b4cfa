/** Media types as responses say them, and ranges of them as configurations do (RFC 9110 8.3.1). */

export interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  /** Sorted `name=value`, names in lower case. */
  readonly parameters: readonly string[];
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(`^\\s*(${TOKEN})/(${TOKEN})\\s*`);
const PARAMETER = new RegExp(`^;\\s*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")\\s*`);

export function parseMediaRange(text: string): MediaRange | undefined {
  const [whole, type, subtype] = TYPE.exec(text) ?? [];
  if (whole === undefined) return undefined;
  let rest = text.slice(whole.length);
  const parameters: string[] = [];
  while (rest !== '') {
    const [part, name, value, quoted] = PARAMETER.exec(rest) ?? [];
    if (part === undefined) return undefined;
    parameters.push(`${name!.toLowerCase()}=${value ?? quoted!.replace(/\\(.)/g, '$1')}`);
    rest = rest.slice(part.length);
  }
  return { type: type!.toLowerCase(), subtype: subtype!.toLowerCase(), parameters: parameters.sort() };
}

/** Type, subtype and all parameters are the same; `*` matches any type or subtype. */
export function includesType(ranges: readonly MediaRange[], value: string): boolean {
  const media = parseMediaRange(value);
  if (media === undefined) return false;
  return ranges.some(
    ({ type, subtype, parameters }) =>
      (type === '*' || type === media.type) &&
      (subtype === '*' || subtype === media.subtype) &&
      parameters.length === media.parameters.length &&
      parameters.every((parameter, at) => parameter === media.parameters[at]),
  );
}
