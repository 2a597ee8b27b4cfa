/**
 * The additive model: a request costs something at its entry, and each call something by itself, for each pass through
 * a gateway or a microgateway (one engine, other settings of the runtime), for each run of the plugins, and for each
 * crossing of the network. One set of prices for all patterns, because one implementation runs in all of them. What it misses is reported.
 */
import { TOPOLOGIES, type TopologyId } from '../topologies/topology.ts';
import { type Fit, leastSquares } from './least-squares.ts';

export interface Observation {
  readonly topology: TopologyId;
  readonly calls: number;
  /** Calls at once cost time only once. */
  readonly atOnce: boolean;
  /** What the distance between hosts really was; 0 where nothing was injected. */
  readonly roundTripMs: number;
  readonly hitRatio: number;
  readonly withPlugins: boolean;
  readonly value: number;
}

export const PRICES = [
  'request',
  'call',
  'pass through a gateway',
  'pass through a microgateway',
  'plugin run',
  'network round trip (ms)',
] as const;

export interface AdditiveFit {
  /** In the unit of the observations, by the names of `PRICES`; null: the data do not say. */
  readonly prices: Readonly<Record<(typeof PRICES)[number], number | null>>;
  readonly observations: number;
  /** Largest |predicted - measured| / measured. */
  readonly worstResidual: number;
  readonly fit: Fit;
}

export function rowOf(one: Omit<Observation, 'value'>): number[] {
  const { cost, entryParses } = TOPOLOGIES[one.topology];
  const { parses, sidecarParses, chainRuns, networkRoundTrips } = cost(
    one.withPlugins ? 1 - one.hitRatio : 0,
  );
  const calls = one.atOnce ? 1 : one.calls;
  return [
    1,
    calls,
    // From outside one comes by the edge gateway and the first sidecar.
    (parses - sidecarParses) * calls + entryParses / 2,
    sidecarParses * calls + entryParses / 2,
    one.withPlugins ? chainRuns * calls : 0,
    networkRoundTrips * calls * one.roundTripMs,
  ];
}

export function fitAdditive(observations: readonly Observation[]): AdditiveFit | null {
  if (observations.length < PRICES.length) return null;
  const fit = leastSquares(
    // Relative errors count: a slow cell must not outweigh all others.
    observations.map((one) => rowOf(one).map((value) => value / one.value)),
    observations.map(() => 1),
  );
  let worstResidual = 0;
  for (const one of observations) {
    const predicted = fit.predict(rowOf(one));
    if (predicted !== null)
      worstResidual = Math.max(worstResidual, Math.abs(predicted - one.value) / one.value);
  }
  const prices = Object.fromEntries(PRICES.map((name, at) => [name, fit.coefficients[at] ?? null]));
  return { prices: prices as AdditiveFit['prices'], observations: observations.length, worstResidual, fit };
}

export interface HeldOut {
  readonly topology: TopologyId;
  readonly cells: readonly {
    readonly calls: number;
    readonly roundTripMs: number;
    readonly measured: number;
    readonly predicted: number;
  }[];
  /** Median of |predicted - measured| / measured. */
  readonly error: number;
}

/** Fits without one pattern and predicts it. Null when there is nothing to hold out or too little left. */
export function holdOut(observations: readonly Observation[], topology: TopologyId): HeldOut | null {
  const fitted = fitAdditive(observations.filter((one) => one.topology !== topology));
  if (fitted === null) return null;
  const cells = [];
  for (const one of observations) {
    if (one.topology !== topology) continue;
    const predicted = fitted.fit.predict(rowOf(one));
    if (predicted !== null)
      cells.push({ calls: one.calls, roundTripMs: one.roundTripMs, measured: one.value, predicted });
  }
  if (cells.length === 0) return null;
  const errors = cells
    .map(({ measured, predicted }) => Math.abs(predicted - measured) / measured)
    .sort((a, b) => a - b);
  return { topology, cells, error: errors[(errors.length - 1) >> 1]! };
}
