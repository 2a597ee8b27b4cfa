/**
 * The active checks of one upstream in one generation: decides which endpoint is due, keeps within the
 * configured concurrency, and tells the board what came out. When an endpoint was last probed is kept
 * with the endpoint, so that frequent configuration changes do not put probes off.
 */
import type { EndpointGroup } from '../balancer/endpoint-group.ts';
import type { LiveEndpoint } from '../balancer/live-endpoint.ts';
import type { Clock, Timer } from '../clock.ts';
import type { HealthBoard } from './board.ts';
import type { HealthPolicy } from './policy.ts';
import { type ProbeResult, probe } from './probe.ts';
import type { CompiledProbe } from './probe-request.ts';

export interface ProberParts {
  readonly group: EndpointGroup;
  readonly policy: HealthPolicy;
  readonly concurrency: number;
  readonly probe: CompiledProbe;
  readonly clock: Clock;
  readonly board: HealthBoard;
}

/** Each wait is shortened by up to this share at random, so that probes do not come in bursts. */
const JITTER = 0.1;
/** Several endpoints due within this time share one timer, ms. */
const GRAIN_MS = 10;

export class Prober {
  readonly #parts: ProberParts;
  readonly #onGroupChange: () => void;
  #endpoints: readonly LiveEndpoint[] = [];
  /** Cancels of the probes under way. */
  readonly #running = new Map<LiveEndpoint, () => void>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: ProberParts) {
    this.#parts = parts;
    this.#onGroupChange = () => this.#schedule();
    parts.group.listeners.add(this.#onGroupChange);
  }

  setEndpoints(endpoints: readonly LiveEndpoint[]): void {
    this.#endpoints = endpoints;
    const { clock, policy } = this.#parts;
    const shareMs = policy.healthyIntervalMs * JITTER;
    for (const endpoint of endpoints) endpoint.probedAt ??= clock.now() - shareMs * clock.random();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parts.group.listeners.delete(this.#onGroupChange);
    for (const [endpoint, cancel] of this.#running) {
      cancel();
      endpoint.probing = false;
    }
    this.#running.clear();
    // The next generation's prober passed over what was being probed here.
    for (const listener of this.#parts.group.listeners) listener();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#running.size >= this.#parts.concurrency) return;
    let next = Number.POSITIVE_INFINITY;
    for (const endpoint of this.#endpoints) {
      if (!endpoint.probing) next = Math.min(next, this.#dueAt(endpoint));
    }
    if (next === Number.POSITIVE_INFINITY) return;
    const clock = this.#parts.clock;
    this.#timer = clock.after(Math.max(GRAIN_MS, next - clock.now()), () => {
      this.#timer = undefined;
      this.#probeDue();
    });
  }

  #dueAt(endpoint: LiveEndpoint): number {
    const { healthyIntervalMs, unhealthyIntervalMs } = this.#parts.policy;
    const intervalMs = endpoint.unhealthy ? unhealthyIntervalMs : healthyIntervalMs;
    return intervalMs > 0 ? endpoint.probedAt! + intervalMs : Number.POSITIVE_INFINITY;
  }

  #probeDue(): void {
    const { clock, concurrency } = this.#parts;
    const now = clock.now() + GRAIN_MS;
    for (const endpoint of this.#endpoints) {
      if (this.#running.size >= concurrency) break;
      if (!endpoint.probing && this.#dueAt(endpoint) <= now) this.#probe(endpoint);
    }
    this.#schedule();
  }

  #probe(endpoint: LiveEndpoint): void {
    endpoint.probing = true;
    const cancel = probe(this.#parts.probe, endpoint, this.#parts.clock, (result) =>
      this.#finished(endpoint, result),
    );
    this.#running.set(endpoint, cancel);
  }

  #finished(endpoint: LiveEndpoint, result: ProbeResult): void {
    const { clock, board, policy } = this.#parts;
    this.#running.delete(endpoint);
    endpoint.probing = false;
    this.#report(board, endpoint, result);
    const intervalMs = endpoint.unhealthy ? policy.unhealthyIntervalMs : policy.healthyIntervalMs;
    endpoint.probedAt = clock.now() - intervalMs * JITTER * clock.random();
    this.#schedule();
  }

  #report(board: HealthBoard, endpoint: LiveEndpoint, result: ProbeResult): void {
    if (typeof result === 'number') board.status(endpoint, 'active', result);
    else if (result === 'connected') board.outcome(endpoint, 'active', 'success');
    // Kong counts an answer that is not HTTP as an unhealthy status.
    else if (result === 'garbage') board.outcome(endpoint, 'active', 'http_failure');
    else board.outcome(endpoint, 'active', result);
  }
}
