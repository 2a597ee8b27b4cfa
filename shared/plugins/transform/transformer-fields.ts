/** The fields that both transformers have: lists of `name:value`, checked as Kong checks them. */
import { array, record, string } from '../../config/schema/field.ts';
import { isToken } from '../../http/octets.ts';
import { brokenTemplate } from '../template/template.ts';
import { cutPair } from './changes.ts';

export interface Checks {
  readonly header: (text: string) => string | undefined;
  readonly headerName: (text: string) => string | undefined;
  readonly named: (text: string) => string | undefined;
}

function brokenHeader(text: string): string | undefined {
  if (!/^[^:]+:./s.test(text)) return `invalid value: ${text}`;
  const [name] = cutPair(text);
  return isToken(name) ? undefined : `'${name}' is not a valid header`;
}

function brokenHeaderName(text: string): string | undefined {
  const [name] = cutPair(text);
  return isToken(name) ? undefined : `'${name}' is not a valid header`;
}

function brokenNamed(text: string): string | undefined {
  const [name, value] = cutPair(text);
  return value === '' ? `key '${name}' has no value` : undefined;
}

/** Values are text. */
export const PLAIN: Checks = { header: brokenHeader, headerName: brokenHeaderName, named: brokenNamed };
/** Values are templates. */
export const TEMPLATED: Checks = {
  header: (text) => brokenHeader(text) ?? brokenTemplate(cutPair(text)[1]),
  headerName: brokenHeaderName,
  named: (text) => brokenNamed(text) ?? brokenTemplate(cutPair(text)[1]),
};

export function listOf(custom: ((text: string) => string | undefined) | undefined, description: string) {
  return array(custom === undefined ? string() : string({ custom }), {
    required: true,
    default: [],
    description,
  });
}

/** A list of headers, and beside it further lists of names with values. */
export function transformRecord<N extends string>(
  description: string,
  checks: Checks,
  pairs: boolean,
  others: readonly N[],
) {
  const fields: Record<string, ReturnType<typeof listOf>> = {
    headers: listOf(
      pairs ? checks.header : checks.headerName,
      pairs ? 'Headers, as `name:value`.' : 'Names of headers.',
    ),
  };
  for (const other of others)
    fields[other] = listOf(pairs ? checks.named : undefined, pairs ? 'As `name:value`.' : 'Names.');
  return record(fields as Record<N | 'headers', ReturnType<typeof listOf>>, { required: true, description });
}
