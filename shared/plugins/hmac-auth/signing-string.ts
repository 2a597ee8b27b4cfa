/** The text that a signature is over: Kong's variant of draft-cavage-http-signatures. */
import type { RequestView } from '../contract.ts';

export const REQUEST_LINE = 'request-line';
export const REQUEST_TARGET = '@request-target';

/** As octets, one character each: what the client sent, not what plugins made of it. */
export function signingString(request: RequestView, names: readonly string[]): string {
  let text = '';
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    if (at > 0) text += '\n';
    if (name === REQUEST_LINE) text += `${request.method} ${request.target} HTTP/${request.httpVersion}`;
    else if (name === REQUEST_TARGET)
      text += `${name}: ${request.method.toLowerCase()} ${originForm(request.target)}`;
    else text += field(request, name);
  }
  return text;
}

function field(request: RequestView, name: string): string {
  const values = request.headers.getAll(name);
  if (values.length === 0) return `${name}:`;
  return `${name}: ${values.length === 1 ? values[0] : values.join(', ')}`;
}

/** Path and query of a target that may be a whole URL. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = target.indexOf('://');
  const path = authority < 0 ? -1 : target.indexOf('/', authority + 3);
  return path < 0 ? '/' : target.slice(path);
}
