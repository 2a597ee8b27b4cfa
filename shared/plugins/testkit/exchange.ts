/** One made-up exchange that plays all its phases' parts. */
import type { Consumer, PluginEntity, Route, Service } from '../../config/entities.ts';
import type {
  AccessExchange,
  Answer,
  Attempt,
  ClientView,
  ExitOptions,
  FinishedExchange,
  Forwarding,
  PluginInstance,
  ResponseView,
  ResponseWatcher,
  Timings,
} from '../contract.ts';
import type { HarnessResult } from '../testkit.ts';
import { type HeaderInput, HeaderList } from './header-list.ts';
import { TestRequestView } from './request.ts';

export interface TestRequest {
  readonly method?: string;
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
  readonly port?: number;
  /** May have a query. */
  readonly path?: string;
  readonly headers?: HeaderInput;
  readonly body?: string | Buffer;
  readonly ip?: string;
  readonly tls?: ClientView['tls'];
  readonly connection?: ClientView['connection'];
  readonly captures?: Readonly<Record<string, string>>;
  /** As if an earlier plugin had authenticated them. */
  readonly consumer?: Consumer;
  readonly credential?: PluginEntity;
}

export interface TestUpstream {
  readonly status?: number;
  readonly headers?: HeaderInput;
  readonly body?: string | Buffer;
  readonly timings?: Partial<Timings>;
  readonly attempts?: readonly Attempt[];
  readonly abortReason?: string;
  /** There is no response, only the gateway's own with this status. */
  readonly unreachable?: number;
}

export interface Exit {
  readonly status: number;
  /** Set when it was a `fail`. */
  readonly message: string | undefined;
  readonly body: string;
}

export class TestExchange implements AccessExchange, FinishedExchange {
  readonly id: string;
  readonly request: TestRequestView;
  readonly client: ClientView;
  readonly route: Route | undefined;
  readonly service: Service | undefined;
  readonly captures: Readonly<Record<string, string>> | undefined;
  readonly startedAt: number;
  consumer: Consumer | undefined;
  credential: PluginEntity | undefined;
  timings: Timings = { total: 12, gateway: 2, upstream: 8, receive: 2 };
  bytesReceived = 100;
  bytesSent = 200;
  attempts: readonly Attempt[] = [];
  upstreamTarget: string | undefined;
  upstreamStatus: number | undefined;
  abortReason: string | undefined;
  readonly logFields = new Map<string, unknown>();
  exited: Exit | undefined;
  forwarding: Forwarding = {};
  #response: (ResponseView & { headers: HeaderList }) | undefined;
  #clientBody = '';
  #upstreamGot: HarnessResult['upstream'];
  /** What `askAgain` was given; the test plays the upstream. */
  readonly askedAgain: { readonly watcher: ResponseWatcher; readonly headers: HarnessResult['headers'] }[] =
    [];
  #watchers: ResponseWatcher[] = [];
  readonly #notes = new Map<string, unknown>();

  constructor(options: {
    id: string;
    request: TestRequest;
    route: Route | undefined;
    service: Service | undefined;
    now: number;
  }) {
    const { request } = options;
    this.id = options.id;
    this.request = new TestRequestView(request);
    this.route = options.route;
    this.service = options.service;
    this.startedAt = options.now;
    this.captures = request.captures;
    this.consumer = request.consumer;
    this.credential = request.credential;
    const ip = request.ip ?? '192.0.2.1';
    this.client = { ip, peerIp: ip, peerPort: 50_000, tls: request.tls, connection: request.connection };
  }

