/**
 * Kong's checks over several fields of one record, as constructors for the `checks` of a record. Texts and
 * the shape shown by `/schemas/*` are Kong's. Field names may be dotted (`healthchecks.active.type`).
 */
import { type AnyField, type EntityCheck, json, string } from './field.ts';
import { ENTITY } from './problem.ts';
import { validateField } from './validate.ts';

type Row = Readonly<Record<string, unknown>>;

/** A dotted path's value; undefined where a record on the way is null. */
export function valueAt(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Row)[step];
  }
  return value;
}

function isSet(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

function quoted(fields: readonly string[]): string {
  return fields.map((field) => `'${field}'`).join(', ');
}

export function atLeastOneOf(...fields: string[]): EntityCheck {
  const message = `at least one of these fields must be non-empty: ${quoted(fields)}`;
  return {
    name: 'at_least_one_of',
    fields,
    always: true,
    document: { at_least_one_of: fields },
    run(row, report) {
      if (!fields.some((field) => isSet(valueAt(row, field)))) report(ENTITY, message);
    },
  };
}

export function onlyOneOf(...fields: string[]): EntityCheck {
  const message = `exactly one of these fields must be non-empty: ${quoted(fields)}`;
  return {
    name: 'only_one_of',
    fields,
    always: true,
    document: { only_one_of: fields },
    run(row, report) {
      if (fields.filter((field) => isSet(valueAt(row, field))).length !== 1) report(ENTITY, message);
    },
  };
}

export function mutuallyExclusive(...fields: string[]): EntityCheck {
  const message = `only one or none of these fields must be set: ${quoted(fields)}`;
  return {
    name: 'mutually_exclusive',
    fields,
    document: { mutually_exclusive: fields },
    run(row, report) {
      if (fields.filter((field) => isSet(valueAt(row, field))).length > 1) report(ENTITY, message);
    },
  };
}

export function mutuallyRequired(...fields: string[]): EntityCheck {
  const message = `all or none of these fields must be set: ${quoted(fields)}`;
  return {
    name: 'mutually_required',
    fields,
    document: { mutually_required: fields },
    run(row, report) {
      const count = fields.filter((field) => isSet(valueAt(row, field))).length;
      if (count !== 0 && count !== fields.length) report(ENTITY, message);
    },
  };
}

export function distinct(...fields: string[]): EntityCheck {
  const message = `values of these fields must be distinct: ${quoted(fields)}`;
  return {
    name: 'distinct',
    fields,
    always: true,
    document: { distinct: fields },
    run(row, report) {
      const values = fields.map((field) => valueAt(row, field)).filter(isSet);
      if (new Set(values).size !== values.length) report(ENTITY, message);
    },
  };
}

export interface Conditional {
  readonly ifField: string;
  /** A value of `ifField` (not null) that passes this schema makes the rule count. */
  readonly ifMatch: AnyField;
  readonly thenField: string;
  /** Must hold for `thenField`; `required: true` in it makes the field required. */
  readonly thenMatch: AnyField;
  /** Replaces the engine's text at `thenField`. */
  readonly thenMessage?: string;
}

/** When one field has certain values, another must have certain values. */
export function conditional({
  ifField,
  ifMatch,
  thenField,
  thenMatch,
  thenMessage,
}: Conditional): EntityCheck {
  return {
    name: 'conditional',
    fields: [ifField, thenField],
    always: true,
    document: {
      conditional: {
        if_field: ifField,
        if_match: kongRules(ifMatch),
        then_field: thenField,
        then_match: kongRules(thenMatch),
      },
    },
    run(row, report) {
      const given = valueAt(row, ifField);
      if (given === undefined || given === null || validateField(ifMatch, given).problems.length > 0) return;
      const problem = validateField(thenMatch, valueAt(row, thenField) ?? null).problems[0];
      if (problem === undefined) return;
      report(thenField, thenMessage ?? problem.message);
      report(ENTITY, `failed conditional validation given value of field '${ifField}'`);
    },
  };
}

/** When a text field has that value, another field must be given. */
export function requiredWhen(field: string, value: string, required: string): EntityCheck {
  return conditional({
    ifField: field,
    ifMatch: string({ eq: value }),
    thenField: required,
    thenMatch: json({ required: true }),
  });
}

/** A check with code of its own. */
export function customCheck(fields: readonly string[], run: EntityCheck['run']): EntityCheck {
  return {
    name: 'custom_entity_check',
    fields,
    document: { custom_entity_check: { field_sources: fields } },
    run,
  };
}

function kongRules(field: AnyField): Record<string, unknown> {
  const { oneOf, eq, ne, required, gt, between } = field.options;
  const rules: Record<string, unknown> = {};
  if (oneOf !== undefined) rules['one_of'] = oneOf;
  if (eq !== undefined) rules['eq'] = eq;
  if (ne !== undefined) rules['ne'] = ne;
  if (gt !== undefined) rules['gt'] = gt;
  if (between !== undefined) rules['between'] = between;
  if (required !== undefined) rules['required'] = required;
  return rules;
}
