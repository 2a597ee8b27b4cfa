/**
 * A request that a plugin sends on its own account beside a client's (to bring a stored response up to date): no body, one
 * attempt, no plugin but the one that asked. It holds its snapshot, and at most so many are under way in a worker.
 */
import type { FieldLines } from '../http/field-lines.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { ResponseWatcher } from '../plugins/contract.ts';
import type { ResponseSink, UpstreamConnection } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/contract.ts';
import { ExchangeBalancerRequest } from './balancer-request.ts';
import type { ProxyContext } from './context.ts';
import { ERRORS, type GatewayError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { type RoutePlan, releaseSnapshot, type ServicePlan, type Snapshot } from './snapshot.ts';
import { kindOf, requestHeadFor, upstreamTarget } from './upstream-leg.ts';

/** In a worker. */
const MOST = 64;
const active = new WeakMap<ProxyContext, number>();

export class BackgroundRequest implements ResponseSink {
  readonly #context: ProxyContext;
  readonly #snapshot: Snapshot;
  readonly #service: ServicePlan;
  readonly #endpoint: Endpoint;
  readonly #epoch: number;
  readonly #method: string;
  readonly #octets: string;
  readonly #watcher: ResponseWatcher;
  #connection: UpstreamConnection;
  #wasReused: boolean;
  #reported = false;
  #sentMs = 0;
  #over = false;

  /** False when it cannot be sent now. Everything is taken from the exchange before this returns. */
  static start(
    exchange: Exchange,
    snapshot: Snapshot,
    plan: RoutePlan,
    service: ServicePlan,
    matchedPath: string,
    watcher: ResponseWatcher,
  ): boolean {
    const { context } = exchange;
    if ((active.get(context) ?? 0) >= MOST || exchange.body !== undefined) return false;
    const endpoint = service.balancer.pick(new ExchangeBalancerRequest(exchange));
    if (typeof endpoint === 'string') return false;
    const target = upstreamTarget(exchange, plan, matchedPath);
    const octets = requestHeadFor(exchange, plan, service, endpoint, matchedPath, target);
    const method = exchange.forwarding?.method ?? exchange.request.method;
    new BackgroundRequest(context, snapshot, service, endpoint, method, octets, watcher);
    return true;
  }

  private constructor(
    context: ProxyContext,
    snapshot: Snapshot,
    service: ServicePlan,
    endpoint: Endpoint,
    method: string,
    octets: string,
    watcher: ResponseWatcher,
  ) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#service = service;
    this.#endpoint = endpoint;
    this.#epoch = endpoint.epoch;
    this.#method = method;
    this.#octets = octets;
    this.#watcher = watcher;
    active.set(context, (active.get(context) ?? 0) + 1);
    snapshot.active++;
    endpoint.active++;
    const pool = service.poolFor(endpoint);
    const kept = pool.take();
    this.#wasReused = kept !== undefined;
    this.#connection = kept ?? pool.connect();
    if (kept !== undefined) this.#send();
    else this.#connection.await(this, service.connectTimeoutMs);
  }

  onConnected(): void {
    this.#send();
  }

  #send(): void {
    const connection = this.#connection;
    connection.begin(this, this.#method);
    connection.socket.write(this.#octets, 'latin1');
    connection.requestEnded();
    this.#sentMs = this.#context.deadlines.now();
    connection.expectWithin(this.#service.readTimeoutMs);
  }

  onResponseHead(head: ResponseHead): void {
    this.#endpoint.observeLatency(this.#context.deadlines.now() - this.#sentMs);
    this.#endpoint.succeeded(head.status, this.#epoch);
    this.#reported = true;
    // It did not ask for another protocol.
    if (head.status === 101) this.#cut();
    else this.#tell(() => void this.#watcher.head(head.status, head.lines));
  }

  onResponseBody(octets: Buffer, from: number, to: number): void {
    this.#tell(() => this.#watcher.piece(octets.subarray(from, to)));
  }

  onResponseEnd(_trailers: FieldLines | undefined): void {
    if (this.#over) return;
    this.#tell(() => this.#watcher.ended());
    this.#finish();
  }

  onFailure(error: GatewayError, _reason: string, begun: boolean): void {
    if (this.#over) return;
    if (this.#wasReused && error === ERRORS.upstreamClosed && !begun) {
      this.#wasReused = false;
      this.#connection = this.#service.poolFor(this.#endpoint).connect();
      this.#connection.await(this, this.#service.connectTimeoutMs);
      return;
    }
    if (!this.#reported) this.#endpoint.failed(kindOf(error), this.#epoch);
    this.#reported = true;
    this.#tell(() => void this.#watcher.failed(error.status));
    this.#finish();
  }

  onInterim(): void {}
  onReadEnd(): void {}
  onDrain(): void {}
  onTunnelData(): void {}
  onTunnelEnd(): void {}

  /** A watcher that throws has its request ended, and nothing else. */
  #tell(say: () => void): void {
    if (this.#over) return;
    try {
      say();
    } catch (error) {
      this.#context.log.error('plugin failed', { phase: 'askAgain', error: String(error) });
      this.#cut();
    }
  }

  #cut(): void {
    if (this.#over) return;
    this.#connection.destroy();
    this.#finish();
    try {
      this.#watcher.failed(0);
    } catch {
      // It has failed before.
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#endpoint.active--;
    if (!this.#reported) this.#endpoint.abandoned(this.#epoch);
    active.set(this.#context, (active.get(this.#context) ?? 1) - 1);
    releaseSnapshot(this.#snapshot);
  }
}
