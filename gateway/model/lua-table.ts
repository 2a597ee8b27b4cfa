/** Values in the notation in which Kong's messages show tables (Penlight's `pretty.write`). */

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/**
 * `{name="x",route=null}`; with an indent one entry a line, as in messages about nested fields. Lists have their
 * elements only; where elements are missing at the beginning, positions count from 1.
 */
export function luaTable(value: unknown, indent = ''): string {
  return write(value, '', indent);
}

function write(value: unknown, outer: string, step: string): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  const inner = outer + step;
  const equals = step === '' ? '=' : ' = ';
  const entries: string[] = [];
  if (Array.isArray(value)) {
    let dense = true;
    value.forEach((element: unknown, i) => {
      if (element === null) dense = false;
      else entries.push(inner + (dense ? '' : `[${i + 1}]${equals}`) + write(element, inner, step));
    });
  } else {
    for (const key of Object.keys(value).sort()) {
      const name = IDENTIFIER.test(key) ? key : `[${JSON.stringify(key)}]`;
      entries.push(`${inner}${name}${equals}${write((value as Record<string, unknown>)[key], inner, step)}`);
    }
  }
  if (step === '') return `{${entries.join(',')}}`;
  return entries.length === 0 ? `{\n${outer}}` : `{\n${entries.join(',\n')}\n${outer}}`;
}
