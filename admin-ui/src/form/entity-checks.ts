/** The rules between fields, as sentences, and whether a draft keeps those that can be told from it alone. */
import type { EntityCheck, EntitySchema, Path } from './schema.ts';
import { labelOf } from './schema.ts';
import { type Draft, valueAt } from './values.ts';

export interface CheckSentence {
  readonly text: string;
  /** The field by which it is shown. */
  readonly path: Path;
  readonly kept: boolean;
  /** Said always; the others only when they are not kept. */
  readonly always: boolean;
}

/** `effective`: the draft with the defaults filled in. */
export function checkSentences(
  schema: Pick<EntitySchema, 'entity_checks'>,
  effective: Draft,
): readonly CheckSentence[] {
  return (schema.entity_checks ?? []).flatMap((check) => sentence(check, effective) ?? []);
}

function sentence(check: EntityCheck, draft: Draft): CheckSentence | undefined {
  const [[kind, value] = []] = Object.entries(check);
  const given = (name: string) => {
    const found = valueAt(draft, name.split('.'));
    return (
      found !== null && found !== undefined && found !== '' && !(Array.isArray(found) && found.length === 0)
    );
  };
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) {
    const names = value as readonly string[];
    const count = names.filter(given).length;
    const list = names.map(shown).join(', ');
    const path = (names[0] ?? '').split('.');
    switch (kind) {
      case 'at_least_one_of':
        return { text: `At least one of these is needed: ${list}.`, path, kept: count > 0, always: true };
      case 'only_one_of':
        return { text: `Exactly one of these is needed: ${list}.`, path, kept: count === 1, always: true };
      case 'mutually_exclusive':
        return { text: `Only one of these may be set: ${list}.`, path, kept: count <= 1, always: false };
      case 'mutually_required':
        return {
          text: `All of these or none: ${list}.`,
          path,
          kept: count === 0 || count === names.length,
          always: false,
        };
      default:
        return undefined;
    }
  }
  if (kind === 'conditional' && typeof value === 'object' && value !== null)
    return conditional(value as Conditional, draft, given);
  return undefined;
}

interface Match {
  readonly eq?: unknown;
  readonly one_of?: readonly unknown[];
  readonly required?: boolean;
}

interface Conditional {
  readonly if_field: string;
  readonly if_match?: Match;
  readonly then_field: string;
  readonly then_match?: Match;
}

function conditional(
  check: Conditional,
  draft: Draft,
  given: (name: string) => boolean,
): CheckSentence | undefined {
  const { if_field, if_match, then_field, then_match } = check;
  if (if_match === undefined || then_match === undefined) return undefined;
  const at = (name: string) => valueAt(draft, name.split('.'));
  const condition = 'eq' in if_match ? at(if_field) === if_match.eq : if_match.one_of?.includes(at(if_field));
  if (condition !== true) return undefined;
  const when = `When ${shown(if_field)} is ${String(at(if_field))}, `;
  const path = then_field.split('.');
  if (then_match.required === true)
    return { text: `${when}${shown(then_field)} is needed.`, path, kept: given(then_field), always: false };
  if ('eq' in then_match && then_match.eq === null)
    return {
      text: `${when}${shown(then_field)} must not be set.`,
      path,
      kept: !given(then_field),
      always: false,
    };
  if (then_match.one_of !== undefined)
    return {
      text: `${when}${shown(then_field)} must be one of: ${then_match.one_of.join(', ')}.`,
      path,
      kept: !given(then_field) || then_match.one_of.includes(at(then_field)),
      always: false,
    };
  return undefined;
}

function shown(name: string): string {
  return labelOf(name.split('.').at(-1) ?? name).toLowerCase();
}
