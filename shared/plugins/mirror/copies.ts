/**
 * Sends copies of requests and forgets the answers. At most so many are under way and so many wait; the oldest
 * that waits is dropped. Nothing here is ever waited for by a request.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';

const { get } = { get: (secure: boolean) => process.getBuiltinModule(secure ? 'node:https' : 'node:http') };

export interface Copy {
  readonly method: string;
  /** Path and query behind the mirror's own path. */
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: readonly Buffer[];
}

export interface CopiesOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  readonly maxWaiting: number;
  readonly onDone: (outcome: 'sent' | 'failed' | 'dropped') => void;
}

export class Copies {
  readonly #options: CopiesOptions;
  readonly #request: (
    options: RequestOptions,
    onResponse: (response: IncomingMessage) => void,
  ) => ReturnType<typeof import('node:http').request>;
  readonly #base: RequestOptions;
  readonly #path: string;
  readonly #agent: import('node:http').Agent;
  #waiting: Copy[] = [];
  #active = 0;

  constructor(options: CopiesOptions) {
    this.#options = options;
    const url = new URL(options.url);
    const secure = url.protocol === 'https:';
    const module = get(secure);
    this.#request = module.request;
    this.#agent = new module.Agent({ keepAlive: true, maxSockets: options.maxConcurrency, timeout: 60_000 });
    this.#path = url.pathname.replace(/\/$/, '');
    this.#base = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      agent: this.#agent,
      timeout: options.timeoutMs,
      setHost: false,
    };
  }

  send(copy: Copy): void {
    if (this.#active < this.#options.maxConcurrency) {
      this.#start(copy);
      return;
    }
    this.#waiting.push(copy);
    if (this.#waiting.length <= this.#options.maxWaiting) return;
    this.#waiting.shift();
    this.#options.onDone('dropped');
  }

  close(): void {
    for (const _ of this.#waiting) this.#options.onDone('dropped');
    this.#waiting = [];
    this.#agent.destroy();
  }

  #start(copy: Copy): void {
    this.#active++;
    let over = false;
    const end = (outcome: 'sent' | 'failed'): void => {
      if (over) return;
      over = true;
      clearTimeout(deadline);
      this.#active--;
      this.#options.onDone(outcome);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next);
    };
    const request = this.#request(
      {
        ...this.#base,
        method: copy.method,
        path: this.#path + copy.target,
        headers: copy.headers as string[],
      },
      (response) => {
        response.on('error', () => end('failed'));
        response.on('end', () => end('sent'));
        response.on('close', () => end('failed'));
        response.resume();
      },
    );
    // The whole copy, also a response that never ends.
    const deadline = setTimeout(() => request.destroy(), this.#options.timeoutMs).unref();
    request.on('error', () => end('failed'));
    request.on('close', () => end('failed'));
    request.on('socket', (socket) => socket.unref());
    for (const piece of copy.body) request.write(piece);
    request.end();
  }
}
