/**
 * Cache-Control as a map of directives (RFC 9111 5.2). What is malformed or said twice with different values makes
 * the strictest sense: a time becomes 0.
 */

const DIRECTIVE =
  /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:\s*=\s*(?:([!#$%&'*+.^_`|~0-9a-z-]+)|"((?:[^"\\]|\\.)*)"))?$/i;
/** RFC 9111 1.2.2: larger numbers are this one. */
const MAX_SECONDS = 2_147_483_648;

export class CacheControl {
  readonly #directives: Map<string, string | undefined>;
  readonly #contradictory = new Set<string>();

  constructor(lines: readonly string[]) {
    this.#directives = new Map();
    for (const part of splitList(lines.join(','))) {
      const [, name, token, quoted] = DIRECTIVE.exec(part) ?? [];
      if (name === undefined) continue;
      const lower = name.toLowerCase();
      const value = token ?? quoted?.replace(/\\(.)/g, '$1');
      if (this.#directives.has(lower) && this.#directives.get(lower) !== value)
        this.#contradictory.add(lower);
      // Of `private` and `private="x"` the one that forbids more stands.
      if (value === undefined || !this.#directives.has(lower)) this.#directives.set(lower, value);
    }
  }

  has(name: string): boolean {
    return this.#directives.has(name);
  }

  /** It stands without field names: it is about the whole response. */
  isUnqualified(name: string): boolean {
    return this.#directives.has(name) && this.#directives.get(name) === undefined;
  }

  /** The field names of `no-cache="..."` or `private="..."`, in lower case. */
  fieldsOf(name: string): readonly string[] {
    const value = this.#directives.get(name);
    if (value === undefined) return [];
    return value
      .split(',')
      .map((field) => field.trim().toLowerCase())
      .filter((field) => field !== '');
  }

  /** Undefined when it is not there; 0 when it is no number or several different ones. */
  seconds(name: string): number | undefined {
    if (!this.#directives.has(name)) return undefined;
    const value = this.#directives.get(name);
    if (this.#contradictory.has(name) || value === undefined || !/^[0-9]+$/.test(value)) return 0;
    return Math.min(Number(value), MAX_SECONDS);
  }
}

/** Splits at commas outside quoted strings. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at <= text.length; at++) {
    const c = text[at];
    if (quoted && c === '\\') at++;
    else if (c === '"') quoted = !quoted;
    else if (at >= text.length || (c === ',' && !quoted)) {
      const part = text.slice(from, at).trim();
      if (part !== '') parts.push(part);
      from = at + 1;
    }
  }
  return parts;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** Milliseconds of an HTTP date in any of its three forms (RFC 9110 5.6.7); undefined for anything else. */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) return timeOf(match[3]!, match[2]!, match[1]!, match[4]!, match[5]!, match[6]!);
  match = RFC850.exec(text);
  if (match !== null) {
    const thisYear = new Date(nowMs).getUTCFullYear();
    let year = Math.floor(thisYear / 100) * 100 + Number(match[3]);
    // More than 50 years ahead it is the last year with those digits.
    if (year > thisYear + 50) year -= 100;
    return timeOf(String(year), match[2]!, match[1]!, match[4]!, match[5]!, match[6]!);
  }
  match = ASCTIME.exec(text);
  if (match === null) return undefined;
  return timeOf(match[6]!, match[1]!, match[2]!, match[3]!, match[4]!, match[5]!);
}

function timeOf(
  year: string,
  month: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
): number | undefined {
  const index = MONTHS.indexOf(month);
  if (index === -1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const time = Date.UTC(
    Number(year),
    index,
    Number(day),
    Number(hour),
    Number(minute),
    Math.min(59, Number(second)),
  );
  return new Date(time).getUTCDate() === Number(day) ? time : undefined;
}
