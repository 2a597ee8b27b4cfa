/** Values of a draft, read and replaced by path. Never changes what it is given. */
import type { Path } from './schema.ts';

export type Draft = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function valueAt(draft: unknown, path: Path): unknown {
  let value: unknown = draft;
  for (const step of path) {
    if (Array.isArray(value)) value = value[step as number];
    else if (isObject(value)) value = Object.hasOwn(value, step) ? value[step] : undefined;
    else return undefined;
  }
  return value;
}

/** `undefined` takes the field away. */
export function withValue<T>(draft: T, path: Path, value: unknown): T {
  const [step, ...rest] = path;
  if (step === undefined) return value as T;
  if (Array.isArray(draft) || (draft === undefined && typeof step === 'number')) {
    const copy = [...((draft as readonly unknown[] | undefined) ?? [])];
    const next = withValue(copy[step as number], rest, value);
    if (next === undefined) copy.splice(step as number, 1);
    else copy[step as number] = next;
    return copy as T;
  }
  const copy = Object.assign(Object.create(null), isObject(draft) ? draft : {}) as Record<string, unknown>;
  const next = withValue(copy[step], rest, value);
  if (next === undefined) delete copy[step];
  else copy[step] = next;
  return { ...copy } as T;
}

/** Equal as JSON is, whatever the order of keys. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, i) => sameValue(value, b[i]));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
    );
  }
  return false;
}
