/**
 * The endpoint that is expected to answer first: its average response time, times the requests it
 * already has plus this one, divided by its weight. New endpoints start at the average of the others.
 */
import type { Clock } from '../clock.ts';
import type { Member } from './algorithm.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { LowestCost } from './lowest-cost.ts';
import { PeakEwma } from './peak-ewma.ts';

/** What an endpoint counts as before anybody has an average. */
const INITIAL_MS = 30;

export class Latency extends LowestCost {
  readonly #clock: Clock;
  #now = 0;

  constructor(clock: Clock) {
    super(() => clock.random());
    this.#clock = clock;
  }

  override setMembers(members: readonly Member[], _targetCount: number): void {
    const now = this.#clock.now();
    let sum = 0;
    let known = 0;
    for (const { endpoint } of members) {
      if (endpoint.ewma === undefined) continue;
      sum += endpoint.ewma.read(now);
      known++;
    }
    const initialMs = known > 0 ? sum / known : INITIAL_MS;
    for (const { endpoint } of members) endpoint.ewma ??= new PeakEwma(initialMs, now);
  }

  protected override prepare(): void {
    this.#now = this.#clock.now();
  }

  protected override cost(endpoint: LiveEndpoint, weight: number): number {
    // A newer generation may use another algorithm and have dropped the averages.
    const expectedMs = endpoint.ewma?.read(this.#now) ?? INITIAL_MS;
    return (expectedMs * (endpoint.active + 1)) / weight;
  }
}
