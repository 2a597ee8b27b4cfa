/**
 * The language in which people say which requests they want to see, for live traffic and for those that were kept:
 *
 *   status:>=400 route:orders method:POST ip:10.0.0.0/8 consumer:alice plugin:rate-limiting ms:>100 -path:/health
 *
 * All terms must hold; `-` before one means that it must not; of several values (`route:orders,pay`) one is enough;
 * `*` in a text stands for any. The command line and the Admin API use this parser and no other.
 */
import { IpMatcher, parseCidr } from '../../config/schema/ip-range.ts';
import { nearest } from '../../config/schema/similar.ts';

/** What a request is judged by. Empty texts where there is nothing. */
export interface FilterSubject {
  readonly status: number;
  readonly ms: number;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly ip: string;
  readonly routeId: string;
  readonly routeName: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly consumerId: string;
  readonly consumerName: string;
  /** Name of the plugin that ended it. */
  readonly plugin: string;
}

export type NumberTest =
  | { readonly kind: 'compare'; readonly operator: '>' | '>=' | '<' | '<=' | '='; readonly value: number }
  | { readonly kind: 'range'; readonly from: number; readonly to: number };

export const TEXT_FIELDS = [
  'method',
  'host',
  'path',
  'ip',
  'route',
  'service',
  'consumer',
  'plugin',
] as const;
export const NUMBER_FIELDS = ['status', 'ms'] as const;
export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number];

interface NumberTerm {
  readonly not: boolean;
  readonly field: NumberField;
  readonly any: readonly NumberTest[];
}

interface TextTerm {
  readonly not: boolean;
  readonly field: TextField;
  readonly any: readonly string[];
}

export type FilterTerm = NumberTerm | TextTerm;

function isNumberTerm(term: FilterTerm): term is NumberTerm {
  return term.field === 'status' || term.field === 'ms';
}

/** What is wrong, and where: offset and length in the text. */
export interface FilterError {
  readonly message: string;
  readonly at: number;
  readonly length: number;
}

export type ParsedFilter =
  | { readonly ok: true; readonly terms: readonly FilterTerm[] }
  | { readonly ok: false; readonly error: FilterError };

export const MOST_FILTER_LENGTH = 1000;
const MOST_TERMS = 20;
const MOST_VALUES = 20;
const FIELDS: readonly string[] = [...NUMBER_FIELDS, ...TEXT_FIELDS];
const NUMBER = /^[0-9]{1,9}(?:\.[0-9]{1,6})?$/;

class Wrong extends Error {
  readonly at: number;
  readonly length: number;
  constructor(message: string, at: number, length: number) {
    super(message);
    this.at = at;
    this.length = length;
  }
}

/** A term of the text: where it begins, and its parts. */
interface Token {
  readonly at: number;
  readonly text: string;
}

export function parseFilter(text: string): ParsedFilter {
  try {
    if (text.length > MOST_FILTER_LENGTH)
      throw new Wrong(`a filter has at most ${MOST_FILTER_LENGTH} characters`, MOST_FILTER_LENGTH, 1);
    const tokens = tokensOf(text);
    if (tokens.length > MOST_TERMS)
      throw new Wrong(`a filter has at most ${MOST_TERMS} terms`, tokens[MOST_TERMS]!.at, 1);
    return { ok: true, terms: tokens.map(termOf) };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { ok: false, error: { message: error.message, at: error.at, length: error.length } };
  }
}

