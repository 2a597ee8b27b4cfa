/**
 * An open-loop load generator: requests leave at times drawn in advance (Poisson arrivals, seeded), whether
 * or not earlier ones have been answered, and latency counts from the time a request was meant to leave.
 * A closed-loop generator would wait for a stalled proxy and so hide the stall (coordinated omission).
 *
 * Runs as a process of its own: `node open-loop.ts '{"port":8000,...}'` prints one JSON object. It spins on
 * `setImmediate`, because timers tick at 1 ms and would send in bursts; it therefore fills its core.
 */

import { connect, type Socket } from 'node:net';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { ResponseScanner } from './response-scanner.ts';

export interface OpenLoopLoad {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests per second. */
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly seed: number;
}

export interface OpenLoopResult {
  readonly rate: number;
  readonly sent: number;
  readonly answered: number;
  /** Sent, or due, and not answered with 200. */
  readonly failed: number;
  /** Answers per second within the measured time, over the rate asked for. */
  readonly achieved: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** How late requests left, p99: the generator's own fault, not the proxy's. */
  readonly sendLagP99Us: number;
  /** [percentile, microseconds], the raw distribution. */
  readonly percentiles: readonly (readonly [number, number])[];
}

/** mulberry32: small, seeded, and good enough to draw arrival times. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Connection {
  readonly socket: Socket;
  readonly scanner: ResponseScanner;
  /** When the request in flight was meant to leave; NaN when there is none. */
  intendedMs: number;
}

/** Requests that wait for a free connection; beyond it the proxy cannot keep up and the run is void. */
const MAX_WAITING = 20_000;

export async function runOpenLoop(load: OpenLoopLoad): Promise<OpenLoopResult> {
  const head = Object.entries({ Host: `127.0.0.1:${load.port}`, ...load.headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const wire = Buffer.from(`GET ${load.path} HTTP/1.1\r\n${head}\r\n`, 'latin1');
  const random = seededRandom(load.seed);
  const latency = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 });
  const lag = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 });
  const idle: Connection[] = [];
  const waiting: number[] = [];
  let sent = 0;
  let answered = 0;
  let measureFromMs = 0;
  let ended = false;

  const send = (connection: Connection, intendedMs: number): void => {
    connection.intendedMs = intendedMs;
    connection.socket.write(wire);
    if (intendedMs >= measureFromMs) record(lag, performance.now() - intendedMs);
  };
  const onAnswer = (connection: Connection): void => {
    const intendedMs = connection.intendedMs;
    connection.intendedMs = Number.NaN;
    if (intendedMs >= measureFromMs) {
      record(latency, performance.now() - intendedMs);
      if (connection.scanner.status === 200) answered++;
    }
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else send(connection, next);
  };

  const all = await Promise.all(
    Array.from({ length: load.connections }, () => open(load.port)).map(async (opening) => {
      const socket = await opening;
      const connection: Connection = { socket, scanner: new ResponseScanner(), intendedMs: Number.NaN };
      socket.on('data', (chunk: Buffer) => {
        for (let done = connection.scanner.push(chunk); done > 0; done--) onAnswer(connection);
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        if (ended) return;
        const index = idle.indexOf(connection);
        if (index >= 0) idle.splice(index, 1);
      });
      return connection;
    }),
  );
  idle.push(...all);

  const startMs = performance.now();
  measureFromMs = startMs + load.warmUpSeconds * 1000;
  const endMs = measureFromMs + load.seconds * 1000;
  let nextMs = startMs;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const nowMs = performance.now();
      while (nextMs <= nowMs && nextMs < endMs) {
        if (nextMs >= measureFromMs) sent++;
        const connection = idle.pop();
        if (connection !== undefined) send(connection, nextMs);
        else if (waiting.length < MAX_WAITING) waiting.push(nextMs);
        nextMs += (-Math.log(1 - random()) * 1000) / load.rate;
      }
      // What has left is waited for a little: the slowest answers are the ones that matter.
      const drained = nextMs >= endMs && idle.length === all.length;
      if (drained || nowMs > endMs + 2000) resolve();
      else setImmediate(turn);
    };
    turn();
  });
  ended = true;
  for (const connection of all) connection.socket.destroy();

  const at = (histogram: RecordableHistogram, percentile: number): number =>
    histogram.count === 0 ? Number.NaN : histogram.percentile(percentile) / 1000;
  return {
    rate: load.rate,
    sent,
    answered,
    failed: sent - answered,
    achieved: answered / (load.rate * load.seconds),
    p50Us: at(latency, 50),
    p90Us: at(latency, 90),
    p99Us: at(latency, 99),
    p999Us: at(latency, 99.9),
    maxUs: latency.max / 1000,
    sendLagP99Us: at(lag, 99),
    percentiles: [...latency.percentiles].map(([percentile, ns]) => [percentile, Number(ns) / 1000]),
  };
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1_000_000)));
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

if (process.argv[1] === import.meta.filename) {
  const load = JSON.parse(process.argv[2] ?? '') as OpenLoopLoad;
  process.stdout.write(`${JSON.stringify(await runOpenLoop(load))}\n`);
}
