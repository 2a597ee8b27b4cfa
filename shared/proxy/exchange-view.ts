/**
 * The part of an exchange that plugins see (plugins/contract.ts): the request, who is asking, the response,
 * what it took, and the ways to end it. `Exchange` adds the life to it.
 */
import type { Consumer, PluginEntity, Route, Service } from '../config/entities.ts';
import { FieldLines } from '../http/field-lines.ts';
import { Field } from '../http/known-fields.ts';
import type { ObservedExchange } from '../observe/requests/observed-exchange.ts';
import type { Trace } from '../observe/requests/trace.ts';
import { type Direction, Outcome } from '../observe/traffic/traffic-key.ts';
import type {
  AccessExchange,
  Answer,
  Attempt,
  BodyWatcher,
  ExitOptions,
  FinishedExchange,
  Forwarding,
  PluginInstance,
  ResponseView,
  ResponseWatcher,
  Timings,
} from '../plugins/contract.ts';
import type { ClientConnection } from './client-connection.ts';
import { newRequestId, type ProxyContext } from './context.ts';
import { errorBody, formOfRequest } from './error-body.ts';
import type { GatewayError } from './errors.ts';
import { checkForwarding } from './forwarding.ts';
import { RequestBody } from './request-body.ts';
import type { HttpRequestView } from './request-view.ts';
import { ResponseWatchers } from './response-watchers.ts';
import type { RoutePlan } from './snapshot.ts';
import type { UpstreamLeg } from './upstream-leg.ts';

