/** The request of a made-up exchange. */
import type { BodyWatcher, RequestView } from '../contract.ts';
import type { TestRequest } from './exchange.ts';
import { HeaderList } from './header-list.ts';

export class TestRequestView implements RequestView {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  query: string;
  readonly target: string;
  readonly httpVersion = '1.1';
  readonly headers: HeaderList;
  /** What a limit says about the body, when it is longer. */
  tooLong: { readonly status: number; readonly message: string } | undefined;
  #body: Buffer;

  constructor(request: TestRequest) {
    const target = request.path ?? '/';
    const mark = target.indexOf('?');
    this.method = request.method ?? 'GET';
    this.scheme = request.scheme ?? 'http';
    this.host = request.host ?? 'gateway.test';
    this.port = request.port ?? 8000;
    this.target = target;
    this.path = mark === -1 ? target : target.slice(0, mark);
    this.query = mark === -1 ? '' : target.slice(mark + 1);
    this.headers = new HeaderList(request.headers ?? []);
    this.#body = Buffer.from(request.body ?? '');
  }

  queryArgs(name: string): string[] {
    return new URLSearchParams(this.query).getAll(name);
  }

  removeQueryArg(name: string): void {
    this.query = this.query
      .split('&')
      .filter((part) => !new URLSearchParams(part).has(name))
      .join('&');
  }

  async readBody(limit: number): Promise<Buffer | null> {
    return this.#body.length > limit ? null : this.#body;
  }

  replaceBody(body: Buffer): void {
    this.#body = body;
  }

  limitBody(bytes: number, status: number, message: string): void {
    if (this.#body.length > bytes) this.tooLong = { status, message };
  }

  watchBody(watcher: BodyWatcher): void {
    if (this.#body.length > 0) watcher.piece(this.#body);
    watcher.ended();
  }

  takeBody(): Buffer {
    return this.#body;
  }
}