  get response(): ResponseView & { headers: HeaderList } {
    if (this.#response === undefined) throw new Error('there is no response in this phase');
    return this.#response;
  }

  setLogField(name: string, value: unknown): void {
    this.logFields.set(name, value);
  }

  note(plugin: string, value: unknown): void {
    this.#notes.set(plugin, value);
  }

  noted(plugin: string): unknown {
    return this.#notes.get(plugin);
  }

  authenticate(consumer: Consumer | undefined, credential: PluginEntity | undefined): void {
    this.consumer = consumer;
    this.credential = credential;
  }

  forwardAs(change: Forwarding): void {
    this.forwarding = { ...this.forwarding, ...change };
  }

  watchResponse(watcher: ResponseWatcher): void {
    this.#watchers.push(watcher);
  }

  askAgain(watcher: ResponseWatcher): boolean {
    this.askedAgain.push({ watcher, headers: this.request.headers.toObject() });
    return true;
  }

  fail(status: number, message: string, options?: ExitOptions): void {
    const body = `{\n  "message":"${message}",\n  "request_id":"${this.id}"\n}`;
    this.#end({ status, message, body }, 'application/json; charset=utf-8', options);
  }

  exit(status: number, body: string | Buffer = '', options?: ExitOptions): void {
    this.#end({ status, message: undefined, body: String(body) }, undefined, options);
  }

  #end(exit: Exit, contentType: string | undefined, options: ExitOptions = {}): void {
    if (this.exited !== undefined) throw new Error('the exchange has ended already');
    this.exited = exit;
    const headers = new HeaderList(options.headers ?? []);
    if (contentType !== undefined) headers.set('Content-Type', contentType);
    this.#response = { status: exit.status, headers, source: 'gateway' };
    this.#clientBody = exit.body;
  }

  /** Asks the made-up upstream unless the exchange has ended, and runs the response phases. */
  async answer(instance: PluginInstance, upstream: TestUpstream): Promise<void> {
    const { tooLong } = this.request;
    if (this.exited === undefined && tooLong !== undefined) this.fail(tooLong.status, tooLong.message);
    let body = Buffer.from(this.#clientBody);
    if (this.exited === undefined) {
      const sent = this.request.takeBody();
      this.#upstreamGot = {
        ...this.forwarding,
        headers: this.request.headers.toObject(),
        query: this.request.query,
        body: String(instance.requestBody === undefined ? sent : instance.requestBody(this, sent, true)),
      };
      this.upstreamTarget = this.request.path + (this.request.query === '' ? '' : `?${this.request.query}`);
      this.upstreamStatus = upstream.unreachable ?? upstream.status ?? 200;
      const headers = new HeaderList(upstream.headers ?? []);
      this.#response = { status: this.upstreamStatus, headers, source: 'upstream' };
      this.attempts = upstream.attempts ?? [
        {
          ip: '127.0.0.1',
          port: 80,
          balancerStart: this.startedAt,
          balancerLatencyMs: 0.1,
          failure: undefined,
        },
      ];
      body = Buffer.from(upstream.body ?? 'ok');
      const instead = this.#tellWatchers(upstream, headers, body);
      if (instead !== undefined) {
        this.exit(instead.status, instead.body, instead);
        body = Buffer.from(instead.body);
      }
    } else {
      for (const watcher of this.#watchers) watcher.failed(0);
      this.timings = { total: 2, gateway: -1, upstream: -1, receive: -1 };
    }
    this.timings = { ...this.timings, ...upstream.timings };
    this.abortReason = upstream.abortReason;
    await instance.response?.(this);
    if (instance.responseBody !== undefined) body = instance.responseBody(this, body, true) as typeof body;
    this.#clientBody = String(body);
  }

  #tellWatchers(upstream: TestUpstream, headers: HeaderList, body: Buffer): Answer | undefined {
    let answer: Answer | undefined;
    for (const watcher of this.#watchers) {
      if (upstream.unreachable !== undefined) answer ??= watcher.failed(upstream.unreachable);
      else answer ??= watcher.head(upstream.status ?? 200, headers);
    }
    if (answer !== undefined || upstream.unreachable !== undefined) return answer;
    for (const watcher of this.#watchers) {
      watcher.piece(body);
      if (upstream.abortReason === undefined) watcher.ended();
      else watcher.failed(0);
    }
    return undefined;
  }

  result(): HarnessResult {
    return {
      exit: this.exited,
      status: this.response.status,
      headers: this.response.headers.toObject(),
      body: this.#clientBody,
      upstream: this.#upstreamGot,
      consumer: this.consumer,
      credential: this.credential,
      logFields: Object.fromEntries(this.logFields),
      exchange: this,
    };
  }
}
