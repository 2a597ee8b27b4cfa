/**
 * Posts bodies to one URL over kept connections and tells the status; what is answered is read and dropped. Node's
 * own client: nothing here is on the way of a request.
 */
import type { Agent, RequestOptions } from 'node:http';

export interface HttpPosterOptions {
  readonly url: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** How long an idle connection is kept. */
  readonly keepaliveMs: number;
  /** Verify certificates. Kong does not. */
  readonly verify: boolean;
  /** Leave the query of the URL out, as Kong does. */
  readonly dropQuery?: boolean;
}

const MAX_RESPONSE_BYTES = 1024 * 1024;

export class HttpPoster {
  readonly #request: typeof import('node:http').request;
  readonly #options: RequestOptions;
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  constructor(options: HttpPosterOptions) {
    const url = new URL(options.url);
    const secure = url.protocol === 'https:';
    const module = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
    this.#request = module.request as typeof import('node:http').request;
    this.#agent = new module.Agent({
      keepAlive: options.keepaliveMs > 0,
      timeout: Math.max(options.keepaliveMs, 1),
      maxFreeSockets: 2,
    });
    this.#timeoutMs = options.timeoutMs;
    const { username, password } = url;
    const auth =
      username === '' && password === ''
        ? {}
        : {
            Authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
          };
    this.#options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: options.dropQuery === true ? url.pathname : url.pathname + url.search,
      method: options.method ?? 'POST',
      agent: this.#agent,
      headers: { ...options.headers, ...auth },
      ...(secure ? { rejectUnauthorized: options.verify, servername: serverName(url.hostname) } : {}),
    } as RequestOptions;
  }

  /** Resolves with the status; rejects when there was no whole response in time. */
  post(body: Buffer | string): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = this.#request(
        {
          ...this.#options,
          headers: { ...this.#options.headers, 'Content-Length': Buffer.byteLength(body) } as never,
        },
        (response) => {
          let received = 0;
          response.on('data', (piece: Buffer) => {
            received += piece.length;
            if (received > MAX_RESPONSE_BYTES) request.destroy(new Error('the answer is too long'));
          });
          response.on('end', () => {
            clearTimeout(deadline);
            resolve(response.statusCode ?? 0);
          });
          response.on('error', fail);
        },
      );
      const fail = (error: Error): void => {
        clearTimeout(deadline);
        reject(error);
      };
      const deadline = setTimeout(
        () => request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      ).unref();
      request.on('error', fail);
      request.on('close', () => fail(new Error('the connection was closed')));
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}
