/**
 * What is going to be measured, decided before anything is: environments, cells, rounds. The plan is the first line of
 * the journal, so that a run that was cut off goes on with exactly what it had set out to do.
 */
import type { TopologyId } from '../topologies/topology.ts';

export interface Cell {
  readonly kind: 'depth' | 'fan' | 'distance' | 'hits';
  /** Calls one after another, or at once. */
  readonly calls: number;
  /** Round-trip time between hosts, injected by the relay; null: the relay is not in the way. */
  readonly roundTripMs: number | null;
  /** Only for T6: how often its cache knows. */
  readonly hitRatio: number;
  readonly topologies: readonly TopologyId[];
  readonly rounds: number;
  /** Requests per second; null: from the CPU time that the dearest pattern needs. */
  readonly rate: number | null;
  readonly seconds: number;
}

export interface FailureStep {
  readonly topology: TopologyId;
  /** The process that is killed, or `control-plane`. */
  readonly kills: string;
  readonly hitRatio: number;
  readonly rate: number;
  readonly seconds: number;
  readonly killAfterSeconds: number;
  /** What a supervisor needs to notice before it starts the process again. */
  readonly restartAfterMs: number;
}

export interface EnvironmentPlan {
  readonly policies: string;
  readonly topologies: readonly TopologyId[];
  readonly depth: number;
  readonly warmUpRequests: number;
  readonly cells: readonly Cell[];
  readonly failures: readonly FailureStep[];
  /** The sidecars get their configuration from a control plane. */
  readonly controlPlane: boolean;
}

export interface Plan {
  readonly name: 'quick' | 'full';
  readonly seed: number;
  /** Absolute path of a file of the user's own policies; null: built-in sets. */
  readonly policyFile: string | null;
  readonly pluginPaths: readonly string[];
  /** Header lines that let a request pass the user's own policies. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly environments: readonly EnvironmentPlan[];
  /** After so many seconds only the first three rounds of what follows are done; null: no bound. */
  readonly enoughAfterSeconds: number | null;
  readonly roundTripsMs: readonly number[];
}

export interface PlanOptions {
  readonly quick: boolean;
  readonly topologies: readonly TopologyId[];
  readonly depths: readonly number[] | undefined;
  readonly policies: readonly string[] | undefined;
  readonly rounds: number | undefined;
  readonly roundTripsMs: readonly number[] | undefined;
  readonly seed: number;
  readonly policyFile: string | null;
  readonly pluginPaths: readonly string[];
  readonly requestHeaders: Readonly<Record<string, string>>;
}

const HIT_RATIOS = { quick: [0, 0.5, 0.9, 1], full: [0, 0.5, 0.9, 0.99, 1] } as const;
/** What then still has to be done ends within five minutes. */
const QUICK_SECONDS = 205;
const ARTICLE_POLICIES = 'middleware-100ms';
const CONTROL_PLANE_POLICIES = 'control-plane';
/** Services of the failure scenarios: three pairs call each other. */
export const FAILURE_PAIRS = 3;

interface Size {
  readonly depths: readonly number[];
  readonly fans: readonly number[];
  readonly rounds: number;
  readonly distanceRounds: number;
  readonly seconds: number;
  readonly warmUpRequests: number;
  readonly roundTripsMs: readonly number[];
  readonly policies: readonly string[];
  readonly failureSeconds: number;
}

const QUICK: Size = {
  depths: [1, 3],
  fans: [],
  rounds: 5,
  distanceRounds: 3,
  seconds: 0.7,
  warmUpRequests: 1400,
  roundTripsMs: [0.25, 1, 5],
  policies: ['standard'],
  failureSeconds: 4,
};

const FULL: Size = {
  depths: [1, 3, 5, 7],
  fans: [3],
  rounds: 10,
  distanceRounds: 10,
  seconds: 10,
  warmUpRequests: 5000,
  roundTripsMs: [0, 0.25, 1, 5],
  policies: ['none', 'key-auth', 'standard', 'heavy'],
  failureSeconds: 20,
};

