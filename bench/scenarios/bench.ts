/** What every scenario is given, and what a scenario is. */

import type { Placement } from '../../lab/measure/placement.ts';
import type { Contestant } from '../contestants/contestant.ts';
import type { Origin } from '../origin/origin.ts';
import type { ScenarioResult, Skipped } from '../report/results.ts';

export interface Bench {
  readonly placement: Placement;
  readonly origin: Origin;
  readonly workDir: string;
  readonly quick: boolean;
  /** Rounds of each measurement, and the length of one in seconds. */
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly warmUp: { readonly requests: number; readonly maxSeconds: number };
  /** Those asked for, or everybody; in a quick run a scenario may leave some of them out. */
  readonly contestants: readonly Contestant[];
  /** True when the contestants were named on the command line: then nobody is left out. */
  readonly named: boolean;
  readonly progress: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Not part of `--quick` unless named. */
  readonly slow: boolean;
  run(bench: Bench): Promise<ScenarioResult>;
}

/** Divides contestants into those that can run and those that cannot, with the reason. */
export function present(contestants: readonly Contestant[]): { able: Contestant[]; skipped: Skipped[] } {
  const able: Contestant[] = [];
  const skipped: Skipped[] = [];
  for (const contestant of contestants) {
    const reason = contestant.missing();
    if (reason === null) able.push(contestant);
    else skipped.push({ contestant: contestant.id, reason, broken: false });
  }
  return { able, skipped };
}

/** The contestants a scenario needs when none are named: Cardinal, and the reference in a quick run. */
export function selected(bench: Bench, inQuickRun: (contestant: Contestant) => boolean): Contestant[] {
  if (bench.named || !bench.quick) return [...bench.contestants];
  return bench.contestants.filter(inQuickRun);
}
