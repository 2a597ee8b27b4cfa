/** Parameters of a request as a schema wants to see them: one text, or a list of texts. */
import type { AccessExchange } from '../contract.ts';
import type { ValidateFunction } from './compile.ts';

export interface Parameter {
  readonly place: 'query' | 'header' | 'path';
  readonly name: string;
  readonly required: boolean;
  readonly style: 'form' | 'simple' | 'spaceDelimited' | 'pipeDelimited';
  readonly explode: boolean;
  /** The schema describes a list. */
  readonly isList: boolean;
  readonly validate: ValidateFunction | undefined;
}

const SEPARATORS = { form: ',', simple: ',', spaceDelimited: ' ', pipeDelimited: '|' } as const;

/** Undefined when it is not there. Several values where one is wanted are a list, which is then not what is wanted. */
export function parameterValue(
  exchange: AccessExchange,
  parameter: Parameter,
): string | string[] | undefined {
  const { name, place, isList, style, explode } = parameter;
  const { captures, request } = exchange;
  let values: string[];
  if (place === 'query') values = request.queryArgs(name);
  else if (place === 'header') values = request.headers.getAll(name);
  else values = captures !== undefined && Object.hasOwn(captures, name) ? [captures[name]!] : [];
  if (values.length === 0) return undefined;
  if (!isList) return values.length === 1 ? values[0] : values;
  if (place === 'query' && explode) return values;
  const separator = SEPARATORS[style];
  return values.flatMap((value) =>
    value.split(separator).map((one) => (place === 'header' ? one.trim() : one)),
  );
}
