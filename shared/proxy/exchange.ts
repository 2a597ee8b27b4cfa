/**
 * The life of one exchange, from the parsed request head to the log. `advance` is the whole path, top to
 * bottom, in the order in which a request meets it; everything below it is one step's detail or an event
 * that lets it go on.
 *
 * Nothing in here throws into a socket's event: a plugin that throws ends its own exchange and no other.
 */
import type { Route } from '../config/entities.ts';
import { FieldLines, SKIP_NONE } from '../http/field-lines.ts';
import { Field, fieldSet } from '../http/known-fields.ts';
import type { Refusal } from '../http/refusals.ts';
import { Framing } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { Outcome } from '../observe/traffic/traffic-key.ts';
import type { PluginInstance, ResponseWatcher } from '../plugins/contract.ts';
import { headerText } from '../plugins/header-text.ts';
import { normalisePath } from '../router/normalise-path.ts';
import { BackgroundRequest } from './background-request.ts';
import { ERRORS, type GatewayError } from './errors.ts';
import { ExchangePlugins } from './exchange-plugins.ts';
import { Step } from './exchange-view.ts';
import { generatedResponseHead, relayedResponseHead } from './message-heads.ts';
import { HttpRequestView } from './request-view.ts';
import { type Resolution, resolvePlan } from './resolve.ts';
import { type PluginPlan, releaseSnapshot } from './snapshot.ts';
import { acceptsWebsocket, asksForWebsocket, switchingProtocols, websocketRefusal } from './tunnel.ts';
import { UpstreamLeg } from './upstream-leg.ts';
import { WebSocketTunnel } from './websocket-tunnel.ts';

const EMPTY = Buffer.alloc(0);
const ALLOWED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Framing and connection fields of a generated response are the gateway's own. */
const SKIP_FRAMING = fieldSet(
  Field.connection,
  Field.contentLength,
  Field.transferEncoding,
  Field.keepAlive,
  Field.upgrade,
  Field.trailer,
);

/** Fields of an interim response that are hop-by-hop, or written anew. */
const SKIP_IN_INTERIM = fieldSet(
  Field.connection,
  Field.upgrade,
  Field.contentLength,
  Field.transferEncoding,
  Field.keepAlive,
);

/** Filled and read within one call. */
const resolution: Resolution = { plan: undefined, match: undefined, error: ERRORS.noRoute };

export class Exchange extends ExchangePlugins {
  private keepAlive = true;
  /** A watcher has answered in the upstream's place; what is still to come of its response is dropped. */
  private replaced = false;
  private tunnel: WebSocketTunnel | undefined = undefined;

  get startedMs(): number {
    return this.startMs;
  }

  run(): void {
    const { metrics } = this.context;
    metrics.requestsTotal++;
    metrics.requestsActive++;
    metrics.requests.add(1);
    this.client.writer.reset();
    this.trace = this.context.observer.trace(this.context.deadlines.now, this.startMs);
    this.snapshot = this.context.snapshot;
    if (this.snapshot !== undefined) {
      this.snapshot.active++;
      // Until a route is known: what is refused before meets the global plugins' response and log as well.
      this.plugins = this.snapshot.unmatched;
    }
    this.advance();
  }

