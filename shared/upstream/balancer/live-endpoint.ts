/**
 * One address, with everything about it that outlives a configuration: requests in flight, health
 * counters, breaker, response times. Created and forgotten by the registry only.
 */
import type { TrafficKey } from '../../observe/traffic/traffic-key.ts';
import { Breaker, type BreakerOptions, type BreakerOwner, type BreakerState } from '../breaker.ts';
import type { Clock } from '../clock.ts';
import type { Endpoint } from '../contract.ts';
import type { HealthBoard } from '../health/board.ts';
import type { EndpointGroup, GroupSettings } from './endpoint-group.ts';
import type { PeakEwma } from './peak-ewma.ts';

/** What a failed or overloaded answer counts as for the latency algorithm, so that fast failures do not attract. */
const PENALTY_MS = 5000;

export interface EndpointAddress {
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
}

export class LiveEndpoint implements Endpoint, BreakerOwner {
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
  readonly key: string;
  readonly group: EndpointGroup;
  /** Of the newest generation, like `target`. */
  weight = 0;
  target = '';
  active = 0;
  traffic: TrafficKey | undefined = undefined;
  /** Takes requests: healthy, and its breaker is closed. */
  usable = true;

  /** Generations that use it. 0 while it drains. */
  references = 0;
  /** When the last of them let go. */
  unusedSince = 0;

  unhealthy = false;
  successes = 0;
  httpFailures = 0;
  tcpFailures = 0;
  timeouts = 0;
  /** From when the interval to the next probe counts; undefined until a prober has seen it. */
  probedAt: number | undefined = undefined;
  probing = false;

  /** Only while the latency algorithm is in use. */
  ewma: PeakEwma | undefined = undefined;

  #breaker: Breaker | undefined = undefined;
  #breakerOptions: BreakerOptions | undefined = undefined;
  readonly #clock: Clock;
  readonly #board: HealthBoard;

  constructor(address: EndpointAddress, key: string, group: EndpointGroup, clock: Clock, board: HealthBoard) {
    this.ip = address.ip;
    this.port = address.port;
    this.hostname = address.hostname;
    this.key = key;
    this.group = group;
    this.#clock = clock;
    this.#board = board;
    this.applySettings(group.settings);
  }

  get epoch(): number {
    return this.#breaker === undefined ? 0 : this.#breaker.epoch;
  }

  get breakerState(): BreakerState {
    return this.#breaker === undefined ? 'closed' : this.#breaker.state;
  }

  succeeded(status: number, epoch: number = this.epoch): void {
    const settings = this.group.settings;
    if (settings.health?.passiveInUse) this.#board.status(this, 'passive', status);
    if (this.#breaker !== undefined) {
      if (status === 502 || status === 503 || status === 504) this.#breaker.failure(epoch);
      else if (status === 429) this.#breaker.rateLimited(epoch);
      else this.#breaker.success(epoch);
    }
    if (settings.latency && (status === 429 || status >= 500)) this.observeLatency(PENALTY_MS);
  }

  failed(kind: 'connect' | 'timeout' | 'invalid_response', epoch: number = this.epoch): void {
    const settings = this.group.settings;
    if (settings.health?.passiveInUse) {
      this.#board.outcome(this, 'passive', kind === 'timeout' ? 'timeout' : 'tcp_failure');
    }
    this.#breaker?.failure(epoch);
    if (settings.latency) this.observeLatency(PENALTY_MS);
  }

  abandoned(epoch: number = this.epoch): void {
    this.#breaker?.abandoned(epoch);
  }

  observeLatency(ms: number): void {
    if (this.ewma !== undefined && this.group.settings.latency) this.ewma.observe(ms, this.#clock.now());
  }

  /** True when this request is the breaker's trial request. */
  admitTrial(): boolean {
    return this.#breaker?.admitTrial() ?? false;
  }

  applySettings(settings: GroupSettings): void {
    if (!settings.latency) this.ewma = undefined;
    // Compared by content: an unchanged breaker keeps its state when a new generation comes.
    if (!sameOptions(settings.breaker, this.#breakerOptions)) {
      this.#breakerOptions = settings.breaker;
      this.#breaker =
        settings.breaker === undefined ? undefined : new Breaker(settings.breaker, this.#clock, this);
    }
    this.refreshUsable();
  }

  /** Recomputes `usable`; true when it changed. */
  refreshUsable(): boolean {
    const usable = !this.unhealthy && this.breakerState === 'closed';
    if (usable === this.usable) return false;
    this.usable = usable;
    return true;
  }

  mayOpen(): boolean {
    return this.group.mayOpen(this);
  }

  changed(from: BreakerState, to: BreakerState): void {
    this.refreshUsable();
    this.group.changed();
    this.group.settings.onBreaker?.(this, from, to);
  }
}

function sameOptions(a: BreakerOptions | undefined, b: BreakerOptions | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return (
    a.consecutiveFailures === b.consecutiveFailures &&
    a.baseOpenMs === b.baseOpenMs &&
    a.maxOpenMs === b.maxOpenMs &&
    a.jitter === b.jitter &&
    a.maxOpenPercent === b.maxOpenPercent &&
    a.keepLast === b.keepLast &&
    a.trialTimeoutMs === b.trialTimeoutMs
  );
}