/** Where an exchange is on its way; the order is that of the path. */
export const Step = {
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
export interface Reply {
  readonly status: number;
  readonly headers: FieldLines;
  readonly body: Buffer;
  /** What Content-Length says when there is no body to measure; -1: the body's length. */
  readonly declaredLength: number;
}

const EMPTY = Buffer.alloc(0);
const NO_ATTEMPTS: readonly Attempt[] = Object.freeze([]);
const NO_LOG_FIELDS: ReadonlyMap<string, unknown> = new Map();

export abstract class ExchangeView implements AccessExchange, FinishedExchange, ObservedExchange {
  readonly id = newRequestId();
  readonly client: ClientConnection;
  readonly startedAt = Date.now();
  request!: HttpRequestView;
  response!: ResponseView;
  consumer: Consumer | undefined = undefined;
  credential: PluginEntity | undefined = undefined;
  abortReason: string | undefined = undefined;
  captures: Readonly<Record<string, string>> | undefined = undefined;

  readonly context: ProxyContext;
  body: RequestBody | undefined;
  /** What plugins want to be different about the request that goes upstream. */
  forwarding: Forwarding | undefined = undefined;
  /** Who looks at the upstream's response. */
  protected watchers: ResponseWatchers | undefined = undefined;
  protected step: number = Step.identify;
  protected plan: RoutePlan | undefined = undefined;
  protected leg: UpstreamLeg | undefined = undefined;
  protected reply: Reply | undefined = undefined;
  protected readonly startMs: number;
  protected endMs = 0;
  /** Set on the few requests whose steps are measured. */
  trace: Trace | undefined = undefined;
  matchedPath = '';
  reason: string | undefined = undefined;
  /** The last plugin that was called. */
  protected caller: PluginInstance | undefined = undefined;
  /** The plugin that gave the reply, and the one that has bounded the body. */
  protected ender: PluginInstance | undefined = undefined;
  protected bounder: PluginInstance | undefined = undefined;
  /** How the gateway itself ended it. */
  protected error: GatewayError | undefined = undefined;
  private fields: Map<string, unknown> | undefined = undefined;
  /** Plugin names and their notes in turn: a few at most. */
  private notes: unknown[] | undefined = undefined;
  private took: Timings | undefined = undefined;

  constructor(client: ClientConnection, hasBody: boolean) {
    this.client = client;
    this.context = client.context;
    this.startMs = this.context.deadlines.now();
    this.body = hasBody ? new RequestBody(this, client) : undefined;
  }

  get route(): Route | undefined {
    return this.plan?.route;
  }

  get service(): Service | undefined {
    return this.plan?.service?.service;
  }

  get attempts(): readonly Attempt[] {
    return this.leg?.attempts ?? NO_ATTEMPTS;
  }

  get upstreamTarget(): string | undefined {
    return this.leg?.target;
  }

  get upstreamStatus(): number | undefined {
    return this.leg?.status;
  }

  get bytesReceived(): number {
    return this.client.head.lines.text.length + (this.body?.received ?? 0);
  }

  get bytesSent(): number {
    return this.client.writer.bytesSent;
  }

  get timings(): Timings {
    // Several log plugins ask; by then nothing changes any more.
    return (this.took ??= this.measure());
  }

  private measure(): Timings {
    const { startMs, endMs, leg } = this;
    const total = endMs - startMs;
    if (leg === undefined || leg.sentMs === 0 || leg.headMs === 0) {
      return { total, gateway: total, upstream: -1, receive: -1 };
    }
    return {
      total,
      gateway: leg.sentMs - startMs,
      upstream: leg.headMs - leg.sentMs,
      receive: endMs - leg.headMs,
    };
  }

  get direction(): Direction {
    return this.client.listener.spec.role.kind;
  }

  get totalMs(): number {
    return this.endMs - this.startMs;
  }

  get upstreamMs(): number {
    const { leg } = this;
    return leg === undefined || leg.sentMs === 0 || leg.headMs === 0 ? -1 : leg.headMs - leg.sentMs;
  }

  /**
   * What came between the request and the upstream. The client's time for a body is not the gateway's: with one it
   * counts until an endpoint was chosen.
   */
  get addedMs(): number {
    const { leg } = this;
    if (leg === undefined) return this.endMs - this.startMs;
    if (leg.sentMs === 0 || leg.headMs === 0) return -1;
    return (this.body === undefined ? leg.sentMs : leg.chosenMs) - this.startMs;
  }

  get outcome(): number {
    const { error, response, abortReason } = this;
    if (error !== undefined && (abortReason !== undefined || response.status >= 400)) {
      if (error.status === 499) return Outcome.aborted;
      if (error.source === 'client') return this.ender === undefined ? Outcome.client : Outcome.plugin;
      return error.source === 'upstream' ? Outcome.upstream : Outcome.gateway;
    }
    if (abortReason !== undefined) return Outcome.client;
    if (response.status < 400) return Outcome.ok;
    if (this.ender !== undefined) return Outcome.plugin;
    return response.status >= 500 ? Outcome.upstream : Outcome.client;
  }

  abstract readonly endedBy: string | undefined;

  get errorCode(): string | undefined {
    return this.error?.code;
  }

  get logFields(): ReadonlyMap<string, unknown> {
    return this.fields ?? NO_LOG_FIELDS;
  }

  setLogField(name: string, value: unknown): void {
    this.fields ??= new Map();
    this.fields.set(name, value);
  }

  note(plugin: string, value: unknown): void {
    this.notes ??= [];
    const { notes } = this;
    for (let at = 0; at < notes.length; at += 2) {
      if (notes[at] === plugin) {
        notes[at + 1] = value;
        return;
      }
    }
    notes.push(plugin, value);
  }

  noted(plugin: string): unknown {
    const { notes } = this;
    if (notes === undefined) return undefined;
    for (let at = 0; at < notes.length; at += 2) if (notes[at] === plugin) return notes[at + 1];
    return undefined;
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
    if (this.step > Step.access) throw new Error('replaceBody is for the access phase');
    this.body ??= RequestBody.made(this, this.client);
    this.body.replace(body);
  }

  limitBody(bytes: number, status: number, message: string): void {
    if (this.step > Step.access) return;
    this.bounder = this.caller;
    this.body?.limit(bytes, status, message);
  }

  watchBody(watcher: BodyWatcher): void {
    if (this.step > Step.access) throw new Error('watchBody is for the access phase');
    if (this.body === undefined) watcher.ended();
    else this.body.watch(watcher);
  }

  forwardAs(change: Forwarding): void {
    checkForwarding(change);
    this.forwarding = this.forwarding === undefined ? change : { ...this.forwarding, ...change };
  }

  watchResponse(watcher: ResponseWatcher): void {
    if (this.step > Step.access) throw new Error('watchResponse is for the access phase');
    if (this.watchers !== undefined) this.watchers.add(watcher);
    else this.watchers = new ResponseWatchers(watcher, (error) => this.watcherFailed(error));
  }

  private watcherFailed(error: unknown): void {
    this.context.log.error('plugin failed', {
      phase: 'watchResponse',
      request_id: this.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  abstract askAgain(watcher: ResponseWatcher): boolean;

  protected replyWithAnswer(answer: Answer): void {
    this.reply = makeReply(answer.status, answer.body, undefined, answer);
  }

  fail(status: number, message: string, options?: ExitOptions): void {
    if (this.step >= Step.answer) return;
    this.reason = message;
    const { body, contentType } = errorBody(message, this.id, this.client.head.lines.valueOf(Field.accept));
    this.reply = makeReply(status, Buffer.from(body), contentType, options);
  }

  exit(status: number, body?: string | Buffer, options?: ExitOptions): void {
    if (this.step >= Step.answer) return;
    const octets = body === undefined ? EMPTY : typeof body === 'string' ? Buffer.from(body) : body;
    this.reply = makeReply(status, octets, undefined, options);
  }

  /** Ends with an error of the table, in Kong's error template. Returns false: there is a reply now. */
  protected refuse(error: GatewayError): false {
    return this.replyWith(error, 'json');
  }

  /** Errors from below the plugins choose plain text where the client does not say (Kong 4.7). */
  protected refuseBelow(error: GatewayError): false {
    return this.replyWith(error, formOfRequest(this.client.head.lines.valueOf(Field.contentType)));
  }

  private replyWith(error: GatewayError, fallback: Parameters<typeof errorBody>[3]): false {
    this.countError(error);
    this.reason = error.message;
    const { body, contentType } = errorBody(
      error.message,
      this.id,
      this.client.head.lines.valueOf(Field.accept),
      fallback,
    );
    this.reply = makeReply(error.status, Buffer.from(body), contentType, undefined);
    return false;
  }

  protected countError(error: GatewayError): void {
    this.error = error;
    this.context.metrics.countError(error.code, error.source);
  }
}

function makeReply(
  status: number,
  body: Buffer,
  contentType: string | undefined,
  options: ExitOptions | undefined,
): Reply {
  const headers = new FieldLines(1);
  if (contentType !== undefined) {
    headers.append('Content-Type', contentType);
    headers.append('X-Content-Type-Options', 'nosniff');
  }
  if (options?.headers !== undefined)
    for (const [name, value] of options.headers) headers.append(name, value);
  return { status, headers, body, declaredLength: options?.contentLength ?? -1 };
}
