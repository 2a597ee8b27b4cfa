/**
 * The life of one exchange, from the parsed request head to the log. `advance` is the whole path, top to
 * bottom, in the order in which a request meets it; everything below it is one step's detail or an event
 * that lets it go on.
 *
 * Nothing in here throws into a socket's event: a plugin that throws ends its own exchange and no other.
 */
import type { Consumer, PluginEntity, Route, Service } from '../config/entities.ts';
import { FieldLines, SKIP_NONE } from '../http/field-lines.ts';
import { Field, fieldSet } from '../http/known-fields.ts';
import type { Refusal } from '../http/refusals.ts';
import { Framing } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type {
  AccessExchange,
  Attempt,
  ExitOptions,
  FinishedExchange,
  MaybePromise,
  PluginInstance,
  ResponseView,
  Timings,
} from '../plugins/contract.ts';
import { normalisePath } from '../router/normalise-path.ts';
import { keepOctets, type ResponseSink, type UpstreamConnection } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/contract.ts';
import { ExchangeBalancerRequest } from './balancer-request.ts';
import type { ClientConnection } from './client-connection.ts';
import { newRequestId, type ProxyContext } from './context.ts';
import { errorBody, formOfRequest } from './error-body.ts';
import { ERRORS, type GatewayError } from './errors.ts';
import { generatedResponseHead, relayedResponseHead, upstreamRequestHead } from './message-heads.ts';
import { RequestBody } from './request-body.ts';
import { HttpRequestView } from './request-view.ts';
import { type Resolution, resolvePlan } from './resolve.ts';
import {
  type PluginPlan,
  type RoutePlan,
  releaseSnapshot,
  type ServicePlan,
  type Snapshot,
} from './snapshot.ts';
import { acceptsWebsocket, asksForWebsocket, switchingProtocols, websocketRefusal } from './tunnel.ts';

const Step = {
  identify: 0,
  rewrite: 1,
  match: 2,
  access: 3,
  balance: 4,
  connect: 5,
  forward: 6,
  await: 7,
  answer: 8,
  response: 9,
  relay: 10,
  done: 11,
} as const;

/** A response of our own, before it is written. */
interface Reply {
  status: number;
  readonly headers: FieldLines;
  readonly body: Buffer;
}

const EMPTY = Buffer.alloc(0);
const NO_LOG_FIELDS: Readonly<Record<string, unknown>> = Object.freeze(
  Object.create(null) as Record<string, unknown>,
);
const ALLOWED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Once sent, these are not sent again (Kong 5.2): a second time could do a second thing. */
const NOT_IDEMPOTENT = new Set(['POST', 'LOCK', 'PATCH']);

/** Fields of a 101 that are written anew. */
const SKIP_IN_101 = fieldSet(
  Field.connection,
  Field.upgrade,
  Field.contentLength,
  Field.transferEncoding,
  Field.keepAlive,
);

/** Filled and read within one call. */
const resolution: Resolution = { plan: undefined, match: undefined, error: ERRORS.noRoute };

export class Exchange implements AccessExchange, FinishedExchange, ResponseSink {
  readonly id = newRequestId();
  readonly client: ClientConnection;
  readonly startedAt: number;
  request!: HttpRequestView;
  consumer: Consumer | undefined = undefined;
  credential: PluginEntity | undefined = undefined;
  response!: ResponseView;
  attempts: Attempt[] = [];
  upstreamTarget: string | undefined = undefined;
  upstreamStatus: number | undefined = undefined;
  abortReason: string | undefined = undefined;

  private readonly context: ProxyContext;
  private readonly body: RequestBody | undefined;
  /** The body's first octets came in the same read as the head. */
  private readonly fed: boolean;
  private readonly startMs: number;
  private sentMs = 0;
  private headMs = 0;
  private endMs = 0;
  private step: number = Step.identify;
  private snapshot: Snapshot | undefined = undefined;
  private plan: RoutePlan | undefined = undefined;
  private plugins: PluginPlan | undefined = undefined;
  private matchedPath = '';
  private captured: Readonly<Record<string, string>> | undefined = undefined;
  private at = 0;
  /** The instances that ran, where that depends on the consumer. */
  private executed: PluginInstance[] | undefined = undefined;
  private reply: Reply | undefined = undefined;
  private balancing: ExchangeBalancerRequest | undefined = undefined;
  private endpoint: Endpoint | undefined = undefined;
  private epoch = 0;
  /** The endpoint has been told how this attempt went. */
  private reported = false;
  private connection: UpstreamConnection | undefined = undefined;
  private connectionWasReused = false;
  private raceRetried = false;
  private corked = false;
  private waiting = false;
  private fields: Record<string, unknown> | undefined = undefined;
  private notes: Map<string, unknown> | undefined = undefined;

