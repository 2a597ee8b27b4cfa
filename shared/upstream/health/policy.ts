/**
 * An upstream's `healthchecks`, prepared for the request path: status lists as lookup tables, seconds
 * as milliseconds. Compiled once for each generation.
 */
import type { Healthchecks, PassiveHealthcheck } from '../../config/entities.ts';

export const NEUTRAL = 0;
export const HEALTHY = 1;
export const UNHEALTHY = 2;

/** Limits of one kind of check. 0 switches that transition off. */
export interface Limits {
  readonly successes: number;
  readonly httpFailures: number;
  readonly tcpFailures: number;
  readonly timeouts: number;
  /** NEUTRAL, HEALTHY or UNHEALTHY for each status below 1000. */
  readonly statuses: Uint8Array;
}

export interface HealthPolicy {
  readonly active: Limits;
  readonly passive: Limits;
  /** False when no passive outcome can change anything. */
  readonly passiveInUse: boolean;
  /** What Kong calls an upstream that uses health checks; others report `HEALTHCHECKS_OFF`. */
  readonly inUse: boolean;
  /** Ms between probes of endpoints in that state; 0 = never. */
  readonly healthyIntervalMs: number;
  readonly unhealthyIntervalMs: number;
  readonly thresholdPercent: number;
}

export function compileHealthPolicy(checks: Healthchecks): HealthPolicy {
  const { active, passive } = checks;
  const passiveFails =
    passive.unhealthy.tcp_failures > 0 ||
    passive.unhealthy.timeouts > 0 ||
    passive.unhealthy.http_failures > 0;
  return {
    active: limits(active),
    passive: limits(passive),
    passiveInUse: passiveFails || passive.healthy.successes > 0,
    inUse: passiveFails || active.healthy.interval > 0 || active.unhealthy.interval > 0,
    healthyIntervalMs: active.healthy.interval * 1000,
    unhealthyIntervalMs: active.unhealthy.interval * 1000,
    thresholdPercent: checks.threshold,
  };
}

function limits(check: Pick<PassiveHealthcheck, 'healthy' | 'unhealthy'>): Limits {
  const statuses = new Uint8Array(1000);
  for (const status of check.unhealthy.http_statuses) statuses[status] = UNHEALTHY;
  // A status in both lists is healthy, as in Kong.
  for (const status of check.healthy.http_statuses) statuses[status] = HEALTHY;
  return {
    successes: check.healthy.successes,
    httpFailures: check.unhealthy.http_failures,
    tcpFailures: check.unhealthy.tcp_failures,
    timeouts: check.unhealthy.timeouts,
    statuses,
  };
}
