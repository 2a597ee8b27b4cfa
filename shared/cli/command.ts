/**
 * What a command of the command line is. Definitions are small and loaded for `--help`; the work is
 * behind `run`, which imports what it needs when it is called.
 */

import type { ResolvedSettings } from '../config/settings/resolve.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { Style } from './terminal.ts';

/** A flag that belongs to one command and is no setting (`--output json`). */
export interface OwnFlag {
  readonly name: string;
  readonly short?: string;
  /** `true` for a switch; else the placeholder shown in help (`FORMAT`). */
  readonly value: true | string;
  readonly oneOf?: readonly string[];
  readonly required?: boolean;
  /** May be given more than once; the values come as lines. */
  readonly many?: boolean;
  readonly description: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** After `cardinal <name>`. */
  readonly usage: string;
  /** Shown first; each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Which settings it takes, by flag and environment; none when absent. */
  readonly settings?: 'gateway' | 'microgateway';
  readonly flags: readonly OwnFlag[];
  /** Positional arguments: smallest and largest number. */
  readonly positionals: readonly [number, number];
  readonly exitCodes: readonly number[];
  run(call: Call): Promise<number>;
}

/** One invocation of a command, already parsed and checked. */
export interface Call {
  readonly positionals: readonly string[];
  /** Own flags by name; a switch that was given is `'true'`. */
  readonly flags: ReadonlyMap<string, string>;
  /** Present when the command declares `settings`. */
  readonly settings: Settings | undefined;
  readonly resolved: ResolvedSettings | undefined;
  readonly io: Io;
}

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly out: Style;
  readonly err: Style;
  write(text: string): void;
  writeError(text: string): void;
}
