/**
 * Texts with `$(...)` in them, compiled once: `Bearer $(headers.token)`, `$(query_params["a-b"] or 'none')`. What
 * is not there becomes nothing. The result is text of whoever sent the request: who puts it into a header, a
 * path or a query makes it fit there.
 */
import type { Exchange } from '../contract.ts';
import {
  type Expression,
  ExpressionError,
  type Names,
  parseExpression,
  type Table,
  textOf,
  type Value,
} from './expression.ts';

export const TEMPLATE_NAMES: ReadonlySet<string> = new Set([
  'headers',
  'query_params',
  'uri_captures',
  'shared',
]);

export interface Template {
  readonly source: string;
  /** The text when it does not depend on the request. */
  readonly fixed: string | undefined;
  render(names: Names): string;
}

/** Longest text that is rendered: templates may name the same value again and again. */
const MAX_RENDERED = 64 * 1024;

/** Throws an ExpressionError. */
export function compileTemplate(source: string): Template {
  const pieces: (string | Expression)[] = [];
  let from = 0;
  for (let at = source.indexOf('$('); at !== -1; at = source.indexOf('$(', from)) {
    const end = closing(source, at + 2);
    if (end === -1) throw new ExpressionError("')' expected at the end");
    if (at > from) pieces.push(source.slice(from, at));
    pieces.push(parseExpression(source.slice(at + 2, end), TEMPLATE_NAMES));
    from = end + 1;
  }
  if (from < source.length) pieces.push(source.slice(from));
  if (pieces.every((piece) => typeof piece === 'string')) {
    return { source, fixed: source, render: () => source };
  }
  return {
    source,
    fixed: undefined,
    render(names) {
      let text = '';
      for (const piece of pieces) text += typeof piece === 'string' ? piece : textOf(piece(names));
      return text.length > MAX_RENDERED ? text.slice(0, MAX_RENDERED) : text;
    },
  };
}

/** Kong's message for a text that is no template. */
export function brokenTemplate(source: string): string | undefined {
  try {
    compileTemplate(source);
    return undefined;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return `value '${source}' is not in supported format, error:${error.message}`;
  }
}

/** The bracket that belongs to `$(`; brackets in strings do not count. */
function closing(source: string, from: number): number {
  let depth = 1;
  let quote = '';
  for (let at = from; at < source.length; at++) {
    const c = source[at]!;
    if (quote !== '') {
      if (c === '\\') at++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return at;
  }
  return -1;
}

/** The names of a request. Values are read when a template asks for them: render all before changing anything. */
export class RequestNames implements Names {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  table(name: string): Value {
    const { exchange } = this;
    switch (name) {
      case 'headers':
        return new LazyTable((field) => severalOf(headerValues(exchange, field).map(unicode)));
      case 'query_params':
        return new LazyTable((field) => severalOf(exchange.request.queryArgs(field)));
      case 'uri_captures':
        return new LazyTable((field) => {
          const { captures } = exchange;
          return captures !== undefined && Object.hasOwn(captures, field) ? captures[field]! : null;
        });
      default:
        return new LazyTable((field) => {
          const noted = exchange.noted(field);
          return typeof noted === 'string' || typeof noted === 'number' || typeof noted === 'boolean'
            ? noted
            : null;
        });
    }
  }
}

class LazyTable implements Table {
  readonly field: (name: string) => Value;
  constructor(field: (name: string) => Value) {
    this.field = field;
  }
}

/** `$(headers.x_y)` is the header `x-y` when there is none with the underscore, as in Kong. */
function headerValues(exchange: Exchange, field: string): readonly string[] {
  const { headers } = exchange.request;
  const values = headers.getAll(field);
  return values.length > 0 || !field.includes('_') ? values : headers.getAll(field.replaceAll('_', '-'));
}

function severalOf(values: readonly string[]): Value {
  if (values.length === 0) return null;
  return values.length === 1 ? values[0]! : values.join(', ');
}

/** Header values are octets; what is not UTF-8 in them is replaced. */
function unicode(value: string): string {
  return /^[\x00-\x7f]*$/.test(value) ? value : Buffer.from(value, 'latin1').toString('utf8');
}
