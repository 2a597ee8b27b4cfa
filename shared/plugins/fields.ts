/** Field formats and entity checks that several plugins' schemas share, with Kong's messages. */

import type { Protocol } from '../config/entities.ts';
import type { EntityCheck } from '../config/schema/field.ts';
import { parseCidr } from './ip-range.ts';

export const HTTP_PROTOCOLS: readonly Protocol[] = ['grpc', 'grpcs', 'http', 'https'];
export const ALL_PROTOCOLS: readonly Protocol[] = [
  'grpc',
  'grpcs',
  'http',
  'https',
  'tcp',
  'tls',
  'tls_passthrough',
  'udp',
];

/** Custom check of a header name. */
export function headerNameError(name: string): string | undefined {
  if (/^[A-Za-z0-9_-]+$/.test(name)) return undefined;
  return `bad header name '${name}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`;
}

/** Custom check of a path that starts with `/`. */
export function pathError(path: string): string | undefined {
  if (path.includes('//')) return 'must not have empty segments';
  if (!/^[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/.test(path)) {
    return `invalid path: '${path}' (characters outside of the reserved list of RFC 3986 found)`;
  }
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(path);
  return bad === null ? undefined : `invalid url-encoded value: '${bad[0]}'`;
}

type Entity = Readonly<Record<string, unknown>>;

function valueAt(entity: Entity, path: string): unknown {
  let value: unknown = entity;
  for (const step of path.split('.')) value = (value as Entity | null | undefined)?.[step];
  return value;
}

function isEmpty(value: unknown): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** Plugin-level check: one of the fields (`config.allow`) has a value. */
export function atLeastOneOf(...fields: string[]): EntityCheck {
  return {
    name: 'at_least_one_of',
    fields,
    always: true,
    document: { at_least_one_of: fields },
    run(entity, report) {
      if (fields.some((field) => !isEmpty(valueAt(entity, field)))) return;
      report('@entity', `at least one of these fields must be non-empty: ${fields.map(quoted).join(', ')}`);
    },
  };
}

/** Plugin-level check: when `field` has that value, `required` must be given. */
export function requiredWhen(field: string, equals: string, required: string): EntityCheck {
  return {
    name: 'conditional',
    fields: [field, required],
    always: true,
    document: {
      conditional: {
        if_field: field,
        if_match: { eq: equals },
        then_field: required,
        then_match: { required: true },
      },
    },
    run(entity, report) {
      if (valueAt(entity, field) !== equals || !isEmpty(valueAt(entity, required))) return;
      report(required, 'required field missing');
      report('@entity', `failed conditional validation given value of field '${field}'`);
    },
  };
}

function quoted(text: string): string {
  return `'${text}'`;
}

/** Custom check of a header name where Kong has none: it must be a token, or it could never be sent. */
export function headerTokenError(name: string): string | undefined {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) ? undefined : `bad header name '${name}'`;
}

/** Custom check of an address or a range. */
export function ipOrCidrError(text: string): string | undefined {
  return parseCidr(text) === undefined ? `invalid ip or cidr range: '${text}'` : undefined;
}
