/**
 * The deployment patterns under their names of the reference, and what one internal call costs in each by the book:
 * the table that every run is checked against. Nothing here measures.
 */

export const TOPOLOGY_IDS = ['T0', 'T1', 'T2', 'T3o', 'T3i', 'T3b', 'T4', 'T6', 'T7'] as const;
export type TopologyId = (typeof TOPOLOGY_IDS)[number];

export interface CallCost {
  /** Crossings of the network between hosts, there and back. */
  readonly networkRoundTrips: number;
  /** Pairs of request and response that a proxy parses. */
  readonly parses: number;
  /** Those of them that a microgateway parses; gateways the others. */
  readonly sidecarParses: number;
  readonly chainRuns: number;
}

export interface Topology {
  readonly id: TopologyId;
  readonly title: string;
  /** Path of one internal call. */
  readonly path: string;
  /** Why it cannot be compared when there are plugins; null when it can. */
  readonly enforcesNothing: string | null;
  /** `missRatio`: 1 - h, for the pattern that asks the centre. */
  cost(missRatio: number): CallCost;
  /** Once for each request from outside, beside the internal calls. */
  readonly entryParses: number;
  readonly failureDomain: string;
}

const fixed =
  (networkRoundTrips: number, parses: number, sidecarParses: number, chainRuns: number) => (): CallCost => ({
    networkRoundTrips,
    parses,
    sidecarParses,
    chainRuns,
  });

export const TOPOLOGIES: Readonly<Record<TopologyId, Topology>> = {
  T0: {
    id: 'T0',
    title: 'direct',
    path: 'A -> B',
    enforcesNothing: null,
    cost: fixed(1, 0, 0, 0),
    entryParses: 0,
    failureDomain: 'no proxy',
  },
  T1: {
    id: 'T1',
    title: 'embedded',
    path: 'A -> B[plugins in its process]',
    enforcesNothing: null,
    cost: fixed(1, 0, 0, 1),
    entryParses: 0,
    failureDomain: 'one instance',
  },
  T2: {
    id: 'T2',
    title: 'central gateway',
    path: 'A -> gateway -> B',
    enforcesNothing: null,
    cost: fixed(2, 1, 0, 1),
    entryParses: 0,
    failureDomain: 'everything',
  },
  T3o: {
    id: 'T3o',
    title: 'sidecar, outbound only',
    path: "A -> a' -> B",
    enforcesNothing: 'the outbound side of a microgateway runs no plugins: nobody enforces anything here',
    cost: fixed(1, 1, 1, 0),
    entryParses: 0,
    failureDomain: 'one instance',
  },
  T3i: {
    id: 'T3i',
    title: 'sidecar, inbound only',
    path: "A -> b' -> B",
    enforcesNothing: null,
    cost: fixed(1, 1, 1, 1),
    entryParses: 0,
    failureDomain: 'one instance',
  },
  T3b: {
    id: 'T3b',
    title: 'sidecars on both sides',
    path: "A -> a' -> b' -> B",
    enforcesNothing: null,
    cost: fixed(1, 2, 2, 1),
    entryParses: 0,
    failureDomain: 'one instance',
  },
  T4: {
    id: 'T4',
    title: 'proxy on each node',
    path: 'A -> node A -> node B -> B',
    enforcesNothing: null,
    cost: fixed(1, 2, 0, 1),
    entryParses: 0,
    failureDomain: 'all instances of a node',
  },
  T6: {
    id: 'T6',
    title: 'legacy microgateway',
    path: "A -> b' -> B, and b' asks the centre unless its cache knows",
    enforcesNothing: null,
    cost: (missRatio) => ({
      networkRoundTrips: 1 + missRatio,
      parses: 1 + missRatio,
      sidecarParses: 1,
      chainRuns: missRatio,
    }),
    entryParses: 0,
    failureDomain: 'one instance, and the centre',
  },
  T7: {
    id: 'T7',
    title: 'edge gateway and sidecars',
    path: "client -> edge -> s0' -> A, then A -> a' -> b' -> B",
    enforcesNothing: null,
    cost: fixed(1, 2, 2, 1),
    entryParses: 2,
    failureDomain: 'one instance; the edge for what comes from outside',
  },
};