/** Cuts at white space outside of quotes. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const start = at;
    let quotedAt = -1;
    while (at < text.length && (quotedAt >= 0 || !/\s/.test(text[at]!))) {
      if (text[at] === '\\' && quotedAt >= 0) at++;
      else if (text[at] === '"') quotedAt = quotedAt >= 0 ? -1 : at;
      at++;
    }
    if (quotedAt >= 0) throw new Wrong('this quote is never closed', quotedAt, 1);
    tokens.push({ at: start, text: text.slice(start, at) });
  }
  return tokens;
}

function termOf({ at, text }: Token): FilterTerm {
  const not = text.startsWith('-');
  const nameAt = at + (not ? 1 : 0);
  const colon = text.indexOf(':');
  const name = text.slice(not ? 1 : 0, colon < 0 ? undefined : colon).toLowerCase();
  if (colon < 0 || !FIELDS.includes(name)) {
    const near = nearest(name, FIELDS);
    const hint = near === undefined ? `fields are ${FIELDS.join(', ')}` : `did you mean ${near}:?`;
    const what = colon < 0 ? `'${name}' is no term: a term is FIELD:VALUE` : `there is no field '${name}'`;
    throw new Wrong(`${what} (${hint})`, nameAt, Math.max(1, name.length));
  }
  const valueAt = at + colon + 1;
  const values = valuesOf(text.slice(colon + 1), valueAt);
  if (name === 'status' || name === 'ms')
    return { not, field: name, any: values.map((value) => numberTest(name, value)) };
  return { not, field: name as TextField, any: values.map((value) => textValue(name as TextField, value)) };
}

/** `a,"b c",d`, quotes taken off. */
function valuesOf(text: string, at: number): readonly Token[] {
  const values: Token[] = [];
  let from = 0;
  let value = '';
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === undefined || (c === ',' && !quoted)) {
      if (value === '') throw new Wrong('a value is missing', at + from, 1);
      values.push({ at: at + from, text: value });
      from = i + 1;
      value = '';
    } else if (c === '\\' && quoted && i + 1 < text.length) value += text[++i];
    else if (c === '"') quoted = !quoted;
    else value += c;
  }
  if (values.length > MOST_VALUES)
    throw new Wrong(`a term has at most ${MOST_VALUES} values`, values[MOST_VALUES]!.at, 1);
  return values;
}

function numberTest(field: NumberField, { at, text }: Token): NumberTest {
  const classOf = field === 'status' ? /^([1-5])xx$/i.exec(text) : null;
  if (classOf !== null) {
    const from = Number(classOf[1]) * 100;
    return { kind: 'range', from, to: from + 99 };
  }
  const [, operator = '', rest = ''] = /^(>=|<=|>|<|=)?(.*)$/s.exec(text)!;
  const [low, high, more] = rest.split('-') as [string, string?, string?];
  const isRange = operator === '' && high !== undefined && more === undefined;
  if (isRange && NUMBER.test(low) && NUMBER.test(high)) {
    if (Number(low) > Number(high)) throw new Wrong(`${low} is greater than ${high}`, at, text.length);
    return { kind: 'range', from: Number(low), to: Number(high) };
  }
  if (!NUMBER.test(rest)) {
    const example = field === 'status' ? '404, 4xx, >=400 or 500-504' : '100, >100 or 50-200';
    throw new Wrong(`'${text}' is no ${field}: write ${example}`, at, Math.max(1, text.length));
  }
  const value = Number(rest);
  return { kind: 'compare', operator: operator === '' ? '=' : (operator as '>'), value };
}

function textValue(field: TextField, { at, text }: Token): string {
  if (field === 'ip' && text !== '*' && parseCidr(text) === undefined)
    throw new Wrong(`'${text}' is neither an IP address nor a CIDR block`, at, text.length);
  return text;
}

/** The terms as text again: the same filter, in one way of writing it. */
export function formatFilter(terms: readonly FilterTerm[]): string {
  return terms
    .map((term) => {
      const values = isNumberTerm(term) ? term.any.map(numberText) : term.any.map(quotedText);
      return `${term.not ? '-' : ''}${term.field}:${values.join(',')}`;
    })
    .join(' ');
}

function numberText(test: NumberTest): string {
  if (test.kind === 'range') return `${test.from}-${test.to}`;
  return `${test.operator === '=' ? '' : test.operator}${test.value}`;
}