  constructor(client: ClientConnection, hasBody: boolean, fed: boolean) {
    this.client = client;
    this.context = client.context;
    this.startMs = this.context.deadlines.now();
    this.startedAt = Date.now();
    this.fed = fed;
    this.body = hasBody ? new RequestBody(this, client) : undefined;
    client.writer.reset();
  }

  run(): void {
    const { metrics } = this.context;
    metrics.requestsTotal++;
    metrics.requestsActive++;
    metrics.requests.add(1);
    this.snapshot = this.context.snapshot;
    if (this.snapshot !== undefined) this.snapshot.active++;
    this.advance();
  }

  /** The path of a request. Each step either falls through to the next or waits for an event to call again. */
  private advance(): void {
    // Read the request once: one path, one host, one client address for everything that follows.
    if (this.step === Step.identify) {
      this.step = this.identify() ? Step.rewrite : Step.answer;
    }
    // Global plugins may look before the route is known: they can still change what is routed on.
    if (this.step === Step.rewrite) {
      if (this.runRewrite()) return;
      this.step = this.reply === undefined ? Step.match : Step.answer;
    }
    // Only now the route, from the snapshot this exchange holds until its end.
    if (this.step === Step.match) {
      this.step = this.match() ? Step.access : Step.answer;
    }
    // Policies decide before an endpoint is chosen, and so before anything costs the upstream.
    if (this.step === Step.access) {
      if (this.runAccess()) return;
      this.step = this.reply === undefined ? Step.balance : Step.answer;
    }
    // Chosen as late as possible: health and load are those of this moment. Retries come back here.
    if (this.step === Step.balance) {
      if (this.choose()) return;
      this.step = this.reply === undefined ? Step.connect : Step.answer;
    }
    // A kept connection if there is one.
    if (this.step === Step.connect) {
      if (this.connect()) return;
      this.step = Step.forward;
    }
    // The head is written in full, the body streams behind it.
    if (this.step === Step.forward) {
      this.forward();
      this.step = Step.await;
    }
    // A response of our own still meets the response plugins: CORS and rate-limit headers belong on a 401.
    if (this.step === Step.answer) {
      this.prepareAnswer();
      this.step = Step.response;
      this.at = 0;
    }
    // Status and headers are final after this.
    if (this.step === Step.response) {
      if (this.runResponse()) return;
      this.step = Step.relay;
      this.startResponse();
    }
    // `relay` goes on in onResponseBody and onResponseEnd; the log comes when the last octet has been written (`finish`).
  }

  // Step: identify.

  /** False when there is a reply already. */
  private identify(): boolean {
    const { client, context } = this;
    const { head } = client;
    const mark = head.pathAndQuery.indexOf('?', 1);
    const rawPath = mark < 0 ? head.pathAndQuery : head.pathAndQuery.slice(0, mark);
    const path = head.asterisk ? '*' : normalisePath(rawPath);
    this.request = new HttpRequestView(
      this,
      head.method,
      client.scheme,
      head.host,
      head.port < 0 ? client.localPort : head.port,
      path ?? rawPath,
      mark < 0 ? '' : head.pathAndQuery.slice(mark + 1),
      head.target,
      head.minorVersion === 1 ? '1.1' : '1.0',
      head.lines,
    );
    if (client.trusted) {
      const { realIpHeader, realIpRecursive } = context.settings;
      const value = head.lines.getAll(realIpHeader).join(',');
      client.ip = context.trusted.clientIp(client.peerIp, value === '' ? undefined : value, realIpRecursive);
    }
    if (this.snapshot === undefined) return this.refuse(ERRORS.noConfiguration);
    if (path === undefined) return this.refuseBelow(ERRORS.pathInvalid);
    const via = head.lines.find(Field.via);
    if (via >= 0 && head.lines.getAll('via').some((value) => value.includes(context.pseudonym))) {
      return this.refuse(ERRORS.loopDetected);
    }
    if (asksForWebsocket(head)) {
      const refusal = websocketRefusal(head);
      if (refusal !== undefined) {
        this.fail(refusal.status, refusal.message, { headers: [['Sec-WebSocket-Version', '13']] });
        return false;
      }
    }
    if (head.method === 'OPTIONS' && this.answersOptions()) {
      this.exit(204, undefined, { headers: [['Allow', ALLOWED]] });
      return false;
    }
    return true;
  }

