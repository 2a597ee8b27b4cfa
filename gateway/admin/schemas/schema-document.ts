/**
 * Schemas as `GET /schemas/*` shows them: Kong's attributes under Kong's names. decK takes the defaults of
 * everything from here, Kong Manager builds its plugin forms from it; what is shown is what is validated, because both
 * are made of the same description.
 */
import type {
  AnyField,
  EntityCheck,
  Fields,
  RecordField,
  Shorthand,
} from '../../../shared/config/schema/field.ts';

export interface SchemaDocument {
  readonly fields: readonly Readonly<Record<string, FieldDocument>>[];
  readonly entity_checks?: readonly unknown[];
  readonly shorthand_fields?: readonly Readonly<Record<string, FieldDocument>>[];
}

export type FieldDocument = Readonly<Record<string, unknown>>;

/** `abstract`: fields whose content depends on something else (a plugin's `config`). */
export function schemaDocument(schema: RecordField, abstract: ReadonlySet<string> = NONE): SchemaDocument {
  return { entity_checks: [], ...recordParts(schema, abstract) };
}

const NONE: ReadonlySet<string> = new Set();

/** Kong's name of each attribute that is shown as it is. */
const ATTRIBUTES: readonly (readonly [ours: string, kongs: string])[] = [
  ['description', 'description'],
  ['required', 'required'],
  ['default', 'default'],
  ['unique', 'unique'],
  ['auto', 'auto'],
  ['uuid', 'uuid'],
  ['timestamp', 'timestamp'],
  ['oneOf', 'one_of'],
  ['eq', 'eq'],
  ['ne', 'ne'],
  ['between', 'between'],
  ['gt', 'gt'],
  ['lenMin', 'len_min'],
  ['lenMax', 'len_max'],
  ['lenEq', 'len_eq'],
  ['isRegex', 'is_regex'],
  ['startsWith', 'starts_with'],
  ['referenceable', 'referenceable'],
  ['encrypted', 'encrypted'],
];

export function fieldDocument(field: AnyField): FieldDocument {
  const document: Record<string, unknown> = { type: field.type };
  const options: Readonly<Record<string, unknown>> = field.options;
  for (const [ours, kongs] of ATTRIBUTES) if (options[ours] !== undefined) document[kongs] = options[ours];
  const { match, notMatch } = options;
  if (match instanceof RegExp) document['match'] = match.source;
  if (notMatch instanceof RegExp) document['not_match'] = notMatch.source;
  switch (field.type) {
    case 'array':
    case 'set':
      document['elements'] = fieldDocument(field.elements);
      break;
    case 'map':
      document['keys'] = fieldDocument(field.keys);
      document['values'] = fieldDocument(field.values);
      break;
    case 'record':
      Object.assign(document, recordParts(field, NONE));
      break;
    case 'foreign':
      document['reference'] = field.reference;
      if (field.onDelete === 'cascade') document['on_delete'] = 'cascade';
      break;
  }
  return document;
}

function recordParts(schema: RecordField, abstract: ReadonlySet<string>): SchemaDocument {
  const fields: Fields = schema.fields;
  const shown = Object.entries(fields).map(([name, field]) => ({
    [name]: abstract.has(name)
      ? { ...fieldDocument(field), type: 'record', abstract: true }
      : fieldDocument(field),
  }));
  const checks = (schema.options.checks ?? []) as readonly EntityCheck[];
  const documents = checks.flatMap(({ document }) => (document === undefined ? [] : [document]));
  const shorthands = Object.entries((schema.options.shorthands ?? {}) as Readonly<Record<string, Shorthand>>);
  return {
    fields: shown,
    ...(documents.length === 0 ? {} : { entity_checks: documents }),
    ...(shorthands.length === 0
      ? {}
      : {
          shorthand_fields: shorthands.map(([name, shorthand]) => ({ [name]: shorthandDocument(shorthand) })),
        }),
  };
}

function shorthandDocument({ schema, description, replacedWith }: Shorthand): FieldDocument {
  const { default: _default, required: _required, ...document } = fieldDocument(schema);
  const deprecation = { replaced_with: [{ path: replacedWith }], message: description };
  return { ...document, description, ...(replacedWith === undefined ? {} : { deprecation }) };
}
