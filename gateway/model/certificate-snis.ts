/** The `snis` of a certificate in requests: names that stand for entities of their own. */
import { snis } from '../../shared/config/entities/snis.ts';
import { type AnyField, array } from '../../shared/config/schema/field.ts';
import type { Problem } from '../../shared/config/schema/problem.ts';
import { validateField } from '../../shared/config/schema/validate.ts';
import { violation } from './errors.ts';
import type { Sent } from './request-entity.ts';

const NAMES = array(snis.schema.fields['name'] as AnyField);

export interface SentSnis {
  /** Sorted; undefined leaves the certificate's SNIs as they are. */
  readonly names: readonly string[] | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Takes the `snis` out of what was sent. Only an update without any leaves them alone. `extra` is the name by which
 * the certificate was addressed. Code 2 when one stands twice.
 */
export function takeSnis(sent: Sent, verb: 'insert' | 'upsert' | 'update', extra?: string): SentSnis {
  let value = sent['snis'];
  delete sent['snis'];
  if (value === undefined && verb === 'update') return { names: undefined, problems: [] };
  if (typeof value === 'string' && verb !== 'insert') value = [value];
  value ??= [];
  const { value: read, problems } = validateField(NAMES, value);
  if (problems.length > 0) {
    return {
      names: undefined,
      problems: problems.map((problem) => ({ ...problem, path: ['snis', ...problem.path] })),
    };
  }
  const names = (read as readonly string[]).slice().sort();
  const twice = names.find((name, i) => name === names[i + 1]);
  if (twice !== undefined) throw violation('snis', `${twice} is duplicated`);
  if (extra !== undefined && !names.includes(extra)) {
    names.push(extra);
    names.sort();
  }
  return { names, problems };
}
