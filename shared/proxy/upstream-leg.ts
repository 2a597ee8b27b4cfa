/**
 * The upstream half of an exchange: choosing an endpoint, getting a connection, sending the request, and
 * trying again where that is safe. What comes back goes to the exchange.
 */
import type { FieldLines } from '../http/field-lines.ts';
import { Framing } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Attempt } from '../plugins/contract.ts';
import { escapePath } from '../router/upstream-path.ts';
import type { ResponseSink, UpstreamConnection } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/contract.ts';
import { ExchangeBalancerRequest } from './balancer-request.ts';
import { ERRORS, type GatewayError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { upstreamRequestHead } from './message-heads.ts';
import type { RoutePlan, ServicePlan } from './snapshot.ts';
import { asksForWebsocket } from './tunnel.ts';

/** Once sent, these are not sent again (Kong 5.2): a second time could do a second thing. */
const NOT_IDEMPOTENT = new Set(['POST', 'LOCK', 'PATCH']);

const PICK_ERRORS = {
  no_peer: ERRORS.noPeer,
  dns_not_found: ERRORS.nameNotFound,
  dns_failed: ERRORS.nameFailed,
} as const;

export class UpstreamLeg implements ResponseSink {
  readonly attempts: Attempt[] = [];
  /** Path and query as sent. */
  target: string | undefined = undefined;
  status: number | undefined = undefined;
  /** Monotonic milliseconds; 0 = not yet. */
  sentMs = 0;
  headMs = 0;
  isTunnel = false;
  readonly balancing: ExchangeBalancerRequest;
  private readonly exchange: Exchange;
  private readonly plan: RoutePlan;
  private readonly service: ServicePlan;
  private endpoint: Endpoint | undefined = undefined;
  /** Of the last attempt; stays when it is over. */
  chosen: Endpoint | undefined = undefined;
  /** When it was chosen; monotonic milliseconds, 0 = not yet. */
  chosenMs = 0;
  private epoch = 0;
  /** The endpoint has been told how this attempt went. */
  private reported = false;
  private connection: UpstreamConnection | undefined = undefined;
  private wasReused = false;
  /** When the present attempt began to look for an endpoint: earlier than now when a name had to be resolved. */
  private chooseMs = 0;
  private raceRetried = false;
  private corked = false;

  constructor(exchange: Exchange, plan: RoutePlan, service: ServicePlan) {
    this.exchange = exchange;
    this.plan = plan;
    this.service = service;
    this.balancing = new ExchangeBalancerRequest(exchange);
  }

  /** Picks an endpoint for the next attempt. Says what stands in the way, or undefined. */
  choose(): GatewayError | 'resolving' | undefined {
    const nowMs = this.exchange.context.deadlines.now();
    if (this.chooseMs === 0) this.chooseMs = nowMs;
    const picked = this.service.balancer.pick(this.balancing);
    if (typeof picked === 'string') return picked === 'resolving' ? picked : PICK_ERRORS[picked];
    this.endpoint = picked;
    this.chosen = picked;
    this.chosenMs = nowMs;
    this.exchange.trace?.lap('balance');
    this.epoch = picked.epoch;
    this.reported = false;
    this.attempts.push({
      ip: picked.ip,
      port: picked.port,
      balancerStart: this.exchange.startedAt + Math.trunc(this.chooseMs - this.exchange.startedMs),
      balancerLatencyMs: nowMs - this.chooseMs,
      failure: undefined,
    });
    this.chooseMs = 0;
    return undefined;
  }

  /** Settles when the first resolution of the service's names has ended. */
  resolved(): Promise<void> {
    return this.service.balancer.resolved();
  }

  /** Takes a kept connection, or starts one; true while that has to be waited for. */
  connect(): boolean {
    const endpoint = this.endpoint!;
    const pool = this.service.poolFor(endpoint);
    endpoint.active++;
    // The attempt after a lost race takes a fresh connection: another kept one could be as stale.
    const kept = this.raceRetried ? undefined : pool.take();
    if (kept !== undefined) {
      this.connection = kept;
      this.wasReused = true;
      this.exchange.trace?.lap('reuse');
      return false;
    }
    this.wasReused = false;
    this.connection = pool.connect();
    this.connection.await(this, this.service.connectTimeoutMs);
    return true;
  }

  onConnected(): void {
    this.exchange.trace?.lap('connect');
    this.exchange.onUpstreamConnected();
  }

  /** Writes the head, and the body as far as it is here; the rest follows as it comes. */
  forward(matchedPath: string): void {
    const { exchange, plan, service } = this;
    const { client, body, request } = exchange;
    const connection = this.connection!;
    const method = exchange.forwarding?.method ?? request.method;
    this.target = upstreamTarget(exchange, plan, matchedPath);
    connection.begin(this, method);
    const head = requestHeadFor(exchange, plan, service, this.endpoint!, matchedPath, this.target);
    if (body === undefined) {
      connection.socket.write(head, 'latin1');
      connection.requestEnded();
      this.requestSent();
      return;
    }
    // The octets that came with the head leave with it: see onClientReadEnd.
    if (client.isReading && !body.ended) {
      connection.socket.cork();
      this.corked = true;
    }
    connection.socket.write(head, 'latin1');
    body.forwardTo(connection, this);
  }

  /** The request is with the upstream: its clock runs. */
  requestSent(): void {
    this.sentMs = this.exchange.context.deadlines.now();
    this.connection!.expectWithin(this.service.readTimeoutMs);
    this.exchange.trace?.lap('send');
  }

  /** The upstream does not take the body as fast as the client sends it. */
  awaitDrain(): void {
    this.connection!.expectWithin(this.service.writeTimeoutMs);
  }

  /** What one read of the client brought has been handed over. */
  onClientReadEnd(): void {
    if (!this.corked) return;
    this.corked = false;
    this.connection?.socket.uncork();
  }

  onDrain(): void {
    if (this.isTunnel) this.exchange.client.resumeReading();
    else this.exchange.body?.onUpstreamDrain();
  }

  onInterim(head: ResponseHead): void {
    this.exchange.onInterim(head);
  }

  onResponseHead(head: ResponseHead): void {
    this.headMs = this.exchange.context.deadlines.now();
    if (this.sentMs === 0) this.sentMs = this.headMs;
    this.status = head.status;
    this.exchange.trace?.lap('upstream');
    const endpoint = this.endpoint!;
    endpoint.observeLatency(this.headMs - this.sentMs);
    endpoint.succeeded(head.status, this.epoch);
    this.reported = true;
    this.exchange.onUpstreamHead(head);
  }

  onResponseBody(octets: Buffer, from: number, to: number): void {
    this.exchange.onUpstreamBody(octets, from, to);
  }

  onReadEnd(): void {
    this.exchange.onUpstreamReadEnd();
  }

  onResponseEnd(trailers: FieldLines | undefined): void {
    this.connection = undefined;
    this.endpoint!.active--;
    this.endpoint = undefined;
    this.exchange.onUpstreamEnd(trailers);
  }

  onTunnelData(octets: Buffer, from: number, to: number): void {
    this.exchange.onTunnelData(octets, from, to);
  }

  onTunnelEnd(): void {
    this.exchange.onUpstreamTunnelEnd();
  }

  onFailure(error: GatewayError, reason: string, begun: boolean): void {
    const { exchange } = this;
    const endpoint = this.endpoint!;
    this.connection = undefined;
    this.endpoint = undefined;
    this.corked = false;
    endpoint.active--;
    if (this.isTunnel) {
      exchange.onTunnelOver();
      return;
    }
    // Losing the keep-alive race says nothing about the endpoint: after a restart every kept connection does.
    const lostRace = this.wasReused && error === ERRORS.upstreamClosed && !begun;
    if (!this.reported) {
      if (lostRace) endpoint.abandoned(this.epoch);
      else endpoint.failed(kindOf(error), this.epoch);
    }
    const last = this.attempts.length - 1;
    this.attempts[last] = { ...this.attempts[last]!, failure: { code: error.code, status: error.status } };
    exchange.trace?.lap('attempt', undefined, 'failed');
    const { ip, port } = endpoint;
    exchange.context.log.debug('attempt failed', {
      request_id: exchange.id,
      error: error.code,
      reason,
      ip,
      port,
    });
    exchange.body?.detach();
    if (!begun && this.mayRetry(error, lostRace)) {
      exchange.context.metrics.countRetry(error.code);
      exchange.context.observer.counters.countFailedAttempt(exchange.direction, endpoint);
      if (!lostRace) this.balancing.tried.push(endpoint);
      this.sentMs = 0;
      exchange.onRetry();
    } else exchange.onUpstreamFailed(error, begun);
  }

  private mayRetry(error: GatewayError, lostRace: boolean): boolean {
    const { body, request, forwarding } = this.exchange;
    if (error.retry === 'never') return false;
    if (error.retry === 'if_idempotent' && NOT_IDEMPOTENT.has(forwarding?.method ?? request.method))
      return false;
    if (body !== undefined && !body.canReplay) return false;
    // A kept connection that the upstream closed as we wrote: once more, whatever the service's retries are.
    if (lostRace && !this.raceRetried) {
      this.raceRetried = true;
      return true;
    }
    return this.attempts.length <= this.service.retries;
  }

  /** Lets go: a half-sent request is destroyed, never completed. */
  abandon(): void {
    this.connection?.destroy();
    this.forget();
  }

  /** Both sides of a tunnel have ended: what is still to be written is written. */
  leaveTunnel(): void {
    this.connection?.leave();
    this.forget();
  }

  private forget(): void {
    const { connection, endpoint } = this;
    this.connection = undefined;
    this.endpoint = undefined;
    if (endpoint === undefined) return;
    if (connection !== undefined) endpoint.active--;
    if (!this.reported) endpoint.abandoned(this.epoch);
  }

  pause(): void {
    this.connection?.pause();
  }

  resume(): void {
    this.connection?.resume();
  }

  /** The head of the response that is being relayed. */
  get head(): ResponseHead {
    return this.connection!.head;
  }

  /** Octets of a tunnel, from the client. */
  sendThrough(octets: Buffer): void {
    const connection = this.connection;
    if (connection === undefined) return;
    connection.expectWithin(this.service.readTimeoutMs);
    if (!connection.socket.write(octets)) this.exchange.client.pauseReading();
  }

  /** The client has ended its side of a tunnel. */
  endTunnel(): void {
    this.connection?.socket.end();
  }
}

/** Path and query as they go upstream. */
export function upstreamTarget(exchange: Exchange, plan: RoutePlan, matchedPath: string): string {
  const { request, forwarding, client } = exchange;
  const path = forwarding?.path ?? plan.upstreamPath(request.path, matchedPath);
  const { pathAndQuery } = client.head;
  // A bare `?` at the end is kept, as Kong keeps it.
  const hasQuery = request.query !== '' || pathAndQuery.charCodeAt(pathAndQuery.length - 1) === 0x3f;
  return hasQuery ? path + '?' + request.query : path;
}

export function requestHeadFor(
  exchange: Exchange,
  plan: RoutePlan,
  service: ServicePlan,
  endpoint: Endpoint,
  matchedPath: string,
  target: string,
): string {
  const { client, body, context, forwarding } = exchange;
  return upstreamRequestHead(context, client, client.head, {
    method: forwarding?.method ?? exchange.request.method,
    target,
    host:
      forwarding?.host ??
      (plan.preserveHost && client.head.authority !== ''
        ? client.head.authority
        : (service.fixedHost ?? service.hostFor(endpoint))),
    framing: body === undefined ? Framing.none : body.framing,
    contentLength: body === undefined ? 0 : body.contentLength,
    websocket: asksForWebsocket(client.head),
    requestId: exchange.id,
    strippedPrefix: plan.stripPath && matchedPath.length > 1 ? escapePath(matchedPath) : '',
  });
}

export function kindOf(error: GatewayError): 'connect' | 'timeout' | 'invalid_response' {
  switch (error) {
    case ERRORS.connectTimeout:
    case ERRORS.upstreamTimeout:
    case ERRORS.upstreamSendTimeout:
    case ERRORS.responseTimeout:
      return 'timeout';
    case ERRORS.connectRefused:
    case ERRORS.tlsFailed:
      return 'connect';
    default:
      return 'invalid_response';
  }
}