  /** The path of a request. Each step falls through to the next, or waits for an event that calls again. */
  private advance(): void {
    // Read the request once: one path, one host, one client address for everything that follows.
    if (this.step === Step.identify) {
      this.step = this.identify() ? Step.rewrite : Step.answer;
      this.trace?.lap('read');
    }
    // Global plugins may look before the route is known: they can still change what is routed on.
    if (this.step === Step.rewrite) {
      if (this.runRewrite()) return;
      this.step = this.reply === undefined ? Step.match : Step.answer;
    }
    // Only now the route, from the snapshot that this exchange holds until its end.
    if (this.step === Step.match) {
      this.step = this.match() ? Step.access : Step.answer;
      this.trace?.lap('route');
    }
    // Policies decide before an endpoint is chosen, and so before anything costs the upstream.
    if (this.step === Step.access) {
      if (this.runAccess()) return;
      this.step = this.startLeg() ? Step.balance : Step.answer;
    }
    // As late as possible: health and load are those of this moment. Retries come back here.
    if (this.step === Step.balance) {
      if (this.choose()) return;
      this.step = this.reply === undefined ? Step.connect : Step.answer;
    }
    // A kept connection if there is one; a new one is waited for.
    if (this.step === Step.connect) {
      if (this.leg!.connect()) return;
      this.step = Step.forward;
    }
    // The head leaves in full, the body streams behind it, and then it is the upstream's turn.
    if (this.step === Step.forward) {
      this.step = Step.await;
      this.leg!.forward(this.matchedPath);
      return;
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
    // From here the body is relayed (`onUpstreamBody`); the log comes with its last octet (`finish`).
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
    if (
      head.lines.find(Field.via) >= 0 &&
      head.lines.getAll('via').some((via) => via.includes(context.pseudonym))
    ) {
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

  // Step: match.

  private match(): boolean {
    const { client, request } = this;
    resolvePlan(this.snapshot!, client, request, resolution);
    const { plan, match } = resolution;
    this.at = 0;
    if (plan === undefined) return this.refuse(resolution.error);
    this.plan = plan;
    this.plugins = plan.plugins;
    if (match !== undefined) {
      this.matchedPath = match.matchedPath;
      this.captures = match.captures;
    }
    if (plan.httpsOnly && this.forwardedProto() !== 'https') {
      this.executeForNobody(plan.plugins);
      return this.requireHttps(plan.route!);
    }
    if (plan.grpcOnly) {
      this.executeForNobody(plan.plugins);
      const type = request.headers.get('content-type') ?? '';
      return this.refuse(type.startsWith('application/grpc') ? ERRORS.http2Required : ERRORS.nonGrpcRequest);
    }
    if (!plan.plugins.fixed) this.executed = [];
    return true;
  }

  /** No access phase will say who is asking: response and log are those for requests without a consumer. */
  private executeForNobody(plan: PluginPlan): void {
    if (plan.fixed) return;
    this.executed = [];
    for (const { general } of plan.slots) if (general !== undefined) this.executed.push(general);
  }

  private forwardedProto(): string {
    const { client } = this;
    return (client.trusted ? client.head.lines.valueOf(Field.xForwardedProto) : undefined) ?? client.scheme;
  }

  private requireHttps(route: Route): false {
    const { client, request } = this;
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
    const host =
      (client.trusted ? client.head.lines.valueOf(Field.xForwardedHost) : undefined) ?? request.host;
    this.exit(status, undefined, { headers: [['Location', `https://${host}${client.head.pathAndQuery}`]] });
    return false;
  }

  protected proceed(): void {
    this.waiting = false;
    if (this.step === Step.done) return;
    this.advance();
    if (this.step === Step.relay) this.leg?.resume();
  }

  // Steps: balance, connect, forward.

  private startLeg(): boolean {
    if (this.reply !== undefined) return false;
    const service = this.plan!.service;
    if (service === undefined) return this.refuse(ERRORS.noService);
    const { body } = this;
    const transforms = this.withPhase('requestBody');
    if (body !== undefined && transforms.length > 0) body.transformWith(transforms);
    const destination = this.forwarding?.destination;
    const goes = destination === undefined ? service : this.snapshot!.redirected(service, destination);
    if (goes === undefined) return this.refuse(ERRORS.overloaded);
    this.leg = new UpstreamLeg(this, this.plan!, goes);
    return true;
  }

  /** True while the first resolution of a name is awaited. */
  private choose(): boolean {
    // The body has turned out too long while a name was being resolved.
    if (this.reply !== undefined) return false;
    const obstacle = this.leg!.choose();
    if (obstacle === undefined) return false;
    if (obstacle === 'resolving') {
      this.waiting = true;
      void this.leg!.resolved().then(() => this.proceed());
      return true;
    }
    this.refuse(obstacle);
    this.tellFailed(obstacle.status);
    return false;
  }

  askAgain(watcher: ResponseWatcher): boolean {
    const service = this.plan?.service;
    if (this.step !== Step.access || service === undefined) return false;
    const destination = this.forwarding?.destination;
    const goes = destination === undefined ? service : this.snapshot!.redirected(service, destination);
    if (goes === undefined) return false;
    return BackgroundRequest.start(this, this.snapshot!, this.plan!, goes, this.matchedPath, watcher);
  }

  onUpstreamConnected(): void {
    this.step = Step.forward;
    this.advance();
  }

  onRetry(): void {
    this.step = Step.balance;
    this.advance();
  }

  onRequestBody(piece: Buffer): void {
    this.body!.add(piece);
  }

  onRequestBodyEnd(trailers: FieldLines | undefined): void {
    this.body!.end(trailers);
  }

  onClientReadEnd(): void {
    this.leg?.onClientReadEnd();
  }

  // What the upstream sends.

  onInterim(head: ResponseHead): void {
    // 100 was ours to send; the others are the client's (RFC 9110 15.2), if it knows them.
    if (head.status === 100 || this.client.head.minorVersion === 0) return;
    this.client.write(
      `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.lines.serialise(SKIP_IN_INTERIM)}\r\n`,
    );
  }

  onUpstreamHead(head: ResponseHead): void {
    if (head.status === 101) {
      this.startTunnel(head);
      return;
    }
    if (this.body !== undefined && !this.body.ended) this.body.discard();
    if (this.watchers !== undefined) {
      const answer = this.watchers.head(head.status, head.lines);
      if (answer !== undefined) {
        this.replaced = true;
        this.replyWithAnswer(answer);
        // Without a body the response is over in a moment, and its connection can be used again.
        if (head.framing === Framing.none) return;
        this.leg!.abandon();
        this.step = Step.answer;
        this.advance();
        return;
      }
    }
    this.response = { status: head.status, headers: head.lines, source: 'upstream' };
    this.step = Step.response;
    this.at = 0;
    this.advance();
    if (this.waiting) this.leg!.pause();
  }

  onUpstreamBody(octets: Buffer, from: number, to: number): void {
    const { client } = this;
    if (this.watchers !== undefined) this.watchers.piece(octets.subarray(from, to));
    if (this.plugins!.responseBody.length === 0) client.writer.piece(octets, from, to);
    else {
      const piece = this.transformResponse(Buffer.from(octets.subarray(from, to)), false);
      if (piece === undefined) return;
      client.writer.piece(piece, 0, piece.length);
    }
    if (client.blocked) this.leg!.pause();
  }

  onUpstreamReadEnd(): void {
    if (this.step === Step.relay && !this.leg!.isTunnel) this.client.writer.flush();
  }

  onUpstreamEnd(trailers: FieldLines | undefined): void {
    if (this.replaced) {
      this.step = Step.answer;
      this.advance();
      return;
    }
    this.watchers?.ended();
    this.watchers = undefined;
    const { writer } = this.client;
    if (this.plugins!.responseBody.length > 0) {
      const piece = this.transformResponse(EMPTY, true);
      if (piece === undefined) return;
      writer.piece(piece, 0, piece.length);
    }
    writer.end(trailers);
    this.finish(undefined);
  }

  /** No attempt is left. `begun`: the client has part of a response, and must see that it is cut. */
  onUpstreamFailed(error: GatewayError, begun: boolean): void {
    if (begun) {
      this.countError(error);
      this.client.cut();
      this.finish(error.code);
      return;
    }
    if (!this.replaced) {
      this.refuseBelow(error);
      this.tellFailed(error.status);
    }
    this.step = Step.answer;
    this.advance();
  }

  /** Nothing more comes for those who watch; the first answer that they give replaces the reply. */
  private tellFailed(status: number): void {
    const { watchers } = this;
    if (watchers === undefined) return;
    this.watchers = undefined;
    const answer = watchers.failed(status);
    if (answer !== undefined) this.replyWithAnswer(answer);
  }

  // Steps: answer, response, relay.

  protected prepareAnswer(): void {
    const reply = this.reply!;
    this.body?.discard();
    this.response = { status: reply.status, headers: reply.headers, source: 'gateway' };
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
    let body: Buffer | undefined = this.reply!.body;
    if (this.withPhase('responseBody').length > 0) body = this.transformResponse(body, true);
    if (body === undefined) return;
    const lines = response.headers as FieldLines;
    const { declaredLength } = this.reply!;
    const declared = declaredLength < 0 ? body.length : declaredLength;
    // 426 speaks through Connection: it says `Upgrade` there, and nothing else may.
    const upgrade = status === 426;
    this.keepAlive = client.mayKeepAlive;
    writer.start(
      generatedResponseHead(
        context,
        lines.serialise(upgrade ? SKIP_NONE : SKIP_FRAMING),
        {
          status,
          requestId: this.id,
          framing: Framing.length,
          contentLength:
            status === 204 || status === 304 || status < 200 ? -1 : bodiless ? declared : body.length,
          keepAlive: this.keepAlive || upgrade,
          clientMinorVersion: upgrade ? 1 : head.minorVersion,
          proxyLatencyMs: Math.trunc(context.deadlines.now() - this.startMs),
          upstreamLatencyMs: 0,
          extraLines: this.extraLines(),
        },
        lines,
      ),
      Framing.length,
    );
    if (!bodiless) writer.piece(body, 0, body.length);
    writer.end(undefined);
    this.finish(undefined);
  }

  private writeRelayedHead(): void {
    const { client, context, response } = this;
    const leg = this.leg!;
    const upstream = leg.head;
    // A plugin may have made it a status that has no body: the upstream's is read and dropped (ResponseWriter).
    let framing: number =
      response.status === 204 || response.status === 304 ? Framing.none : upstream.framing;
    let contentLength = -1;
    if (framing === Framing.none) {
      if (client.head.method === 'HEAD' || response.status === 304) contentLength = upstream.declaredLength;
      else if (response.status !== 204) contentLength = 0;
    } else if (framing === Framing.length && this.withPhase('responseBody').length === 0)
      contentLength = upstream.contentLength;
    else framing = Framing.chunked;
    // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
    if (framing === Framing.chunked && client.head.minorVersion === 0) framing = Framing.untilClose;
    this.keepAlive = client.mayKeepAlive && framing !== Framing.untilClose;
    client.writer.start(
      relayedResponseHead(context, upstream, {
        status: response.status,
        requestId: this.id,
        framing,
        contentLength,
        keepAlive: this.keepAlive,
        clientMinorVersion: client.head.minorVersion,
        proxyLatencyMs: Math.trunc(leg.sentMs - this.startMs),
        upstreamLatencyMs: Math.trunc(leg.headMs - leg.sentMs),
        extraLines: this.extraLines(),
      }),
      framing,
    );
  }

  /** Lines that are rarely there: a balancer's cookie, debug headers. */
  private extraLines(): string {
    let out = '';
    const cookie = this.leg?.balancing.issuedCookie;
    if (cookie !== undefined) out += `Set-Cookie: ${cookie}\r\n`;
    if (this.context.settings.allowDebugHeader && this.client.head.lines.get('kong-debug') === '1') {
      const { route, service } = this;
      if (route !== undefined)
        out += `Kong-Route-Id: ${route.id}\r\nKong-Route-Name: ${headerText(route.name ?? '')}\r\n`;
      if (service !== undefined)
        out += `Kong-Service-Id: ${service.id}\r\nKong-Service-Name: ${headerText(service.name ?? '')}\r\n`;
    }
    return out;
  }

  /** A plugin's `requestBody` has thrown: what has been sent of the request must not look complete. */
  onTransformFailed(plugin: PluginInstance, error: unknown): void {
    this.logFailure(plugin, 'requestBody', error);
    this.abandonUpstream();
    if (this.step === Step.relay || this.step === Step.response) this.cutShort(ERRORS.pluginFailed);
    else {
      this.refuse(ERRORS.pluginFailed);
      this.step = Step.answer;
      this.advance();
    }
  }

  /** The request body has passed a limit that a plugin set. */
  onBodyTooLong(status: number, message: string): void {
    if (this.step === Step.relay) {
      this.cutShort(ERRORS.bodyTooLarge);
      return;
    }
    // In the answer and response steps the outcome is settled already, and nobody waits for the body.
    if (this.step >= Step.answer) return;
    this.countError(ERRORS.bodyTooLarge);
    this.ender ??= this.bounder;
    this.fail(status, message);
    // A plugin or a name is being waited for: what comes then finds the reply.
    if (this.waiting || this.running) return;
    this.abandonUpstream();
    this.step = Step.answer;
    this.advance();
  }

  // What ends an exchange before its time.

  protected cutShort(error: GatewayError): void {
    this.countError(error);
    this.abandonUpstream();
    this.client.cut();
    this.finish(error.code);
  }

  onClientDrain(): void {
    this.leg?.resume();
  }

  onClientGone(): void {
    if (this.step === Step.done) return;
    const tunnel = this.leg?.isTunnel === true;
    if (!tunnel) this.countError(ERRORS.clientDisconnected);
    this.abandonUpstream();
    this.finish(tunnel ? undefined : ERRORS.clientDisconnected.code);
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

  protected abandonUpstream(): void {
    this.body?.discard();
    this.leg?.abandon();
  }

  // Tunnels.

  private startTunnel(head: ResponseHead): void {
    const { client } = this;
    const leg = this.leg!;
    if (!asksForWebsocket(client.head) || !acceptsWebsocket(client.head, head)) {
      this.abandonUpstream();
      this.refuseBelow(ERRORS.upgradeRefused);
      this.step = Step.answer;
      this.advance();
      return;
    }
    leg.isTunnel = true;
    this.tunnel = new WebSocketTunnel(client, leg);
    this.step = Step.relay;
    this.response = { status: 101, headers: head.lines, source: 'upstream' };
    client.writer.start(switchingProtocols(head.lines.serialise(SKIP_IN_INTERIM)), Framing.none);
    client.writer.flush();
    client.becomeTunnel();
    // The handshake was under way when the drain began.
    if (client.listener.draining) this.tunnel.goAway();
  }

  onTunnelData(octets: Buffer, from: number, to: number): void {
    this.tunnel!.fromUpstream(octets, from, to);
  }

  /** The upstream has ended its side. */
  onUpstreamTunnelEnd(): void {
    this.tunnel!.onUpstreamEnd();
    if (this.tunnel!.over) this.onTunnelOver();
  }

  /** Both sides have ended theirs, or the upstream is gone. */
  onTunnelOver(): void {
    this.leg?.leaveTunnel();
    this.keepAlive = false;
    this.finish(undefined);
  }

  onClientTunnelData(octets: Buffer): void {
    this.tunnel!.fromClient(octets);
  }

  onClientTunnelEnd(): void {
    this.tunnel!.onClientEnd();
    if (this.tunnel!.over) this.onTunnelOver();
  }

  onDraining(): void {
    this.tunnel?.goAway();
  }

  // The end.

  private finish(abortReason: string | undefined): void {
    if (this.step === Step.done) return;
    this.step = Step.done;
    if (this.watchers !== undefined) this.tellFailed(0);
    this.endMs = this.context.deadlines.now();
    this.abortReason = abortReason;
    this.response ??= { status: 499, headers: new FieldLines(1), source: 'gateway' };
    this.trace?.lap('relay');
    this.runLog();
    this.observe();
    this.context.metrics.requestsActive--;
    if (this.snapshot !== undefined) releaseSnapshot(this.snapshot);
    if (abortReason === undefined) this.client.exchangeEnded(this.keepAlive);
  }

  /** Counts it, and has it looked at when there is a reason. Reads no clock. */
  private observe(): void {
    const { leg, response, outcome, addedMs, upstreamMs, totalMs } = this;
    const { observer } = this.context;
    const { counters } = observer;
    const key = this.plan === undefined ? counters.unmatched(this.direction) : this.plan.traffic;
    const tunnel = leg?.isTunnel === true;
    counters.count(
      key,
      response.status,
      outcome,
      tunnel ? -1 : totalMs,
      upstreamMs,
      addedMs,
      leg === undefined || leg.attempts.length === 0 ? 0 : leg.attempts.length - 1,
      this.consumer,
      leg?.chosen,
    );
    if (this.ender !== undefined) counters.countEnded(this.direction, this.endedBy!, response.status);
    const refused = observer.looksAtRefusals && response.source === 'gateway' && outcome !== Outcome.ok;
    if (refused || observer.watched || this.trace !== undefined || totalMs >= observer.slowMs)
      observer.look(this, this.endMs);
  }
}
