/**
 * The process's own log (not the access log): one event a line, JSON or for people, on standard error.
 * The same message of the same component is printed a few times in a while and then counted. Values of
 * fields whose name says secret are never printed. Must never throw into its caller.
 */
import type { PluginLogger } from '../plugins/contract.ts';

export const LOG_LEVELS = ['debug', 'info', 'notice', 'warn', 'error', 'crit'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** Default `notice`. */
  readonly level?: LogLevel;
  /** Default `pretty` when standard error is a terminal, else `json`. */
  readonly format?: 'json' | 'pretty';
  readonly write?: (line: string) => void;
  readonly now?: () => number;
  /** Calls back once after so many milliseconds; default an unreferenced timer. */
  readonly schedule?: (callback: () => void, delayMs: number) => void;
  /** How often the same message is printed within `repeatWindowMs` before it is only counted. Default 5. */
  readonly repeatBurst?: number;
  /** Default 10,000. */
  readonly repeatWindowMs?: number;
}

const SECRET =
  /pass(word|wd|phrase)?$|secret|token|authorization|cookie|credential(?!_?id)|api[-_]?key|private[-_]?key/i;
const MAX_TRACKED = 500;

interface Repeat {
  count: number;
  readonly since: number;
}

interface Sink {
  level: number;
  readonly pretty: boolean;
  readonly write: (line: string) => void;
  readonly now: () => number;
  readonly schedule: (callback: () => void, delayMs: number) => void;
  readonly burst: number;
  readonly windowMs: number;
  readonly repeats: Map<string, Repeat>;
}

export class Logger implements PluginLogger {
  readonly #sink: Sink;
  readonly #component: string;
  readonly #fields: LogFields;

  constructor(sink: Sink, component: string, fields: LogFields) {
    this.#sink = sink;
    this.#component = component;
    this.#fields = fields;
  }

  /** A logger of that component, with fields that every line of it carries. Shares level and output. */
  child(component: string, fields: LogFields = {}): Logger {
    return new Logger(this.#sink, component, { ...this.#fields, ...fields });
  }

  /** For this logger and all that came from the same `createLogger`. */
  setLevel(level: LogLevel): void {
    this.#sink.level = LOG_LEVELS.indexOf(level);
  }

  enabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#sink.level;
  }

  debug = (message: string, fields?: LogFields): void => this.log('debug', message, fields);
  info = (message: string, fields?: LogFields): void => this.log('info', message, fields);
  notice = (message: string, fields?: LogFields): void => this.log('notice', message, fields);
  warn = (message: string, fields?: LogFields): void => this.log('warn', message, fields);
  error = (message: string, fields?: LogFields): void => this.log('error', message, fields);
  crit = (message: string, fields?: LogFields): void => this.log('crit', message, fields);

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const sink = this.#sink;
    if (LOG_LEVELS.indexOf(level) < sink.level) return;
    const key = `${level}\n${this.#component}\n${message}`;
    let repeat = sink.repeats.get(key);
    if (repeat === undefined && sink.repeats.size < MAX_TRACKED) {
      sink.repeats.set(key, (repeat = { count: 0, since: sink.now() }));
      sink.schedule(() => this.#endRepeat(key, level, message), sink.windowMs);
    }
    if (repeat !== undefined && ++repeat.count > sink.burst) return;
    this.#print(level, message, fields);
  }

  #endRepeat(key: string, level: LogLevel, message: string): void {
    const repeat = this.#sink.repeats.get(key);
    this.#sink.repeats.delete(key);
    const more = (repeat?.count ?? 0) - this.#sink.burst;
    if (repeat === undefined || more <= 0) return;
    const seconds = Math.round((this.#sink.now() - repeat.since) / 1000);
    this.#print(level, `${message} (… ${more} more in ${seconds} s)`, { repeated: more });
  }

  #print(level: LogLevel, message: string, fields: LogFields): void {
    const record: Record<string, unknown> = Object.create(null);
    for (const source of [this.#fields, fields]) {
      for (const [name, value] of Object.entries(source)) {
        if (value !== undefined) record[name] = SECRET.test(name) ? '***' : printable(value);
      }
    }
    const time = new Date(this.#sink.now()).toISOString();
    try {
      this.#sink.write(
        this.#sink.pretty
          ? prettyLine(time, level, this.#component, message, record)
          : `${JSON.stringify({ time, level, component: this.#component, message, ...record })}\n`,
      );
    } catch {
      // A log that cannot be written has nowhere to say so.
    }
  }
}

/** An error is its message: stack traces name files and versions and are not for the log of a gateway. */
function printable(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? String(value) : value;
}

function prettyLine(time: string, level: LogLevel, component: string, message: string, record: LogFields) {
  const rest = Object.entries(record)
    .map(([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  // Control characters in a message or a value could forge further lines.
  const text = `${message}${rest}`.replace(/[\x00-\x1f\x7f]/g, ' ');
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(6)} ${component.padEnd(10)} ${text}\n`;
}

/** `component` of the returned logger is `core`. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const sink: Sink = {
    level: LOG_LEVELS.indexOf(options.level ?? 'notice'),
    pretty: (options.format ?? (process.stderr.isTTY ? 'pretty' : 'json')) === 'pretty',
    write: options.write ?? ((line) => void process.stderr.write(line)),
    now: options.now ?? Date.now,
    schedule: options.schedule ?? ((callback, delayMs) => void setTimeout(callback, delayMs).unref()),
    burst: options.repeatBurst ?? 5,
    windowMs: options.repeatWindowMs ?? 10_000,
    repeats: new Map(),
  };
  return new Logger(sink, 'core', {});
}
