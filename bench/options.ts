/** The command line of the benchmark. */

import { parseArgs } from 'node:util';
import type { Contestant } from './contestants/contestant.ts';
import { CONTESTANTS } from './contestants/registry.ts';
import type { Scenario } from './scenarios/bench.ts';
import { SCENARIOS } from './scenarios/registry.ts';

export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly check: boolean;
  readonly rounds: number;
  readonly scenarios: readonly Scenario[];
  readonly contestants: readonly Contestant[];
  readonly named: boolean;
  /** Null: the default file in bench/results. */
  readonly json: string | null;
}

/** A wrong command line; shown without a stack, exit code 64. */
export class UsageError extends Error {}

export const HELP = `Measures Cardinal against other proxies, side by side in one run.

Usage
  npm run bench -- [options]

Examples
  npm run bench -- --quick
  npm run bench -- --scenario plain,policies --contestant cardinal-gateway,nginx
  npm run bench -- --check

Options
  --quick              Few short rounds, about two minutes
  --scenario a,b       Only these: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --contestant a,b     Only these: ${CONTESTANTS.map(({ id }) => id).join(', ')}
  --rounds N           Rounds of each measurement (default 3, quick 2)
  --check              Judge the budgets; exit 1 when one that must be kept is missed
  --json FILE          Where results go (default bench/results/<date>-<host>.local.json)
  --help

Exit codes
  0    done; with --check: all budgets that could be judged are kept
  1    it failed; with --check: a budget is missed, or none could be judged
  64   wrong usage
  69   wrk, nginx or taskset is not installed
  130  interrupted; 143 terminated
`;

export function parseOptions(argv: readonly string[]): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const quick = values.quick ?? false;
  const rounds = values.rounds === undefined ? (quick ? 2 : 3) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new UsageError(`--rounds ${values.rounds}: expected a whole number from 1 to 100`);
  }
  const scenarios = choose('--scenario', values.scenario, SCENARIOS, ({ name }) => name);
  return {
    help: values.help ?? false,
    quick,
    check: values.check ?? false,
    rounds,
    scenarios: scenarios ?? SCENARIOS.filter(({ slow }) => !(quick && slow)),
    contestants: choose('--contestant', values.contestant, CONTESTANTS, ({ id }) => id) ?? CONTESTANTS,
    named: values.contestant !== undefined,
    json: values.json ?? null,
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: false,
    options: {
      help: { type: 'boolean', short: 'h' },
      quick: { type: 'boolean' },
      check: { type: 'boolean' },
      rounds: { type: 'string' },
      scenario: { type: 'string' },
      contestant: { type: 'string' },
      json: { type: 'string' },
    },
  }).values;
}

function choose<T>(
  flag: string,
  list: string | undefined,
  all: readonly T[],
  nameOf: (item: T) => string,
): T[] | null {
  if (list === undefined) return null;
  const wanted = list.split(',').map((name) => name.trim());
  for (const name of wanted) {
    if (!all.some((item) => nameOf(item) === name)) {
      throw new UsageError(`${flag}: there is no ${name}; there are ${all.map(nameOf).join(', ')}`);
    }
  }
  return all.filter((item) => wanted.includes(nameOf(item)));
}
