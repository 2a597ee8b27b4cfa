/**
 * A request as plugins see it, inside the process of the service: no sockets of a proxy, no second parse. The whole
 * body is in memory, because that is how the service got it.
 */
import type { Consumer, PluginEntity, Route, Service } from '../../shared/config/entities.ts';
import { FieldLines } from '../../shared/http/field-lines.ts';
import type {
  AccessExchange,
  Attempt,
  BodyWatcher,
  ClientView,
  ExitOptions,
  FinishedExchange,
  Forwarding,
  ResponseView,
  Timings,
} from '../../shared/plugins/contract.ts';
import { newRequestId } from '../../shared/proxy/context.ts';
import { errorBody } from '../../shared/proxy/error-body.ts';
import { HttpRequestView } from '../../shared/proxy/request-view.ts';
import type { RoutePlan } from '../../shared/proxy/snapshot.ts';
import type { AppAnswer, AppRequest } from '../services/app-request.ts';

const NO_ATTEMPTS: readonly Attempt[] = [];

export class EmbeddedExchange implements AccessExchange, FinishedExchange {
  readonly id = newRequestId();
  readonly startedAt = Date.now();
  readonly request: HttpRequestView;
  readonly client: ClientView;
  response!: ResponseView;
  consumer: Consumer | undefined = undefined;
  credential: PluginEntity | undefined = undefined;
  captures: Readonly<Record<string, string>> | undefined = undefined;
  plan: RoutePlan | undefined = undefined;
  forwarding: Forwarding | undefined = undefined;
  reply: AppAnswer | undefined = undefined;
  body: Buffer;
  bytesSent = 0;
  readonly logFields = new Map<string, unknown>();
  readonly attempts = NO_ATTEMPTS;
  upstreamTarget: string | undefined = undefined;
  upstreamStatus: number | undefined = undefined;
  readonly abortReason = undefined;
  private readonly notes = new Map<string, unknown>();
  private readonly startMs = performance.now();
  private askedMs = -1;
  private answeredMs = -1;

  constructor(request: AppRequest) {
    const mark = request.target.indexOf('?');
    const path = mark < 0 ? request.target : request.target.slice(0, mark);
    this.body = request.body;
    this.client = {
      ip: request.peerIp,
      peerIp: request.peerIp,
      peerPort: request.peerPort,
      tls: undefined,
    };
    this.request = new HttpRequestView(
      this,
      request.method,
      'http',
      hostOf(request.headers.get('host') ?? ''),
      request.localPort,
      path,
      mark < 0 ? '' : request.target.slice(mark + 1),
      request.target,
      '1.1',
      request.headers,
    );
  }

  get route(): Route | undefined {
    return this.plan?.route;
  }

  get service(): Service | undefined {
    return this.plan?.service?.service;
  }

  get bytesReceived(): number {
    return this.body.length;
  }

  get timings(): Timings {
    const nowMs = performance.now();
    const total = nowMs - this.startMs;
    if (this.askedMs < 0) return { total, gateway: total, upstream: -1, receive: -1 };
    return {
      total,
      gateway: this.askedMs - this.startMs,
      upstream: this.answeredMs - this.askedMs,
      receive: nowMs - this.answeredMs,
    };
  }

  asked(target: string): void {
    this.askedMs = performance.now();
    this.upstreamTarget = target;
  }

  answered(status: number): void {
    this.answeredMs = performance.now();
    this.upstreamStatus = status;
  }

  setLogField(name: string, value: unknown): void {
    this.logFields.set(name, value);
  }

  note(plugin: string, value: unknown): void {
    this.notes.set(plugin, value);
  }

  noted(plugin: string): unknown {
    return this.notes.get(plugin);
  }

  authenticate(consumer: Consumer | undefined, credential: PluginEntity | undefined): void {
    this.consumer = consumer;
    this.credential = credential;
  }

  async readBody(limit: number): Promise<Buffer | null> {
    return this.body.length > limit ? null : this.body;
  }

  replaceBody(body: Buffer): void {
    this.body = body;
  }

  limitBody(bytes: number, status: number, message: string): void {
    if (this.body.length > bytes) this.fail(status, message);
  }

  watchBody(watcher: BodyWatcher): void {
    if (this.body.length > 0) watcher.piece(this.body);
    watcher.ended();
  }

  /** The application is the upstream, and answers after the plugins: there is nothing to watch or to ask again. */
  watchResponse(): void {}

  askAgain(): boolean {
    return false;
  }

  forwardAs(change: Forwarding): void {
    if (change.destination !== undefined)
      throw new Error('a request that is in its service already cannot be sent to another destination');
    this.forwarding = { ...this.forwarding, ...change };
  }

  fail(status: number, message: string, options?: ExitOptions): void {
    const { body, contentType } = errorBody(message, this.id, this.request.headers.get('accept'));
    this.end(status, Buffer.from(body), contentType, options);
  }

  exit(status: number, body?: string | Buffer, options?: ExitOptions): void {
    this.end(status, Buffer.from(body ?? ''), undefined, options);
  }

  private end(status: number, body: Buffer, contentType: string | undefined, options?: ExitOptions): void {
    const headers = new FieldLines(1);
    if (contentType !== undefined) {
      headers.append('Content-Type', contentType);
      headers.append('X-Content-Type-Options', 'nosniff');
    }
    for (const [name, value] of options?.headers ?? []) headers.append(name, value);
    this.reply = { status, headers, body };
  }
}

function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
}
