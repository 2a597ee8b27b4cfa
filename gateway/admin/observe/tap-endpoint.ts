/**
 * `GET /_cardinal/tap`: live requests as server-sent events. A reader that is too slow loses rows and hears how many;
 * it never makes the gateway hold more for it.
 */
import type { Request, Response } from 'express';
import type { TapBatch } from '../../../shared/observe/tap/tap.ts';
import { MOST_TAPS } from '../../workers/pool-taps.ts';
import type { ObserveContext } from './context.ts';
import { filterArgument } from './filter-argument.ts';
import { QueryReader } from './query.ts';

const HEARTBEAT_MS = 15_000;
/** Numbers are told this often when they have changed. */
const COUNTERS_MS = 1_000;
/** What may wait in the connection before rows are dropped. */
const MOST_WAITING_BYTES = 256 * 1024;

export function getTap(context: ObserveContext, request: Request, response: Response): void {
  if (!context.tapEnabled) {
    response.status(403).json({ message: 'live traffic is switched off here: the setting tap is off' });
    return;
  }
  const query = new QueryReader(request);
  const terms = filterArgument(query);
  const options = {
    terms,
    percent: query.integer('sample', 1, 100, 100),
    maxPerSecond: query.integer('max_rps', 1, 1000, 100),
  };
  query.end();
  if (request.method === 'HEAD') {
    response.status(200).type('text/event-stream').end();
    return;
  }
  const stream = new TapStream(response);
  const close = context.pool.openTap({ options, onBatch: (batch) => stream.take(batch) });
  if (close === undefined) {
    response
      .status(429)
      .set('Retry-After', '5')
      .json({ message: `there are ${MOST_TAPS} who watch already; one of them must stop first` });
    return;
  }
  response.on('close', () => {
    close();
    stream.end();
  });
  stream.begin();
}

class TapStream {
  readonly #response: Response;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #total = { seen: 0, matched: 0, shown: 0, sampled_out: 0, dropped: 0 };
  #told = 0;

  constructor(response: Response) {
    this.#response = response;
  }

  begin(): void {
    this.#response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.#response.flushHeaders();
    this.#response.write(': watching\n\n');
    this.#timers.push(
      setInterval(() => this.#response.write(': still here\n\n'), HEARTBEAT_MS),
      setInterval(() => this.#tellCounters(), COUNTERS_MS),
    );
  }

  take({ rows, seen, matched, sampledOut, dropped }: TapBatch): void {
    const total = this.#total;
    total.seen += seen;
    total.matched += matched;
    total.sampled_out += sampledOut;
    total.dropped += dropped;
    if (rows.length === 0) return;
    if (this.#response.writableLength > MOST_WAITING_BYTES) {
      total.dropped += rows.length;
      return;
    }
    total.shown += rows.length;
    this.#response.write(rows.map((row) => `event: request\ndata: ${row}\n\n`).join(''));
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #tellCounters(): void {
    if (this.#total.seen === this.#told || this.#response.writableLength > MOST_WAITING_BYTES) return;
    this.#told = this.#total.seen;
    this.#response.write(`event: counters\ndata: ${JSON.stringify(this.#total)}\n\n`);
  }
}
