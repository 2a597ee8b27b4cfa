/** What a request must cost by the analytic table, against what the proxies have counted. */
import type { Cell } from '../run/plan.ts';
import { TOPOLOGIES, type TopologyId } from '../topologies/topology.ts';

export interface Hops {
  readonly parses: number;
  readonly chainRuns: number;
  /** Through the relay; 0 where it is not in the way. */
  readonly crossings: number;
}

/** Totals for `requests` requests; with plugins or without. */
export function expectedHops(
  topology: TopologyId,
  cell: Pick<Cell, 'calls' | 'hitRatio' | 'roundTripMs'>,
  requests: number,
  withPlugins: boolean,
): Hops {
  const { cost, entryParses } = TOPOLOGIES[topology];
  // Without plugins there is nothing to ask the centre about.
  const { parses, chainRuns, networkRoundTrips } = cost(withPlugins ? 1 - cell.hitRatio : 0);
  const calls = cell.calls * requests;
  return {
    parses: parses * calls + entryParses * requests,
    chainRuns: withPlugins ? chainRuns * calls : 0,
    crossings: cell.roundTripMs === null ? 0 : networkRoundTrips * calls,
  };
}

/**
 * Null when they agree. `slack`: how many a pattern may be off because the legacy check rounds its share to whole
 * requests in each process.
 */
export function hopsDiffer(expected: Hops, counted: Hops, slack: number): string | null {
  for (const name of ['parses', 'chainRuns', 'crossings'] as const) {
    if (Math.abs(expected[name] - counted[name]) > slack)
      return `${name}: ${counted[name]} were counted, ${round(expected[name])} by the model`;
  }
  return null;
}

function round(value: number): string {
  return value.toFixed(value % 1 === 0 ? 0 : 1);
}
