/**
 * At which distance between hosts sidecars on both sides take as long as the central gateway. Their difference falls by
 * one round trip for each round trip of distance; where the fitted line meets zero is R*.
 */
import { bootstrap, type Interval } from '../measure/bootstrap.ts';
import { leastSquares } from './least-squares.ts';

export interface DistancePoint {
  readonly round: number;
  readonly roundTripMs: number;
  /** Sidecars less centre, microseconds. */
  readonly differenceUs: number;
}

export interface Crossover {
  /** Milliseconds; a negative one means: sidecars are faster at any distance. */
  readonly roundTripMs: Interval;
  /** Microseconds a millisecond; the model says -1000. */
  readonly slope: number;
}

/** Null when there are too few distances or rounds, or the difference does not fall with distance. */
export function crossover(points: readonly DistancePoint[]): Crossover | null {
  if (new Set(points.map(({ roundTripMs }) => roundTripMs)).size < 2) return null;
  const byRound = Map.groupBy(points, ({ round }) => round);
  const line = lineOf(points);
  if (line === null || line.slope >= 0) return null;
  const interval = bootstrap([...byRound.values()], (rounds) => {
    const drawn = lineOf(rounds.flat());
    return drawn === null || drawn.slope >= 0 ? Number.NaN : -drawn.offset / drawn.slope;
  });
  return interval === null ? null : { roundTripMs: interval, slope: line.slope };
}

function lineOf(points: readonly DistancePoint[]): { offset: number; slope: number } | null {
  const { coefficients } = leastSquares(
    points.map(({ roundTripMs }) => [1, roundTripMs]),
    points.map(({ differenceUs }) => differenceUs),
  );
  const [offset, slope] = coefficients;
  return offset === null || offset === undefined || slope === null || slope === undefined
    ? null
    : { offset, slope };
}
