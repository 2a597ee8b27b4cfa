/** The `message` of Kong's answer to a configuration that is refused. */
import type { FieldsTree } from '../schema/problem.ts';

const MAX_LENGTH = 10_000;

/** `declarative config is invalid: {services={{host="required field missing"}}}`; cut when it is very long. */
export function invalidConfigurationMessage(fields: { readonly [key: string]: FieldsTree }): string {
  const text = dump(fields as FieldsTree);
  return `declarative config is invalid: ${text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text}`;
}

/** The notation in which Kong prints tables: sorted keys, `name=value`. */
function dump(node: FieldsTree): string {
  if (node === null) return 'null';
  if (typeof node === 'string') return JSON.stringify(node);
  if (Array.isArray(node)) return `{${node.map(dump).join(',')}}`;
  const entries = Object.keys(node)
    .sort()
    .map(
      (key) =>
        `${/^[A-Za-z_]\w*$/.test(key) ? key : `[${JSON.stringify(key)}]`}=${dump(node[key] as FieldsTree)}`,
    );
  return `{${entries.join(',')}}`;
}