function quotedText(value: string): string {
  return /[\s",\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

export type FilterTest = (subject: FilterSubject) => boolean;

/** Compiled once for each who watches; a test allocates nothing but for paths with a `*`. */
export function compileFilter(terms: readonly FilterTerm[]): FilterTest {
  const tests = terms.map(testOf);
  const [first] = tests;
  if (first === undefined) return () => true;
  if (tests.length === 1) return first;
  return (subject) => {
    for (const test of tests) if (!test(subject)) return false;
    return true;
  };
}

function testOf(term: FilterTerm): FilterTest {
  const test = isNumberTerm(term) ? numberTestOf(term.field, term.any) : textTestOf(term.field, term.any);
  return term.not ? (subject) => !test(subject) : test;
}

function numberTestOf(field: NumberField, any: readonly NumberTest[]): FilterTest {
  const tests = any.map(holds);
  return (subject) => {
    const value = subject[field];
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}

function holds(test: NumberTest): (value: number) => boolean {
  if (test.kind === 'range') return (value) => value >= test.from && value <= test.to;
  const { value: wanted } = test;
  switch (test.operator) {
    case '>':
      return (value) => value > wanted;
    case '>=':
      return (value) => value >= wanted;
    case '<':
      return (value) => value < wanted;
    case '<=':
      return (value) => value <= wanted;
    case '=':
      return (value) => value === wanted;
  }
}

function textTestOf(field: TextField, any: readonly string[]): FilterTest {
  switch (field) {
    case 'ip': {
      if (any.includes('*')) return ({ ip }) => ip !== '';
      const matcher = new IpMatcher(any);
      return ({ ip }) => matcher.has(ip);
    }
    case 'method': {
      const wanted = any.map((value) => texts(value, true, false));
      return ({ method }) => someHolds(wanted, method);
    }
    case 'host': {
      const wanted = any.map((value) => texts(value, true, false));
      return ({ host }) => someHolds(wanted, host);
    }
    case 'path': {
      const wanted = any.map((value) => texts(value, false, true));
      return ({ path }) => someHolds(wanted, path);
    }
    case 'plugin': {
      const wanted = any.map((value) => texts(value, false, false));
      return ({ plugin }) => plugin !== '' && someHolds(wanted, plugin);
    }
    case 'route': {
      const wanted = any.map((value) => texts(value, false, false));
      return ({ routeId, routeName }) =>
        routeId !== '' && (someHolds(wanted, routeName) || someHolds(wanted, routeId));
    }
    case 'service': {
      const wanted = any.map((value) => texts(value, false, false));
      return ({ serviceId, serviceName }) =>
        serviceId !== '' && (someHolds(wanted, serviceName) || someHolds(wanted, serviceId));
    }
    case 'consumer': {
      const wanted = any.map((value) => texts(value, false, false));
      return ({ consumerId, consumerName }) =>
        consumerId !== '' && (someHolds(wanted, consumerName) || someHolds(wanted, consumerId));
    }
  }
}

type TextTest = (text: string) => boolean;

function someHolds(tests: readonly TextTest[], text: string): boolean {
  for (const test of tests) if (test(text)) return true;
  return false;
}

/** A text with `*` is a pattern for the whole; else it is the whole, or the beginning of a path. */
function texts(value: string, ignoreCase: boolean, prefix: boolean): TextTest {
  const wanted = ignoreCase ? value.toLowerCase() : value;
  const plain = wanted.includes('*')
    ? globTest(wanted)
    : prefix
      ? (text: string) => text.startsWith(wanted)
      : (text: string) => text === wanted;
  return ignoreCase ? (text) => plain(text.toLowerCase()) : plain;
}

/** Linear in the text: each piece is looked for behind the one before. */
function globTest(pattern: string): TextTest {
  const pieces = pattern.split('*');
  const first = pieces[0]!;
  const last = pieces[pieces.length - 1]!;
  const between = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of between) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
