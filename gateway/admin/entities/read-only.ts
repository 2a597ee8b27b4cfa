/** Kong's answers to changes of a configuration that does not come from a store. */
import { ModelError } from '../../model/contract.ts';

export type ChangeVerb = 'create' | 'create or update' | 'update' | 'remove';

/** 405, code 12. `by`: the endpoint key by which the entity was addressed. */
export function readOnly(verb: ChangeVerb, collection: string, by?: string): ModelError {
  const address = by === undefined ? '' : ` by '${by}'`;
  return new ModelError(405, {
    code: 12,
    name: 'operation unsupported',
    message: `cannot ${verb} '${collection}' entities${address} when not using a database`,
  });
}
