/**
 * Differences between two patterns, taken inside rounds: both were measured within seconds of each other, so what
 * disturbs a round disturbs both. The interval comes from drawing the rounds again, many times.
 */
import { seededRandom } from './random.ts';
import { median } from './statistics.ts';

export interface Interval {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

const DRAWS = 2000;
/** With fewer rounds an interval says nothing. */
export const LEAST_ROUNDS = 3;

/** 95 % interval of `statistic` over rounds; null with too few. */
export function bootstrap<T>(
  rounds: readonly T[],
  statistic: (drawn: readonly T[]) => number,
  seed = 1,
): Interval | null {
  if (rounds.length < LEAST_ROUNDS) return null;
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const drawn = rounds.map(() => rounds[Math.floor(random() * rounds.length)]!);
    const value = statistic(drawn);
    if (!Number.isNaN(value)) values.push(value);
  }
  if (values.length < DRAWS / 2) return null;
  values.sort((a, b) => a - b);
  const at = (q: number): number => values[Math.min(values.length - 1, Math.floor(q * values.length))]!;
  return { middle: statistic(rounds), low: at(0.025), high: at(0.975), rounds: rounds.length };
}

export function pairedDifference(
  subject: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): Interval | null {
  const differences: number[] = [];
  for (const [round, value] of subject) {
    const other = reference.get(round);
    if (other !== undefined && Number.isFinite(value) && Number.isFinite(other))
      differences.push(value - other);
  }
  return bootstrap(differences, median);
}

/** A difference counts when its interval leaves out zero and it is more than what the clock can tell. */
export function isReal({ middle, low, high }: Interval, timerErrorUs: number): boolean {
  return (low > 0 || high < 0) && Math.abs(middle) > timerErrorUs;
}