export function makePlan(options: PlanOptions): Plan {
  const size = options.quick ? QUICK : FULL;
  const depths = options.depths ?? size.depths;
  const rounds = options.rounds ?? size.rounds;
  const roundTripsMs = options.roundTripsMs ?? size.roundTripsMs;
  const own = options.policyFile !== null;
  const policies = own ? ['own'] : (options.policies ?? size.policies);
  const wanted = (...ids: TopologyId[]): TopologyId[] => ids.filter((id) => options.topologies.includes(id));
  const environments = policies
    .filter((name) => name !== ARTICLE_POLICIES && name !== CONTROL_PLANE_POLICIES)
    .map((name): EnvironmentPlan => {
      const cell = (kind: Cell['kind'], calls: number, more: Partial<Cell> = {}): Cell => ({
        kind,
        calls,
        roundTripMs: null,
        hitRatio: 0.9,
        topologies: options.topologies,
        rounds,
        rate: null,
        seconds: size.seconds,
        ...more,
      });
      const swept = options.quick
        ? wanted('T0', 'T2', 'T3i', 'T3b')
        : wanted('T0', 'T1', 'T2', 'T3o', 'T3i', 'T3b', 'T6');
      const depth = Math.max(...depths, ...size.fans, FAILURE_PAIRS);
      return {
        policies: name,
        topologies: options.topologies,
        depth,
        warmUpRequests: size.warmUpRequests,
        cells: [
          ...depths.map((calls) => cell('depth', calls)),
          ...size.fans.map((calls) => cell('fan', calls)),
          ...roundTripsMs.map((roundTripMs) =>
            cell('distance', 1, {
              roundTripMs,
              topologies: swept,
              rounds: options.rounds ?? size.distanceRounds,
            }),
          ),
          ...(wanted('T6').length === 0
            ? []
            : HIT_RATIOS[options.quick ? 'quick' : 'full'].map((hitRatio) =>
                cell('hits', 1, {
                  hitRatio,
                  topologies: wanted('T6'),
                  rounds: options.quick ? 3 : rounds,
                }),
              )),
        ],
        failures: name === policies[0] ? failures(wanted, size.failureSeconds) : [],
        controlPlane: false,
      };
    });
  const article = options.policies === undefined || options.policies.includes(ARTICLE_POLICIES);
  if (article && !own) environments.push(articleEnvironment(wanted('T0', 'T1', 'T2', 'T3b'), options));
  const asked = options.policies === undefined || options.policies.includes(CONTROL_PLANE_POLICIES);
  if (asked && !own && wanted('T3b').length > 0)
    environments.push(controlPlaneEnvironment(size.failureSeconds));
  return {
    name: options.quick ? 'quick' : 'full',
    seed: options.seed,
    policyFile: options.policyFile,
    pluginPaths: options.pluginPaths,
    requestHeaders: options.requestHeaders,
    environments,
    enoughAfterSeconds: options.quick ? QUICK_SECONDS : null,
    roundTripsMs: [
      ...new Set(environments.flatMap(({ cells }) => cells.map(({ roundTripMs }) => roundTripMs))),
    ].filter((ms) => ms !== null),
  };
}

/**
 * The article's example: 100 ms of middleware over seven calls. Once as middleware that takes 100 ms wherever it runs,
 * once as a centre that is 100 ms away, there and back to both sides.
 */
function articleEnvironment(topologies: readonly TopologyId[], options: PlanOptions): EnvironmentPlan {
  const base = {
    calls: 7,
    hitRatio: 0.9,
    topologies,
    rounds: options.rounds ?? (options.quick ? 3 : 10),
    rate: 10,
    seconds: options.quick ? 1.2 : 10,
  } as const;
  return {
    policies: ARTICLE_POLICIES,
    topologies,
    depth: 7,
    warmUpRequests: 30,
    cells: [{ ...base, kind: 'depth', roundTripMs: null }],
    failures: [],
    controlPlane: false,
  };
}

/** Sidecars that are configured by a control plane, which then dies under load. */
function controlPlaneEnvironment(seconds: number): EnvironmentPlan {
  const topologies = ['T0', 'T3b'] as const;
  return {
    policies: CONTROL_PLANE_POLICIES,
    topologies,
    depth: FAILURE_PAIRS,
    warmUpRequests: 200,
    cells: [],
    failures: [{ ...failureBase(seconds), topology: 'T3b', kills: 'control-plane' }],
    controlPlane: true,
  };
}

function failureBase(seconds: number) {
  return { hitRatio: 0.9, rate: 60, seconds, killAfterSeconds: seconds / 4, restartAfterMs: 300 };
}

function failures(wanted: (...ids: TopologyId[]) => TopologyId[], seconds: number): FailureStep[] {
  const base = failureBase(seconds);
  const steps: FailureStep[] = [];
  for (const topology of wanted('T2')) steps.push({ ...base, topology, kills: 'central' });
  for (const topology of wanted('T3i')) steps.push({ ...base, topology, kills: 'sidecar-s2' });
  // A caller's circuit breaker stays open for ten seconds.
  for (const topology of wanted('T3b'))
    steps.push({ ...base, topology, kills: 'sidecar-s2', seconds: Math.max(seconds, 14) });
  for (const topology of wanted('T4')) steps.push({ ...base, topology, kills: 'node-1' });
  for (const topology of wanted('T6')) steps.push({ ...base, topology, kills: 'central' });
  return steps;
}
