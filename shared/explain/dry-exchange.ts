/** An exchange that never happens: what a plugin's access phase sees and says, with nothing behind it. */
import type { Consumer, PluginEntity, Route, Service } from '../config/entities.ts';
import type { AccessExchange, BodyWatcher, ClientView, Forwarding } from '../plugins/contract.ts';
import { HttpRequestView } from '../proxy/request-view.ts';
import type { ReadRequest } from './request.ts';

export interface DryAnswer {
  readonly status: number;
  readonly message: string | null;
}

const EMPTY = Buffer.alloc(0);

export class DryExchange implements AccessExchange {
  readonly id = '0'.repeat(32);
  readonly startedAt: number;
  readonly request: HttpRequestView;
  readonly client: ClientView;
  readonly route: Route | undefined;
  readonly service: Service | undefined;
  readonly captures: Readonly<Record<string, string>> | undefined;
  consumer: Consumer | undefined;
  credential: PluginEntity | undefined = undefined;
  forwarding: Forwarding = {};
  answer: DryAnswer | undefined = undefined;
  readonly #notes = new Map<string, unknown>();

  constructor(
    request: ReadRequest,
    about: {
      readonly clientIp: string;
      readonly route: Route | undefined;
      readonly service: Service | undefined;
      readonly captures: Readonly<Record<string, string>> | undefined;
      readonly consumer: Consumer | undefined;
      readonly now: number;
    },
  ) {
    this.startedAt = about.now;
    this.route = about.route;
    this.service = about.service;
    this.captures = about.captures;
    this.consumer = about.consumer;
    const { scheme, sni } = request;
    this.client = {
      ip: about.clientIp,
      peerIp: about.clientIp,
      peerPort: 0,
      tls: scheme === 'https' ? { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', sni } : undefined,
    };
    this.request = new HttpRequestView(
      {
        readBody: () => Promise.resolve(EMPTY),
        replaceBody() {},
        limitBody() {},
        watchBody(watcher: BodyWatcher) {
          watcher.ended();
        },
      },
      request.method,
      scheme,
      request.host,
      request.port,
      request.path ?? '/',
      request.query,
      request.target,
      '1.1',
      request.headers,
    );
  }

  setLogField(): void {}

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

  /** No upstream answers here. */
  watchResponse(): void {}

  askAgain(): boolean {
    return false;
  }

  forwardAs(change: Forwarding): void {
    this.forwarding = { ...this.forwarding, ...change };
  }

  fail(status: number, message: string): void {
    this.answer ??= { status, message };
  }

  exit(status: number, body?: string | Buffer): void {
    const text = typeof body === 'string' && body.length <= 200 ? body : null;
    this.answer ??= { status, message: text };
  }
}
