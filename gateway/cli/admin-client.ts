/**
 * Speaks to a running Admin API for the command line. What goes wrong on the way is told so that people know what
 * to do; what the API answers is left to the caller. Sends the token to that address alone, and never shows it.
 */
import { CliError } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';

const DEFAULT_URL = 'http://127.0.0.1:8001';
const TIMEOUT_MS = 60_000;
const PAGE_SIZE = 1_000;
const MAX_PAGES = 10_000;

type Row = Readonly<Record<string, unknown>>;

export interface AdminAnswer {
  readonly status: number;
  /** The JSON that came; undefined when there was no body. */
  readonly body: unknown;
}

/** An answer that is no success. */
export class AdminRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'AdminRefusal';
    this.status = status;
  }
}

export class AdminClient {
  /** For messages. */
  readonly address: string;
  readonly #base: string;
  readonly #source: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** Throws a CliError when the address is none. */
  constructor(flags: ReadonlyMap<string, string>, env: Readonly<Record<string, string | undefined>>) {
    const places = [
      ['--admin-url', flags.get('admin-url')],
      ['CARDINAL_ADMIN_URL', env['CARDINAL_ADMIN_URL']],
      ['KONG_ADMIN_URL', env['KONG_ADMIN_URL']],
    ] as const;
    const [source, text] = places.find(([, value]) => value !== undefined && value.trim() !== '') ?? [
      'the default',
      DEFAULT_URL,
    ];
    const url = URL.parse((text as string).trim());
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new CliError(`${source}: not an address like ${DEFAULT_URL}`, { exitCode: EXIT.usage });
    }
    if (url.username !== '' || url.password !== '') {
      throw new CliError(`${source}: an address holds no credentials`, {
        exitCode: EXIT.usage,
        help: ['the token goes into CARDINAL_ADMIN_TOKEN or --admin-token'],
      });
    }
    this.#source = source;
    this.#base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
    this.address = this.#base;
    const token = (flags.get('admin-token') ?? env['CARDINAL_ADMIN_TOKEN'] ?? '').trim();
    if (token !== '' && !/^[\x21-\x7e]+$/.test(token)) {
      throw new CliError('the token of the Admin API holds characters that no token has', {
        exitCode: EXIT.usage,
      });
    }
    this.#headers = {
      Accept: 'application/json',
      ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
    };
  }

  /** Rejects with a CliError when it cannot be asked, or does not let us in at all. */
  async send(method: string, path: string, body?: unknown): Promise<AdminAnswer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#base + path, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers:
          body === undefined ? this.#headers : { ...this.#headers, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      throw this.#unreachable(error);
    }
    const { status } = response;
    let parsed: unknown;
    try {
      parsed = text === '' ? undefined : JSON.parse(text);
    } catch {
      throw new CliError(`${this.address} answers, but not like an Admin API (${this.#source})`, {
        help: ['the address of the Admin API: --admin-url URL or CARDINAL_ADMIN_URL'],
      });
    }
    if (status === 401) {
      throw new CliError(`${this.address} does not let us in: ${messageOf(status, parsed)}`, {
        help: [
          'CARDINAL_ADMIN_TOKEN or --admin-token holds the token',
          'where the store is: cardinal token create --role write',
        ],
      });
    }
    return { status, body: parsed };
  }

  /**
   * An answer that goes on: its body as it comes. Rejects with a CliError when there is none, or with an AdminRefusal.
   * Ended by `signal`.
   */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = { ...this.#headers, Accept: 'text/event-stream' };
    let response: Response;
    try {
      response = await fetch(this.#base + path, { redirect: 'manual', signal, headers });
    } catch (error) {
      throw this.#unreachable(error);
    }
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (response.status === 200 && isStream && response.body !== null) return response.body;
    await response.body?.cancel();
    // What is wrong is told as for every other question.
    const answer = await this.send('GET', path);
    throw new AdminRefusal(answer.status, messageOf(answer.status, answer.body));
  }

  /** The body of a success. Rejects with an AdminRefusal otherwise. */
  async expect(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.send(method, path, body);
    if (answer.status < 200 || answer.status > 299) {
      throw new AdminRefusal(answer.status, messageOf(answer.status, answer.body));
    }
    return answer.body;
  }

  /** All pages of a collection; undefined when there is no such path. Rejects with a CliError. */
  async list(path: string): Promise<readonly Row[] | undefined> {
    const rows: Row[] = [];
    let offset = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const { status, body } = await this.send('GET', `${path}?size=${PAGE_SIZE}${offset}`);
      if (status === 404 && page === 0) return undefined;
      if (status !== 200) throw new CliError(`GET ${path}: ${messageOf(status, body)}`);
      const { data, offset: next } = (body ?? {}) as { data?: unknown; offset?: unknown };
      if (!Array.isArray(data)) throw new CliError(`GET ${path}: the answer is no list`);
      for (const row of data) rows.push(row as Row);
      if (typeof next !== 'string') return rows;
      offset = `&offset=${encodeURIComponent(next)}`;
    }
    throw new CliError(`GET ${path}: the list has no end`);
  }

  #unreachable(error: unknown): CliError {
    const cause = (error as { readonly cause?: unknown }).cause ?? error;
    const { code, name } = cause as NodeJS.ErrnoException;
    const at = `the Admin API at ${this.address} (${this.#source})`;
    const where = 'another address: --admin-url URL or CARDINAL_ADMIN_URL';
    if (name === 'TimeoutError')
      return new CliError(`${at} did not answer within ${TIMEOUT_MS / 1000} s`, {
        exitCode: EXIT.unavailable,
      });
    if (code === 'ECONNREFUSED') {
      return new CliError(`cannot reach ${at}: nothing listens there`, {
        exitCode: EXIT.unavailable,
        help: ['is it running? cardinal gateway', where],
        cause: error,
      });
    }
    if (/CERT|SIGNED|SSL|TLS|ISSUER/.test(code ?? '')) {
      return new CliError(`cannot trust ${at}: ${(cause as Error).message}`, {
        exitCode: EXIT.unavailable,
        help: ['an own CA: NODE_EXTRA_CA_CERTS=FILE'],
        cause: error,
      });
    }
    return new CliError(`cannot reach ${at}: ${code ?? (cause as Error).message}`, {
      exitCode: EXIT.unavailable,
      help: [where],
      cause: error,
    });
  }
}

function messageOf(status: number, body: unknown): string {
  const message = (body as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' && message !== '' ? message : `status ${status}`;
}
