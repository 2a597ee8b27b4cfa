/** Which fields of an entity a change touched, as dotted paths: names alone, no values. */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../../shared/config/schema/validate.ts';

type Row = Readonly<Record<string, unknown>>;

export function changedFields(before: Row, after: Row, prefix = ''): readonly string[] {
  const paths: string[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name], after[name]];
    if (isDeepStrictEqual(old, now)) continue;
    const path = `${prefix}${name}`;
    if (isRecord(old) && isRecord(now)) paths.push(...changedFields(old, now, `${path}.`));
    else paths.push(path);
  }
  return paths;
}
