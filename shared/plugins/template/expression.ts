/**
 * The expressions inside `$(...)`: the part of Lua's expression language that Kong configurations use, parsed
 * once into a tree that is walked per request. Nothing is ever evaluated as code.
 *
 *     or, and, not, == ~= < > <= >=, .. , names, a.b, a["b"], strings, numbers, nil, true, false, value:sub(1, 3)
 *
 * Operations on what is not there give nil, never an error: requests decide what is there.
 */

/** nil is null. A table is whatever has names in it. */
export type Value = string | number | boolean | null | Table;
export interface Table {
  field(name: string): Value;
}
export interface Names {
  /** The table of that name; null when there is none. */
  table(name: string): Value;
}
export type Expression = (names: Names) => Value;

export class ExpressionError extends Error {}

/** Nesting of brackets and operators. */
const MAX_DEPTH = 50;
const TOKEN =
  /\s*(?:(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<number>\d+(?:\.\d+)?)|(?<name>[A-Za-z_]\w*)|(?<op>\.\.|==|~=|<=|>=|[.:,()[\]<>#-]))/y;

interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'op' | 'end';
  readonly text: string;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined) {
      const rest = source.slice(at).trim();
      if (rest === '') break;
      throw new ExpressionError(`unexpected '${rest.slice(0, 10)}'`);
    }
    at = TOKEN.lastIndex;
    for (const kind of ['text', 'number', 'name', 'op'] as const) {
      const text = groups[kind];
      if (text !== undefined) found.push({ kind, text });
    }
  }
  found.push({ kind: 'end', text: '' });
  return found;
}

/** Throws an ExpressionError. `known`: the names there are. */
export function parseExpression(source: string, known: ReadonlySet<string>): Expression {
  const parser = new Parser(tokens(source), known);
  const expression = parser.or();
  parser.end();
  return expression;
}

const truthy = (value: Value): boolean => value !== null && value !== false;

/** As Lua's tostring, but for nil, which is no text. */
export function textOf(value: Value): string {
  if (value === null || typeof value === 'object') return '';
  return String(value);
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly known: ReadonlySet<string>;
  private at = 0;
  private depth = 0;

  constructor(list: readonly Token[], known: ReadonlySet<string>) {
    this.tokens = list;
    this.known = known;
  }

  end(): void {
    if (this.tokens[this.at]!.kind !== 'end')
      throw new ExpressionError(`unexpected '${this.tokens[this.at]!.text}'`);
  }

  private takes(text: string): boolean {
    const token = this.tokens[this.at]!;
    if ((token.kind !== 'op' && token.kind !== 'name') || token.text !== text) return false;
    this.at++;
    return true;
  }

  private needs(text: string): void {
    if (!this.takes(text)) {
      const { kind, text: found } = this.tokens[this.at]!;
      throw new ExpressionError(`'${text}' expected ${kind === 'end' ? 'at the end' : `before '${found}'`}`);
    }
  }

  or(): Expression {
    if (++this.depth > MAX_DEPTH) throw new ExpressionError('nested too deeply');
    let left = this.and();
    while (this.takes('or')) left = either(left, this.and());
    this.depth--;
    return left;
  }

  private and(): Expression {
    let left = this.comparison();
    while (this.takes('and')) left = both(left, this.comparison());
    return left;
  }

  private comparison(): Expression {
    let left = this.concatenation();
    for (;;) {
      const operator = COMPARISONS.find((one) => this.takes(one));
      if (operator === undefined) return left;
      left = compared(operator, left, this.concatenation());
    }
  }

  private concatenation(): Expression {
    let left = this.unary();
    while (this.takes('..')) left = joined(left, this.unary());
    return left;
  }

  private unary(): Expression {
    let negations = 0;
    while (this.takes('not')) negations++;
    if (negations > 0) {
      const operand = this.unary();
      const odd = negations % 2 === 1;
      return (names) => truthy(operand(names)) !== odd;
    }
    if (this.takes('#')) {
      const operand = this.unary();
      return (names) => {
        const value = operand(names);
        return typeof value === 'string' ? value.length : null;
      };
    }
    if (this.takes('-')) {
      const token = this.tokens[this.at++]!;
      if (token.kind !== 'number') throw new ExpressionError("a number expected behind '-'");
      const value = -Number(token.text);
      return () => value;
    }
    return this.postfix();
  }

  private postfix(): Expression {
    let value = this.primary();
    for (;;) {
      if (this.takes('.')) {
        const token = this.tokens[this.at++]!;
        if (token.kind !== 'name') throw new ExpressionError("a name expected behind '.'");
        value = fieldOf(value, constant(token.text));
      } else if (this.takes('[')) {
        const key = this.or();
        this.needs(']');
        value = fieldOf(value, key);
      } else if (this.takes(':')) {
        value = this.method(value);
      } else return value;
    }
  }

  private method(subject: Expression): Expression {
    const name = this.tokens[this.at++]!.text;
    const method = METHODS.get(name);
    if (method === undefined)
      throw new ExpressionError(`there is no method '${name}'; there are ${[...METHODS.keys()].join(', ')}`);
    this.needs('(');
    const args: Expression[] = [];
    if (!this.takes(')')) {
      do args.push(this.or());
      while (this.takes(','));
      this.needs(')');
    }
    return (names) => {
      const value = subject(names);
      if (typeof value !== 'string' && typeof value !== 'number') return null;
      return method(
        String(value),
        args.map((arg) => arg(names)),
      );
    };
  }

  private primary(): Expression {
    if (this.takes('(')) {
      const inner = this.or();
      this.needs(')');
      return inner;
    }
    const token = this.tokens[this.at++]!;
    switch (token.kind) {
      case 'text':
        return constant(token.text.slice(1, -1).replace(/\\(.)/g, (_, c: string) => ESCAPES.get(c) ?? c));
      case 'number':
        return constant(Number(token.text));
      case 'name': {
        const { text } = token;
        if (text === 'nil') return constant(null);
        if (text === 'true' || text === 'false') return constant(text === 'true');
        if (!this.known.has(text))
          throw new ExpressionError(`'${text}' is not known; there are ${[...this.known].join(', ')}`);
        return (names) => names.table(text);
      }
      default:
        throw new ExpressionError(token.kind === 'end' ? 'it ends too early' : `unexpected '${token.text}'`);
    }
  }
}

