/**
 * Finds the configuration in the body of `POST /config`, in each of the forms Kong takes: raw YAML, a JSON
 * object that is the configuration, or text under `config` in JSON or in a form.
 */
import type { Query } from '../http/query.ts';

export type ConfigBody =
  | { readonly kind: 'text'; readonly text: string; readonly flags: Flags }
  | { readonly kind: 'object'; readonly document: Readonly<Record<string, unknown>>; readonly flags: Flags }
  | { readonly kind: 'wrong'; readonly status: 400 | 415; readonly message: string };

export interface Flags {
  readonly checkHash: boolean;
  readonly flattenErrors: boolean;
}

const NOT_FOUND: ConfigBody = { kind: 'wrong', status: 400, message: 'expected a declarative configuration' };

export async function configBody(
  contentType: string | undefined,
  body: Buffer,
  query: Pick<Query, 'first'>,
): Promise<ConfigBody> {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' && body.length === 0) return NOT_FOUND;
  if (type === 'application/yaml' || type === 'text/yaml' || type === 'application/x-yaml') {
    return body.length === 0
      ? NOT_FOUND
      : { kind: 'text', text: body.toString(), flags: flagsOf(query, undefined) };
  }
  if (type.startsWith('application/json')) {
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch {
      return { kind: 'wrong', status: 400, message: 'Cannot parse JSON body' };
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return NOT_FOUND;
    const fields = value as Record<string, unknown>;
    if (typeof fields['config'] === 'string') {
      return textOr(
        fields['config'],
        flagsOf(query, (name) => fields[name]),
      );
    }
    if (!Object.hasOwn(fields, '_format_version')) return NOT_FOUND;
    const flags = flagsOf(query, (name) => fields[name]);
    const { check_hash: _c, flatten_errors: _f, ...document } = fields;
    return { kind: 'object', document, flags };
  }
  if (type === 'application/x-www-form-urlencoded' || type === 'multipart/form-data') {
    let form: FormData;
    try {
      form = await new Response(body, { headers: { 'Content-Type': contentType as string } }).formData();
    } catch {
      return { kind: 'wrong', status: 400, message: 'Cannot parse form body' };
    }
    const config = form.get('config');
    const text = typeof config === 'string' ? config : await config?.text();
    return textOr(
      text ?? '',
      flagsOf(query, (name) => form.get(name)),
    );
  }
  return { kind: 'wrong', status: 415, message: 'Unsupported media type' };
}

function textOr(text: string, flags: Flags): ConfigBody {
  return text === '' ? NOT_FOUND : { kind: 'text', text, flags };
}

function flagsOf(query: Pick<Query, 'first'>, field: ((name: string) => unknown) | undefined): Flags {
  const on = (name: string): boolean => {
    const value = query.first(name) ?? field?.(name);
    return value === true || value === 1 || value === '1' || value === 'true';
  };
  return { checkHash: on('check_hash'), flattenErrors: on('flatten_errors') };
}
