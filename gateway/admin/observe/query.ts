/** Query arguments that are checked, one by one and by name. What is wrong is told as Kong tells it: code 11. */
import type { Request } from 'express';

export class InvalidQuery extends Error {
  readonly options: Readonly<Record<string, unknown>>;
  constructor(options: Readonly<Record<string, unknown>>) {
    super(
      `invalid options (${Object.entries(options)
        .map(
          ([name, what]) =>
            `${name}: ${typeof what === 'string' ? what : (what as { message: string }).message}`,
        )
        .join('; ')})`,
    );
    this.name = 'InvalidQuery';
    this.options = options;
  }

  get body(): Readonly<Record<string, unknown>> {
    return { code: 11, name: 'invalid options', message: this.message, options: this.options };
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Reads the arguments of one request; `end` throws an InvalidQuery that names everything that is wrong. */
export class QueryReader {
  readonly #values: URLSearchParams;
  readonly #known = new Set<string>();
  readonly #wrong: Record<string, unknown> = Object.create(null);

  constructor(request: Pick<Request, 'originalUrl'>) {
    this.#values = new URL(request.originalUrl, 'http://admin').searchParams;
  }

  text(name: string, most = 256): string | undefined {
    this.#known.add(name);
    const values = this.#values.getAll(name);
    if (values.length > 1) this.wrong(name, 'is given more than once');
    const [value] = values;
    if (value === undefined || value === '') return undefined;
    if (value.length > most) this.wrong(name, `has more than ${most} characters`);
    return value;
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    this.wrong(name, `expected one of: ${choices.join(', ')}`);
    return undefined;
  }

  integer(name: string, least: number, most: number, otherwise: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.wrong(name, `must be an integer between ${least} and ${most}`);
    return otherwise;
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^[0-9]{1,12}(?:\.[0-9]{1,6})?$/.test(value)) return Number(value);
    this.wrong(name, 'must be a number');
    return undefined;
  }

  flag(name: string): boolean {
    return this.choice(name, ['true', 'false', '1', '0']) === 'true' || this.#values.get(name) === '1';
  }

  /** `15m`, `30s`, `900`: milliseconds. */
  duration(name: string, leastMs: number, mostMs: number, otherwiseMs: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwiseMs;
    const [, digits = '', unit = 's'] = /^([0-9]{1,9})([smh])?$/.exec(value) ?? [];
    const ms = digits === '' ? Number.NaN : Number(digits) * UNITS[unit]!;
    if (ms >= leastMs && ms <= mostMs) return ms;
    this.wrong(name, `must be a time between ${leastMs / 1000}s and ${mostMs / 60_000}m, like 30s or 15m`);
    return otherwiseMs;
  }

  wrong(name: string, what: unknown): void {
    this.#wrong[name] ??= what;
  }

  end(): void {
    for (const name of this.#values.keys()) {
      if (!this.#known.has(name)) this.wrong(name.slice(0, 64), 'unknown argument');
    }
    if (Object.keys(this.#wrong).length > 0) throw new InvalidQuery(this.#wrong);
  }
}
