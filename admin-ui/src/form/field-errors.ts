/** The Admin API's errors by field, as messages by path: arrays by their place, `@entity` for the whole. */
import type { FieldErrors } from '../api/api-problem.ts';
import type { Path } from './schema.ts';

export interface Problems {
  /** By path, as `pathKey` writes it. */
  readonly fields: ReadonlyMap<string, string>;
  /** What belongs to no field. */
  readonly general: readonly string[];
}

export const NO_PROBLEMS: Problems = { fields: new Map(), general: [] };

export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

export function pathOfKey(key: string): Path {
  return JSON.parse(key) as Path;
}

/** `message`: what is said when there are no fields. */
export function problemsOf(errors: FieldErrors | undefined, message: string): Problems {
  const fields = new Map<string, string>();
  const general: string[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      if (path.length === 0) general.push(value);
      else fields.set(pathKey(path), value);
    } else if (Array.isArray(value)) {
      value.forEach((one, i) => {
        if (one !== null) visit(one, [...path, i]);
      });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) {
        if (name === '@entity') {
          const messages = Array.isArray(one) ? one.map(String) : [String(one)];
          if (path.length === 0) general.push(...messages);
          else fields.set(pathKey(path), messages.join('; '));
        } else visit(one, [...path, name]);
      }
    }
  };
  visit(errors ?? {}, []);
  if (fields.size === 0 && general.length === 0) general.push(message);
  return { fields, general };
}

/** The one at a path, or the first below it for a control that shows everything below itself. */
export function problemAt(problems: Problems, path: Path, below = false): string | undefined {
  const own = problems.fields.get(pathKey(path));
  if (own !== undefined || !below) return own;
  const prefix = `${JSON.stringify(path).slice(0, -1)}${path.length === 0 ? '' : ','}`;
  for (const [key, message] of problems.fields) if (key.startsWith(prefix)) return message;
  return undefined;
}

export function withoutProblem(problems: Problems, path: Path): Problems {
  const own = pathKey(path);
  const below = `${own.slice(0, -1)},`;
  const fields = new Map([...problems.fields].filter(([key]) => key !== own && !key.startsWith(below)));
  return fields.size === problems.fields.size ? problems : { ...problems, fields };
}
