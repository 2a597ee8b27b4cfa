/**
 * The supervisor's end of one worker thread: sends commands, waits a bounded time for the answer, keeps
 * its last report, says when it is gone. Decides nothing.
 */
import { Worker } from 'node:worker_threads';
import type { TapBatch } from '../../shared/observe/tap/tap.ts';
import {
  fromWire,
  type WorkerCommand,
  type WorkerData,
  type WorkerMessage,
  type WorkerReport,
  type WorkerRequest,
} from './protocol.ts';

export interface WorkerThreadOptions {
  readonly data: WorkerData;
  /** 0 = the runtime's. */
  readonly maxHeapBytes: number;
  readonly onReport: (report: WorkerReport) => void;
  readonly onTapped: (tap: number, batch: TapBatch) => void;
  /** Called once. `error` when an exception ended it. */
  readonly onGone: (exitCode: number, error: Error | undefined) => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

export class WorkerGone extends Error {
  constructor(slot: number) {
    super(`worker ${slot} ended`);
    this.name = 'WorkerGone';
  }
}

export class WorkerSilent extends Error {
  constructor(slot: number, what: string, timeoutMs: number) {
    super(`worker ${slot} did not answer to ${what} within ${timeoutMs} ms`);
    this.name = 'WorkerSilent';
  }
}

export class WorkerThread {
  readonly slot: number;
  /** The last thing it was told to serve; before that lower than any. */
  generation = -1;
  /** It serves a configuration, and takes others. */
  ready = false;
  /** It takes connections. */
  listening = false;
  gone = false;
  lastReport: WorkerReport | undefined;
  readonly started: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(options: WorkerThreadOptions) {
    this.slot = options.data.slot;
    const heapMb = Math.ceil(options.maxHeapBytes / 1024 ** 2);
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: `worker-${this.slot}`,
      workerData: options.data,
      ...(heapMb === 0 ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    let error: Error | undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    this.started = promise;
    this.#worker.on('error', (cause) => {
      error = cause instanceof Error ? cause : new Error(String(cause));
    });
    this.#worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'started') resolve();
      else if (message.type === 'report') {
        this.lastReport = message.report;
        options.onReport(message.report);
      } else if (message.type === 'tapped') options.onTapped(message.tap, message.batch);
      else this.#settle(message);
    });
    this.#worker.on('exit', (code) => {
      this.gone = true;
      this.ready = false;
      this.listening = false;
      const reason = error ?? new WorkerGone(this.slot);
      reject(reason);
      for (const waiting of this.#waiting.values()) {
        clearTimeout(waiting.timer);
        waiting.reject(reason);
      }
      this.#waiting.clear();
      options.onGone(code, error);
    });
  }

  /** Rejects with the worker's own error, `WorkerGone`, or `WorkerSilent` after `timeoutMs`. */
  ask(command: WorkerCommand, timeoutMs: number): Promise<unknown> {
    if (this.gone) return Promise.reject(new WorkerGone(this.slot));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new WorkerSilent(this.slot, command.type, timeoutMs));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#worker.postMessage({ id, command } satisfies WorkerRequest);
    });
  }

  /** Ends it at once, whatever it is doing. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(message: Extract<WorkerMessage, { type: 'done' | 'failed' }>): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.type === 'done') waiting.resolve(message.result);
    else waiting.reject(fromWire(message.error));
  }
}
