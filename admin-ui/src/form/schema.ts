/**
 * Kong's schemas as `GET /schemas/*` shows them. A schema may have types and attributes that are not known here: they are
 * kept, and shown as JSON.
 */

export interface FieldSchema {
  readonly type: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly auto?: boolean;
  readonly uuid?: boolean;
  readonly timestamp?: boolean;
  readonly one_of?: readonly (string | number)[];
  readonly between?: readonly [number, number];
  readonly gt?: number;
  readonly len_min?: number;
  readonly len_max?: number;
  readonly match?: string;
  readonly starts_with?: string;
  readonly referenceable?: boolean;
  readonly encrypted?: boolean;
  /** Of arrays and sets. */
  readonly elements?: FieldSchema;
  /** Of maps. */
  readonly keys?: FieldSchema;
  readonly values?: FieldSchema;
  /** Of records. */
  readonly fields?: readonly Readonly<Record<string, FieldSchema>>[];
  readonly entity_checks?: readonly EntityCheck[];
  /** Of foreign fields: the collection. */
  readonly reference?: string;
  readonly eq?: unknown;
  readonly abstract?: boolean;
}

export type EntityCheck = Readonly<Record<string, unknown>>;

export interface EntitySchema {
  readonly fields: readonly Readonly<Record<string, FieldSchema>>[];
  readonly entity_checks?: readonly EntityCheck[];
}

export interface NamedField {
  readonly name: string;
  readonly schema: FieldSchema;
}

export type Path = readonly (string | number)[];

/** The fields in their order. */
export function fieldsOf(schema: Pick<EntitySchema, 'fields'>): readonly NamedField[] {
  return schema.fields.flatMap((one) =>
    Object.entries(one).map(([name, field]) => ({ name, schema: field })),
  );
}

/** Those that people fill in: the gateway makes ids and times itself, and `eq: null` is a scope that is not there. */
export function editableFields(schema: Pick<EntitySchema, 'fields'>): readonly NamedField[] {
  return fieldsOf(schema).filter(
    ({ name, schema: field }) =>
      name !== 'id' &&
      field.timestamp !== true &&
      !('eq' in field && field.eq === null && field.type === 'foreign'),
  );
}

/** The schema of a plugin as an entity: that of all plugins, with what the plugin says of its fields and its config. */
export function pluginEntity(all: EntitySchema, plugin: EntitySchema): EntitySchema {
  const own = new Map(fieldsOf(plugin).map(({ name, schema }) => [name, schema]));
  return {
    fields: fieldsOf(all).map(({ name, schema }) => ({ [name]: own.get(name) ?? schema })),
    entity_checks: [...(all.entity_checks ?? []), ...(plugin.entity_checks ?? [])],
  };
}

/** Must be there, and the gateway would not fill it in. */
export function mustBeGiven(field: FieldSchema): boolean {
  return (
    field.required === true && field.default === undefined && field.auto !== true && field.type !== 'record'
  );
}

const CAPITALS: ReadonlySet<string> = new Set(
  'id ip tls ssl sni http https url uri jwt ttl dns tcp udp ca jwks jwk pem kid cors acl hmac ldap'.split(
    ' ',
  ),
);
const PLURALS: ReadonlySet<string> = new Set(['snis', 'ips', 'urls', 'uris', 'ids']);

/** `connect_timeout` as people read it. */
export function labelOf(name: string): string {
  const words = name.split('_').map((word) => {
    if (PLURALS.has(word)) return `${word.slice(0, -1).toUpperCase()}s`;
    return CAPITALS.has(word) ? word.toUpperCase() : word;
  });
  const text = words.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a number counts, if its name or description says so. */
export function unitOf(name: string, { description = '' }: FieldSchema): string | undefined {
  if (/\bmilliseconds?\b/i.test(description)) return 'ms';
  if (/\bseconds?\b/i.test(description) && !/requests allowed/i.test(description)) return 's';
  if (/\bpercent\b/i.test(description)) return '%';
  if (/\bmegabytes?\b/i.test(description)) return 'MB';
  if (/\bbytes?\b/i.test(description) || /_bytes$/.test(name)) return 'bytes';
  return undefined;
}
