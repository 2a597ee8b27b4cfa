/**
 * Composes a balancer for a service host or an upstream entity out of the parts of this folder.
 */
import type { Upstream } from '../../config/entities.ts';
import type { BreakerOptions } from '../breaker.ts';
import type { Clock } from '../clock.ts';
import type { Balancer } from '../contract.ts';
import type { NameSource } from '../dns/resolution.ts';
import type { HealthBoard } from '../health/board.ts';
import { compileHealthPolicy } from '../health/policy.ts';
import { compileProbe, type ProbeTls } from '../health/probe-request.ts';
import { Prober } from '../health/prober.ts';
import type { Algorithm } from './algorithm.ts';
import type { BalancerSource } from './balancer-source.ts';
import { ConsistentHashing } from './consistent-hashing.ts';
import { EndpointBalancer } from './endpoint-balancer.ts';
import type { BreakerListener, GroupSettings } from './endpoint-group.ts';
import type { EndpointRegistry } from './endpoint-registry.ts';
import { HashInput } from './hash-input.ts';
import { Latency } from './latency.ts';
import { LeastConnections } from './least-connections.ts';
import { RoundRobin } from './round-robin.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');

/** What outlives generations; one of each for a thread. */
export interface BalancerDeps {
  readonly clock: Clock;
  readonly names: NameSource;
  readonly registry: EndpointRegistry;
  readonly board: HealthBoard;
  /** Whether this thread does the active probing; exactly one thread of a process should. */
  readonly probes: boolean;
}

export interface BalancerOptions {
  /** Switches circuit breaking on; its own defaults apply to what is left out. */
  readonly breaker?: BreakerOptions;
  /** Told when a breaker changes, for metrics and logs. */
  readonly onBreaker?: BreakerListener;
  /** Trust and client certificate of `https` probes. */
  readonly probeTls?: ProbeTls;
}

/**
 * Starts resolving names and probing at once; `release()` ends both. Throws a TypeError when an
 * upstream's probe cannot be written as an HTTP request.
 */
export function createBalancer(
  source: BalancerSource,
  deps: BalancerDeps,
  options: BalancerOptions = {},
): Balancer {
  const { clock, registry, names, board } = deps;
  const upstream = source.kind === 'upstream' ? source.upstream : undefined;
  const health = upstream === undefined ? undefined : compileHealthPolicy(upstream.healthchecks);
  const settings: GroupSettings = {
    health,
    breaker: options.breaker,
    onBreaker: options.onBreaker,
    latency: upstream?.algorithm === 'latency',
  };
  const probed = health !== undefined && (health.healthyIntervalMs > 0 || health.unhealthyIntervalMs > 0);
  // Compiled whether this thread probes or not: a bad configuration is refused by all of them.
  const probe = upstream !== undefined && probed ? compileProbe(upstream, options.probeTls) : undefined;
  const prober =
    deps.probes && upstream !== undefined && probe !== undefined
      ? new Prober({
          group: registry.group(upstream.id),
          policy: health!,
          concurrency: upstream.healthchecks.active.concurrency,
          probe,
          clock,
          board,
        })
      : undefined;
  return new EndpointBalancer({
    source,
    algorithm: algorithmFor(upstream, clock),
    settings,
    registry,
    names,
    clock,
    prober,
  });
}

function algorithmFor(upstream: Upstream | undefined, clock: Clock): Algorithm {
  const random = () => clock.random();
  switch (upstream?.algorithm) {
    case 'least-connections':
      return new LeastConnections(random);
    case 'latency':
      return new Latency(clock);
    case 'consistent-hashing':
      return new ConsistentHashing(new HashInput(upstream, randomUUID), upstream.slots);
    default:
      return new RoundRobin(random);
  }
}