const COMPARISONS = ['==', '~=', '<=', '>=', '<', '>'] as const;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

const constant =
  (value: Value): Expression =>
  () =>
    value;

function either(left: Expression, right: Expression): Expression {
  return (names) => {
    const value = left(names);
    return truthy(value) ? value : right(names);
  };
}

function both(left: Expression, right: Expression): Expression {
  return (names) => {
    const value = left(names);
    return truthy(value) ? right(names) : value;
  };
}

function joined(left: Expression, right: Expression): Expression {
  return (names) => textOf(left(names)) + textOf(right(names));
}

function compared(operator: (typeof COMPARISONS)[number], left: Expression, right: Expression): Expression {
  return (names) => {
    const [a, b] = [left(names), right(names)];
    if (operator === '==') return a === b;
    if (operator === '~=') return a !== b;
    const ordered =
      (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
    if (!ordered) return false;
    if (operator === '<') return a < b;
    if (operator === '>') return a > b;
    return operator === '<=' ? a <= b : a >= b;
  };
}

function fieldOf(table: Expression, key: Expression): Expression {
  return (names) => {
    const value = table(names);
    return typeof value === 'object' && value !== null ? value.field(textOf(key(names))) : null;
  };
}

type Method = (subject: string, args: readonly Value[]) => Value;

/** Those of Lua's string methods that need no Lua patterns. */
const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['sub', (subject, [from, to]) => luaSub(subject, from ?? null, to ?? null)],
  ['lower', (subject) => subject.toLowerCase()],
  ['upper', (subject) => subject.toUpperCase()],
  ['len', (subject) => subject.length],
]);

/** Positions from 1; negative ones from the end. */
function luaSub(subject: string, from: Value, to: Value): string {
  const { length } = subject;
  let start = typeof from === 'number' ? from : 1;
  let end = typeof to === 'number' ? to : -1;
  if (start < 0) start = Math.max(length + start + 1, 1);
  if (start < 1) start = 1;
  if (end < 0) end = length + end + 1;
  return start > end ? '' : subject.slice(start - 1, end);
}
