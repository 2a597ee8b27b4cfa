/**
 * Asks the Admin API: the same origin, a path relative to the page. Never keeps an answer (queries do that), never holds
 * a token: the session is a cookie that no script sees, and `csrf` belongs to it.
 */
import { ApiProblem, problemOf } from './api-problem.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Told of what every answer says about the connection and the session. */
export interface ClientEvents {
  answered(): void;
  unreachable(): void;
  unauthorized(message: string): void;
  readOnly(message: string): void;
}

export interface ClientOptions {
  /** The Admin API's root, with a slash at its end. */
  readonly base: URL;
  readonly fetch: typeof fetch;
  readonly events: ClientEvents;
}

export class ApiClient {
  readonly #options: ClientOptions;
  /** The session's, for requests that change something. */
  csrf: string | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  url(path: string, query: Query = {}): URL {
    const url = new URL(path.replace(/^\//, ''), this.#options.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  /** The body of a 2xx answer; undefined for an empty one. Rejects with an ApiProblem, or as the signal aborts. */
  async ask<T = unknown>(path: string, ask: Ask = {}): Promise<T> {
    const response = await this.open(path, ask);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The answer itself, for bodies that are read as they come. Rejects like `ask`. */
  async open(path: string, { method = 'GET', query, body, signal }: Ask = {}): Promise<Response> {
    const { fetch, events } = this.#options;
    const asked = { method, path };
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (method !== 'GET' && this.csrf !== undefined) headers['X-Cardinal-CSRF'] = this.csrf;
    let response: Response;
    try {
      response = await fetch(this.url(path, query), {
        method,
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      events.unreachable();
      throw new ApiProblem(asked, 0, 'The gateway did not answer.');
    }
    events.answered();
    if (response.ok) return response;
    const problem = problemOf(asked, response.status, response.headers, await response.text());
    if (problem.status === 401) events.unauthorized(problem.message);
    if (problem.readOnly) events.readOnly(problem.message);
    throw problem;
  }
}