  /** `OPTIONS *`, and OPTIONS that may go no further (RFC 9110 7.6.2, 9.3.7). */
  private answersOptions(): boolean {
    const { head } = this.client;
    if (head.asterisk) return true;
    const forwards = head.lines.valueOf(Field.maxForwards);
    if (forwards === undefined || !/^[0-9]{1,9}$/.test(forwards)) return false;
    if (Number(forwards) === 0) return true;
    head.lines.set('Max-Forwards', String(Number(forwards) - 1));
    return false;
  }

  // Step: rewrite.

  private runRewrite(): boolean {
    const chain = this.snapshot!.rewrite;
    while (this.at < chain.length && this.reply === undefined) {
      const plugin = chain[this.at++]!;
      if (this.call(plugin, 'rewrite')) return true;
    }
    return false;
  }

  // Step: match.

  private match(): boolean {
    const { client, request } = this;
    resolvePlan(this.snapshot!, client, request, resolution);
    const { plan, match } = resolution;
    if (plan === undefined) {
      this.plugins = this.snapshot!.unmatched;
      return this.refuse(resolution.error);
    }
    this.plan = plan;
    this.plugins = plan.plugins;
    if (match !== undefined) {
      this.matchedPath = match.matchedPath;
      this.captured = match.captures;
    }
    this.at = 0;
    if (!plan.plugins.fixed) this.executed = [];
    if (plan.httpsOnly && this.forwardedProto() !== 'https') return this.requireHttps(plan.route!);
    if (plan.grpcOnly) {
      const type = request.headers.get('content-type') ?? '';
      return this.refuse(type.startsWith('application/grpc') ? ERRORS.http2Required : ERRORS.nonGrpcRequest);
    }
    return true;
  }

  private forwardedProto(): string {
    const { client } = this;
    return (client.trusted ? client.head.lines.valueOf(Field.xForwardedProto) : undefined) ?? client.scheme;
  }

