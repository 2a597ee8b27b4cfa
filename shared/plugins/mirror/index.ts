/**
 * mirror: sends copies of requests to another place, where a new version can be watched under real traffic. The
 * answers are read and dropped. A copy never slows its request: what cannot be sent in time is dropped and counted.
 */
import { type AccessExchange, type BodyWatcher, definePlugin } from '../contract.ts';
import { Copies } from './copies.ts';
import schema from './schema.ts';

/** Marks copies, so that a mirror that leads back here does not copy copies for ever. */
const MARK = 'X-Cardinal-Mirror';
const NOT_COPIED = new Set([
  'host',
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'proxy',
  'http2-settings',
]);

export default definePlugin({
  name: 'mirror',
  version: '1.0.0',
  priority: 1,
  schema,
  create(config, kit) {
    const { url, percentage, max_body_bytes: maxBody } = config;
    const family = kit.metrics.counter(
      'cardinal_mirrored_requests_total',
      'Copies of requests by what became of them',
      ['url', 'outcome'],
    );
    const outcomes = {
      sent: family.with(url, 'sent'),
      failed: family.with(url, 'failed'),
      dropped: family.with(url, 'dropped'),
    };
    const options = {
      url,
      timeoutMs: config.timeout,
      maxConcurrency: config.max_concurrency,
      maxWaiting: config.max_waiting,
    };
    const copies = kit.keep(
      JSON.stringify(options),
      () => new Copies({ ...options, onDone: (outcome) => outcomes[outcome].add(1) }),
      (open) => open.close(),
    );
    const own = ['Host', new URL(url).host, MARK, '1', ...Object.entries(config.headers ?? {}).flat()];
    const ownNames = new Set(Object.keys(config.headers ?? {}).map((name) => name.toLowerCase()));

    function headersOf(exchange: AccessExchange): string[] {
      const lines = [...own];
      const { headers } = exchange.request;
      // What Connection names is for this hop alone (RFC 9110 7.6.1).
      const hop = headers
        .getAll('connection')
        .join(',')
        .toLowerCase()
        .split(/\s*,\s*/);
      headers.forEach((name, value) => {
        const lower = name.toLowerCase();
        if (!NOT_COPIED.has(lower) && !ownNames.has(lower) && !hop.includes(lower)) lines.push(name, value);
      });
      return lines;
    }

    return {
      access(exchange) {
        if (percentage < 100 && Math.random() * 100 >= percentage) return;
        const { request } = exchange;
        if (request.headers.has(MARK)) return;
        const length = Number(request.headers.get('content-length') ?? 0);
        if (length > maxBody) {
          outcomes.dropped.add(1);
          return;
        }
        const target = encodeTarget(request.path) + (request.query === '' ? '' : `?${request.query}`);
        request.watchBody(
          new CopyInMaking(copies, request.method, target, headersOf(exchange), maxBody, () =>
            outcomes.dropped.add(1),
          ),
        );
      },
    };
  },
});

/** The path is normalised; what may not stand in a request line is escaped. */
function encodeTarget(path: string): string {
  return path.replace(/[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]+/g, (run) =>
    encodeURIComponent(run.toWellFormed()),
  );
}

class CopyInMaking implements BodyWatcher {
  readonly #copies: Copies;
  readonly #method: string;
  readonly #target: string;
  readonly #headers: string[];
  readonly #onTooLong: () => void;
  #left: number;
  #body: Buffer[] = [];

  constructor(
    copies: Copies,
    method: string,
    target: string,
    headers: string[],
    maxBody: number,
    onTooLong: () => void,
  ) {
    this.#copies = copies;
    this.#method = method;
    this.#target = target;
    this.#headers = headers;
    this.#left = maxBody;
    this.#onTooLong = onTooLong;
  }

  piece(octets: Buffer): void {
    if (this.#left < 0) return;
    this.#left -= octets.length;
    if (this.#left >= 0) this.#body.push(octets);
    else {
      this.#body = [];
      this.#onTooLong();
    }
  }

  ended(): void {
    if (this.#left < 0) return;
    const length = this.#body.reduce((sum, piece) => sum + piece.length, 0);
    if (length > 0) this.#headers.push('Content-Length', String(length));
    this.#copies.send({
      method: this.#method,
      target: this.#target,
      headers: this.#headers,
      body: this.#body,
    });
  }
}
