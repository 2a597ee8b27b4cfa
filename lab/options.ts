/** Flags of `cardinal lab`, read and checked. Every mistake says what was expected. */
import { resolve } from 'node:path';
import { CliError } from '../shared/cli/cli-error.ts';
import type { Call } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';
import { nearest } from '../shared/config/schema/similar.ts';
import { POLICY_SET_NAMES } from './policies/policy-set.ts';
import type { PlanOptions } from './run/plan.ts';
import { TOPOLOGY_IDS, type TopologyId } from './topologies/topology.ts';

const MAX_DEPTH = 7;

export interface RunOptions {
  readonly plan: PlanOptions;
  readonly portBase: number | undefined;
  readonly out: string | undefined;
  readonly resume: string | undefined;
}

export function runOptions({ flags, io }: Pick<Call, 'flags' | 'io'>): RunOptions {
  const path = (name: string): string | undefined => {
    const value = flags.get(name);
    return value === undefined ? undefined : resolve(io.cwd, value);
  };
  const topologies = listOf(flags.get('topologies'), '--topologies', TOPOLOGY_IDS) as
    | TopologyId[]
    | undefined;
  const policyFile = path('config') ?? null;
  const policies = listOf(flags.get('policies'), '--policies', POLICY_SET_NAMES);
  if (policyFile !== null && policies !== undefined) {
    throw usage('--config and --policies exclude each other', 'your own file is a set of policies by itself');
  }
  return {
    plan: {
      quick: flags.has('quick'),
      topologies: TOPOLOGY_IDS.filter(
        (id) => id === 'T0' || topologies === undefined || topologies.includes(id),
      ),
      depths: numbersOf(flags.get('depths'), '--depths', 1, MAX_DEPTH, true),
      policies,
      rounds: numberOf(flags.get('rounds'), '--rounds', 1, 1000),
      roundTripsMs: numbersOf(flags.get('rtt'), '--rtt', 0, 1000, false),
      seed: numberOf(flags.get('seed'), '--seed', 0, 2 ** 31) ?? 1,
      policyFile,
      pluginPaths: (flags.get('plugin-paths') ?? '')
        .split(',')
        .filter((one) => one !== '')
        .map((one) => resolve(io.cwd, one)),
      requestHeaders: headersOf(flags.get('header')),
    },
    portBase: numberOf(flags.get('port-base'), '--port-base', 1024, 65_000),
    out: path('out'),
    resume: path('resume'),
  };
}

function listOf(text: string | undefined, flag: string, known: readonly string[]): string[] | undefined {
  if (text === undefined) return undefined;
  const wanted = text.split(',').map((one) => one.trim());
  for (const one of wanted) {
    if (known.includes(one)) continue;
    const near = nearest(one, [...known]);
    throw usage(
      `${flag}: there is no ${one}`,
      near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`,
    );
  }
  return [...new Set(wanted)];
}

function numberOf(text: string | undefined, flag: string, least: number, most: number): number | undefined {
  return numbersOf(text, flag, least, most, true)?.[0];
}

function numbersOf(
  text: string | undefined,
  flag: string,
  least: number,
  most: number,
  whole: boolean,
): number[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((one) => {
    const value = Number(one);
    if (one.trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
      throw usage(`${flag}: ${one} is not a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    return value;
  });
}

function headersOf(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const line of (text ?? '').split('\n')) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      throw usage(`--header: ${line} is no header`, 'write it as NAME: VALUE');
    headers[name.toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { ...headers };
}

function usage(message: string, help?: string): CliError {
  return new CliError(message, { exitCode: EXIT.usage, ...(help === undefined ? {} : { help: [help] }) });
}