  private requireHttps(route: Route): false {
    const status = route.https_redirect_status_code;
    if (status === 426) {
      this.fail(426, ERRORS.httpsRequired.message, {
        headers: [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'TLS/1.2, HTTP/1.1'],
        ],
      });
      return false;
    }
    const { client, request } = this;
    const host =
      (client.trusted ? client.head.lines.valueOf(Field.xForwardedHost) : undefined) ?? request.host;
    this.exit(status, undefined, { headers: [['Location', `https://${host}${client.head.pathAndQuery}`]] });
    return false;
  }

  // Step: access.

  /** True while a plugin is being waited for. */
  private runAccess(): boolean {
    const plan = this.plugins!;
    if (plan.fixed) {
      const chain = plan.access;
      while (this.at < chain.length && this.reply === undefined) {
        if (this.call(chain[this.at++]!, 'access')) return true;
      }
    } else {
      // The consumer may become known on the way: each plugin's configuration is chosen at its turn.
      const { slots } = plan;
      while (this.at < slots.length) {
        const slot = slots[this.at++]!;
        const own = this.consumer === undefined ? undefined : slot.byConsumer?.get(this.consumer.id);
        const plugin = own ?? slot.general;
        if (plugin === undefined) continue;
        this.executed!.push(plugin);
        if (this.reply === undefined && plugin.access !== undefined && this.call(plugin, 'access'))
          return true;
      }
    }
    if (this.reply === undefined && this.plan!.service === undefined) this.refuse(ERRORS.noService);
    return false;
  }

  /** Calls one phase of one plugin. True when the exchange now waits for its promise. */
  private call(plugin: PluginInstance, phase: 'rewrite' | 'access' | 'response'): boolean {
    let pending: MaybePromise;
    try {
      pending = plugin[phase]!(this);
    } catch (error) {
      this.pluginFailed(plugin, phase, error);
      return false;
    }
    if (pending === undefined) return false;
    this.waiting = true;
    pending.then(
      () => this.proceed(),
      (error: unknown) => {
        this.pluginFailed(plugin, phase, error);
        this.proceed();
      },
    );
    return true;
  }

  private proceed(): void {
    this.waiting = false;
    if (this.step === Step.done) return;
    this.advance();
    if (this.connection !== undefined && this.step === Step.relay) this.connection.resume();
  }

  private pluginFailed(plugin: PluginInstance, phase: string, error: unknown): void {
    if (this.step === Step.done) return;
    const name = this.snapshot!.nameOf(plugin);
    this.context.log.error('plugin failed', {
      plugin: name,
      phase,
      request_id: this.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    this.abandonUpstream();
    this.reply = undefined;
    this.refuse(ERRORS.pluginFailed);
    // A response plugin that fails may have half-changed what is there: none of it is sent.
    if (phase === 'response') {
      this.prepareAnswer();
      this.at = Number.MAX_SAFE_INTEGER;
    }
  }

  // Step: balance.

  /** True while the first resolution of a name is awaited. */
  private choose(): boolean {
    const service = this.plan!.service!;
    this.balancing ??= new ExchangeBalancerRequest(this);
    const startMs = this.context.deadlines.now();
    const picked = service.balancer.pick(this.balancing);
    if (typeof picked === 'string') {
      if (picked === 'resolving') {
        this.waiting = true;
        void service.balancer.resolved().then(() => this.proceed());
        return true;
      }
      this.refuse(
        picked === 'no_peer'
          ? ERRORS.noPeer
          : picked === 'dns_not_found'
            ? ERRORS.nameNotFound
            : ERRORS.nameFailed,
      );
      return false;
    }
    this.endpoint = picked;
    this.epoch = picked.epoch;
    this.attempts.push({
      ip: picked.ip,
      port: picked.port,
      balancerStart: this.startedAt + Math.trunc(startMs - this.startMs),
      balancerLatencyMs: this.context.deadlines.now() - startMs,
      failure: undefined,
    });
    return false;
  }

  // Step: connect.

  private connect(): boolean {
    const service = this.plan!.service!;
    const endpoint = this.endpoint!;
    const pool = service.poolFor(endpoint);
    endpoint.active++;
    // The one attempt after a lost race takes a fresh connection: another kept one could be as stale.
    const kept = this.raceRetried ? undefined : pool.take();
    if (kept !== undefined) {
      this.connection = kept;
      this.connectionWasReused = true;
      return false;
    }
    this.connectionWasReused = false;
    this.connection = pool.connect();
    this.connection.await(this, service.connectTimeoutMs);
    return true;
  }

  onConnected(): void {
    this.step = Step.forward;
    this.advance();
  }

  // Step: forward.

  private forward(): void {
    const { client, body, request } = this;
    const plan = this.plan!;
    const service = plan.service!;
    const connection = this.connection!;
    const endpoint = this.endpoint!;
    const path = plan.upstreamPath(request.path, this.matchedPath);
    // A bare `?` at the end is kept, as Kong keeps it.
    const hasQuery =
      request.query !== '' ||
      client.head.pathAndQuery.charCodeAt(client.head.pathAndQuery.length - 1) === 0x3f;
    const target = hasQuery ? path + '?' + request.query : path;
    this.upstreamTarget = target;
    const plugins = this.plugins!;
    if (body !== undefined && plugins.requestBody.length > 0 && this.attempts.length === 1) {
      body.transformWith(
        this.executed === undefined
          ? plugins.requestBody
          : this.executed.filter((p) => p.requestBody !== undefined),
      );
    }
    connection.begin(this, request.method);
    const head = upstreamRequestHead(this.context, client, client.head, {
      method: request.method,
      target,
      host:
        plan.preserveHost && client.head.authority !== ''
          ? client.head.authority
          : (service.fixedHost ?? service.hostFor(endpoint)),
      framing: body === undefined ? Framing.none : body.framing,
      contentLength: body === undefined ? 0 : body.contentLength,
      websocket: asksForWebsocket(client.head),
      requestId: this.id,
      strippedPrefix: plan.stripPath && this.matchedPath.length > 1 ? this.matchedPath : '',
    });
    if (body === undefined) {
      connection.socket.write(head, 'latin1');
      connection.requestEnded();
      this.requestSent();
      return;
    }
    // The octets that came with the head leave with it, if their read is still being handled: see onClientReadEnd.
    if (this.fed && client.consuming && !body.ended) {
      connection.socket.cork();
      this.corked = true;
    }
    connection.socket.write(head, 'latin1');
    body.forwardTo(connection);
  }

  /** The request is with the upstream: its clock runs. */
  requestSent(): void {
    this.sentMs = this.context.deadlines.now();
    this.connection!.expectWithin(this.plan!.service!.readTimeoutMs, this.sentMs);
  }

  awaitUpstreamDrain(): void {
    this.connection!.expectWithin(this.plan!.service!.writeTimeoutMs, this.context.deadlines.now());
  }

  onRequestBody(piece: Buffer): void {
    this.body!.add(piece);
  }

  onRequestBodyEnd(trailers: FieldLines | undefined): void {
    this.body!.end(trailers);
  }

  onClientReadEnd(): void {
    if (!this.corked) return;
    this.corked = false;
    this.connection?.socket.uncork();
  }

  onDrain(): void {
    if (this.step === Step.relay && this.isTunnel) this.client.resumeReading();
    else this.body?.onUpstreamDrain();
  }

  // What the upstream sends.

  onInterim(head: ResponseHead): void {
    // 100 was ours to send; the others are the client's (RFC 9110 15.2), if it knows them.
    if (head.status === 100 || this.client.head.minorVersion === 0) return;
    this.client.write(`HTTP/1.1 ${head.status} ${head.reason}\r\n${head.lines.serialise(SKIP_IN_101)}\r\n`);
  }

  onResponseHead(head: ResponseHead): void {
    this.headMs = this.context.deadlines.now();
    if (this.sentMs === 0) this.sentMs = this.headMs;
    const endpoint = this.endpoint!;
    endpoint.observeLatency(this.headMs - this.sentMs);
    endpoint.succeeded(head.status, this.epoch);
    this.reported = true;
    this.upstreamStatus = head.status;
    if (head.status === 101) {
      this.startTunnel(head);
      return;
    }
    if (this.body !== undefined && !this.body.ended) this.body.discard();
    this.response = { status: head.status, headers: head.lines, source: 'upstream' };
    this.step = Step.response;
    this.at = 0;
    this.advance();
    if (this.waiting) this.connection?.pause();
  }

  onResponseBody(octets: Buffer, from: number, to: number): void {
    const transforms = this.responseTransforms;
    if (transforms === undefined) this.client.writer.piece(octets, from, to);
    else {
      const piece = this.transformResponse(transforms, Buffer.from(octets.subarray(from, to)), false);
      if (piece === undefined) return;
      this.client.writer.piece(piece, 0, piece.length);
    }
    if (this.client.blocked) this.connection?.pause();
  }

  onReadEnd(): void {
    if (this.step === Step.relay && !this.isTunnel) this.client.writer.flush();
  }

  onResponseEnd(trailers: FieldLines | undefined): void {
    this.connection = undefined;
    this.endpoint!.active--;
    this.endpoint = undefined;
    const transforms = this.responseTransforms;
    if (transforms !== undefined) {
      const piece = this.transformResponse(transforms, EMPTY, true);
      if (piece === undefined) return;
      this.client.writer.piece(piece, 0, piece.length);
    }
    this.client.writer.end(trailers);
    this.finish(undefined);
  }

  onFailure(error: GatewayError, reason: string, begun: boolean): void {
    this.connection = undefined;
    const endpoint = this.endpoint!;
    this.endpoint = undefined;
    endpoint.active--;
    if (this.isTunnel) {
      this.finishTunnel();
      return;
    }
    if (!this.reported)
      endpoint.failed(
        error === ERRORS.connectTimeout ||
          error === ERRORS.upstreamTimeout ||
          error === ERRORS.responseTimeout
          ? 'timeout'
          : error === ERRORS.connectRefused || error === ERRORS.tlsFailed
            ? 'connect'
            : 'invalid_response',
        this.epoch,
      );
    this.reported = false;
    const last = this.attempts.length - 1;
    this.attempts[last] = { ...this.attempts[last]!, failure: { code: error.code, status: error.status } };
    this.context.log.debug('attempt failed', {
      request_id: this.id,
      error: error.code,
      reason,
      ip: endpoint.ip,
      port: endpoint.port,
    });
    if (begun) {
      this.countError(error);
      this.client.cut();
      this.finish(error.code);
      return;
    }
    this.body?.detach();
    this.corked = false;
    if (this.mayRetry(error)) {
      this.context.metrics.countRetry(error.code);
      this.balancing!.tried.push(endpoint);
      this.sentMs = 0;
      this.step = Step.balance;
    } else {
      this.refuseBelow(error);
      this.step = Step.answer;
    }
    this.advance();
  }

  private mayRetry(error: GatewayError): boolean {
    if (error.retry === 'never') return false;
    if (error.retry === 'if_idempotent' && NOT_IDEMPOTENT.has(this.request.method)) return false;
    if (this.body !== undefined && !this.body.canReplay) return false;
    if (this.attempts.length <= this.plan!.service!.retries) return true;
    // A kept connection that the upstream closed as we wrote: once, whatever the service's retries are.
    if (this.connectionWasReused && error === ERRORS.upstreamClosed && !this.raceRetried) {
      this.raceRetried = true;
      return true;
    }
    return false;
  }

  // Steps: answer, response.

  private prepareAnswer(): void {
    const reply = this.reply!;
    this.body?.discard();
    this.response = { status: reply.status, headers: reply.headers, source: 'gateway' };
  }

  private runResponse(): boolean {
    const plan = this.plugins;
    if (plan === undefined) return false;
    const chain = this.executed ?? plan.response;
    while (this.at < chain.length) {
      const plugin = chain[this.at++]!;
      if (plugin.response !== undefined && this.call(plugin, 'response')) return true;
    }
    return false;
  }

  private startResponse(): void {
    if (this.response.source === 'gateway') this.writeReply();
    else this.writeRelayedHead();
  }

  private writeReply(): void {
    const { client, context, response } = this;
    const { head, writer } = client;
    const { status } = response;
    const bodiless = head.method === 'HEAD' || status === 204 || status === 304 || status < 200;
    let { body } = this.reply!;
    const transforms = this.responseTransforms;
    if (transforms !== undefined) body = this.transformResponse(transforms, body, true) ?? EMPTY;
    const keepAlive = client.mayKeepAlive;
    const upgrade = status === 426;
    writer.start(
      generatedResponseHead(
        context,
        (response.headers as FieldLines).serialise(upgrade ? SKIP_NONE : SKIP_FRAMING),
        {
          status,
          requestId: this.id,
          framing: Framing.length,
          contentLength: status === 204 || status < 200 ? -1 : body.length,
          keepAlive: keepAlive || upgrade,
          clientMinorVersion: upgrade ? 1 : head.minorVersion,
          proxyLatencyMs: Math.trunc(context.deadlines.now() - this.startMs),
          upstreamLatencyMs: 0,
          extraLines: this.extraLines(),
        },
      ),
      Framing.length,
    );
    if (!bodiless) writer.piece(body, 0, body.length);
    writer.end(undefined);
    this.finish(undefined, keepAlive);
  }

  private writeRelayedHead(): void {
    const { client, context, response } = this;
    const upstream = this.connection!.head;
    const http11 = client.head.minorVersion === 1;
    let framing = upstream.framing;
    let contentLength = -1;
    if (framing === Framing.none) {
      const bodiless = client.head.method === 'HEAD' || response.status === 304;
      if (bodiless) contentLength = upstream.declaredLength;
      else if (response.status !== 204) contentLength = 0;
    } else if (this.responseTransforms !== undefined) framing = Framing.chunked;
    else if (framing === Framing.length) contentLength = upstream.contentLength;
    else framing = Framing.chunked;
    if (framing === Framing.chunked && !http11) framing = Framing.untilClose;
    this.keepAlive = client.mayKeepAlive && framing !== Framing.untilClose;
    client.writer.start(
      relayedResponseHead(context, upstream, {
        status: response.status,
        requestId: this.id,
        framing,
        contentLength,
        keepAlive: this.keepAlive,
        clientMinorVersion: client.head.minorVersion,
        proxyLatencyMs: Math.trunc(this.sentMs - this.startMs),
        upstreamLatencyMs: Math.trunc(this.headMs - this.sentMs),
        extraLines: this.extraLines(),
      }),
      framing,
    );
  }

  private keepAlive = true;

  /** Lines that are rarely there: a balancer's cookie, debug headers. */
  private extraLines(): string {
    let out = '';
    const cookie = this.balancing?.issuedCookie;
    if (cookie !== undefined) out += `Set-Cookie: ${cookie}\r\n`;
    if (this.context.settings.allowDebugHeader && this.client.head.lines.get('kong-debug') === '1') {
      const { route, service } = this;
      if (route !== undefined)
        out += `Kong-Route-Id: ${route.id}\r\nKong-Route-Name: ${asFieldValue(route.name ?? '')}\r\n`;
      if (service !== undefined)
        out += `Kong-Service-Id: ${service.id}\r\nKong-Service-Name: ${asFieldValue(service.name ?? '')}\r\n`;
    }
    return out;
  }

  private get responseTransforms(): readonly PluginInstance[] | undefined {
    const plan = this.plugins;
    if (plan === undefined || plan.responseBody.length === 0) return undefined;
    return this.executed === undefined
      ? plan.responseBody
      : this.executed.filter((plugin) => plugin.responseBody !== undefined);
  }

  /** Undefined when a plugin has failed: the exchange has been ended. */
  private transformResponse(
    transforms: readonly PluginInstance[],
    piece: Buffer,
    last: boolean,
  ): Buffer | undefined {
    let octets = piece;
    for (const plugin of transforms) {
      try {
        octets = plugin.responseBody!(this, octets, last);
      } catch (error) {
        this.context.log.error('plugin failed', {
          plugin: this.snapshot!.nameOf(plugin),
          phase: 'responseBody',
          error: String(error),
        });
        this.abandonUpstream();
        this.client.cut();
        this.finish(ERRORS.pluginFailed.code);
        return undefined;
      }
    }
    return octets;
  }

  // What ends an exchange from the client's side.

  onClientDrain(): void {
    this.connection?.resume();
  }

  onClientGone(): void {
    if (this.step === Step.done) return;
    if (this.isTunnel) {
      this.abandonUpstream();
      this.finish(undefined);
      return;
    }
    this.countError(ERRORS.clientDisconnected);
    this.abandonUpstream();
    this.finish(ERRORS.clientDisconnected.code);
  }

  onClientTooSlow(): void {
    this.countError(ERRORS.clientTooSlow);
    this.abandonUpstream();
    this.finish(ERRORS.clientTooSlow.code);
  }

  /** The body was refused. True when the refusal can still be answered; the exchange is over either way. */
  onRequestRefused(refusal: Refusal): boolean {
    const answerable = !this.client.writer.started;
    this.abandonUpstream();
    this.finish(refusal.reason);
    return answerable;
  }

  /** Lets go of the upstream: its half-sent request is destroyed, never completed. */
  private abandonUpstream(): void {
    this.body?.discard();
    const { connection, endpoint } = this;
    this.connection = undefined;
    this.endpoint = undefined;
    connection?.destroy();
    if (endpoint !== undefined && connection !== undefined) {
      endpoint.active--;
      if (!this.reported) endpoint.abandoned(this.epoch);
    }
  }

  // Tunnels.

  private isTunnel = false;

  private startTunnel(head: ResponseHead): void {
    const { client } = this;
    if (!asksForWebsocket(client.head) || !acceptsWebsocket(client.head, head)) {
      this.abandonUpstream();
      this.refuseBelow(ERRORS.upgradeRefused);
      this.step = Step.answer;
      this.advance();
      return;
    }
    this.isTunnel = true;
    this.step = Step.relay;
    this.response = { status: 101, headers: head.lines, source: 'upstream' };
    client.writer.start(switchingProtocols(head.lines.serialise(SKIP_IN_101)), Framing.none);
    client.writer.flush();
    client.becomeTunnel();
  }

  onTunnelData(octets: Buffer, from: number, to: number): void {
    this.client.writer.bytesSent += to - from;
    if (!this.client.writeOctets(octets.subarray(from, to))) keepOctets(octets);
    if (this.client.blocked) this.connection?.pause();
  }

  onTunnelEnd(): void {
    this.finishTunnel();
  }

  onClientTunnelData(octets: Buffer): void {
    const connection = this.connection;
    if (connection === undefined) return;
    connection.expectWithin(this.plan!.service!.readTimeoutMs, this.context.deadlines.now());
    if (!connection.socket.write(octets)) this.client.pauseReading();
  }

  onClientTunnelEnd(): void {
    this.connection?.socket.end();
  }

  private finishTunnel(): void {
    this.abandonUpstream();
    this.keepAlive = false;
    this.finish(undefined);
  }

  // The end.

  private finish(abortReason: string | undefined, keepAlive = this.keepAlive): void {
    if (this.step === Step.done) return;
    this.step = Step.done;
    this.endMs = this.context.deadlines.now();
    this.abortReason = abortReason;
    this.response ??= { status: 499, headers: new FieldLines(1), source: 'gateway' };
    this.runLog();
    this.context.metrics.requestsActive--;
    if (this.snapshot !== undefined) releaseSnapshot(this.snapshot);
    if (abortReason === undefined) this.client.exchangeEnded(keepAlive);
  }

  private runLog(): void {
    const plan = this.plugins;
    if (plan === undefined) return;
    const chain = this.executed ?? plan.log;
    for (let i = 0; i < chain.length; i++) {
      const plugin = chain[i]!;
      if (plugin.log === undefined) continue;
      try {
        plugin.log(this);
      } catch (error) {
        this.context.log.error('plugin failed', {
          plugin: this.snapshot!.nameOf(plugin),
          phase: 'log',
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
    }
  }

  private countError(error: GatewayError): void {
    this.context.metrics.countError(error.code, error.source);
  }

  // What plugins see.

  get route(): Route | undefined {
    return this.plan?.route;
  }

  get service(): Service | undefined {
    return this.plan?.service?.service;
  }

  get servicePlan(): ServicePlan | undefined {
    return this.plan?.service;
  }

  get captures(): Readonly<Record<string, string>> | undefined {
    return this.captured;
  }

  get bytesReceived(): number {
    return this.client.head.lines.text.length + (this.body?.received ?? 0);
  }

  get bytesSent(): number {
    return this.client.writer.bytesSent;
  }

  get timings(): Timings {
    const { startMs, sentMs, headMs, endMs } = this;
    const total = endMs - startMs;
    const proxied = sentMs !== 0 && headMs !== 0;
    return {
      total,
      gateway: proxied ? sentMs - startMs : total,
      upstream: proxied ? headMs - sentMs : -1,
      receive: proxied ? endMs - headMs : -1,
    };
  }

  get logFields(): Readonly<Record<string, unknown>> {
    return this.fields ?? NO_LOG_FIELDS;
  }

  setLogField(name: string, value: unknown): void {
    this.fields ??= Object.create(null) as Record<string, unknown>;
    this.fields[name] = value;
  }

  note(plugin: string, value: unknown): void {
    this.notes ??= new Map();
    this.notes.set(plugin, value);
  }

  noted(plugin: string): unknown {
    return this.notes?.get(plugin);
  }

  authenticate(consumer: Consumer | undefined, credential: PluginEntity | undefined): void {
    this.consumer = consumer;
    this.credential = credential;
  }

  readBody(limit: number): Promise<Buffer | null> {
    if (this.step > Step.access) return Promise.reject(new Error('readBody is for the access phase'));
    return this.body === undefined ? Promise.resolve(EMPTY) : this.body.read(limit);
  }

  replaceBody(body: Buffer): void {
    if (this.body === undefined) throw new Error('the request has no body to replace');
    this.body.replace(body);
  }

  fail(status: number, message: string, options?: ExitOptions): void {
    const { body, contentType } = errorBody(message, this.id, this.client.head.lines.valueOf(Field.accept));
    this.setReply(status, Buffer.from(body), contentType, options);
  }

  exit(status: number, body?: string | Buffer, options?: ExitOptions): void {
    const octets = body === undefined ? EMPTY : typeof body === 'string' ? Buffer.from(body) : body;
    this.setReply(status, octets, undefined, options);
  }

  private setReply(
    status: number,
    body: Buffer,
    contentType: string | undefined,
    options: ExitOptions | undefined,
  ): void {
    if (this.step >= Step.answer) return;
    const headers = new FieldLines(1);
    if (contentType !== undefined) {
      headers.append('Content-Type', contentType);
      headers.append('X-Content-Type-Options', 'nosniff');
    }
    if (options?.headers !== undefined)
      for (const [name, value] of options.headers) headers.append(name, value);
    this.reply = { status, headers, body };
  }

  /** Ends with an error of the table, in Kong's error template. */
  private refuse(error: GatewayError): false {
    this.countError(error);
    const { body, contentType } = errorBody(
      error.message,
      this.id,
      this.client.head.lines.valueOf(Field.accept),
    );
    this.setReplyFor(error, body, contentType);
    return false;
  }

  /** Errors from below the plugins choose plain text where the client does not say (Kong 4.7). */
  private refuseBelow(error: GatewayError): false {
    this.countError(error);
    const { lines } = this.client.head;
    const fallback = formOfRequest(lines.valueOf(Field.contentType));
    const { body, contentType } = errorBody(error.message, this.id, lines.valueOf(Field.accept), fallback);
    this.setReplyFor(error, body, contentType);
    return false;
  }

  private setReplyFor(error: GatewayError, body: string, contentType: string): void {
    const headers = new FieldLines(1);
    headers.append('Content-Type', contentType);
    headers.append('X-Content-Type-Options', 'nosniff');
    this.reply = { status: error.status, headers, body: Buffer.from(body) };
  }
}

/** Framing and connection fields of a generated response are the gateway's own. */
const SKIP_FRAMING = fieldSet(
  Field.connection,
  Field.contentLength,
  Field.transferEncoding,
  Field.keepAlive,
  Field.upgrade,
  Field.trailer,
);

/** Names are UTF-8 in the configuration; a field value takes printable ASCII from them. */
function asFieldValue(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
