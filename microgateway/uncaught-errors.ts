/**
 * What happens to an exception that nobody caught. In one process beside one service, ending would cut every
 * request in flight for one that went wrong: it is logged and counted, and the process goes on. When they
 * keep coming, something is broken for good: then it drains and ends, and whoever started it starts it again.
 */
import type { Logger } from '../shared/observe/logger.ts';
import type { Counter } from '../shared/plugins/contract.ts';

export const MOST_ERRORS = 10;
export const WINDOW_MS = 60_000;

export class UncaughtErrors {
  readonly #log: Logger;
  readonly #counter: Counter;
  readonly #giveUp: () => void;
  readonly #now: () => number;
  readonly #recent: number[] = [];
  #gaveUp = false;

  constructor(
    log: Logger,
    counter: Counter,
    giveUp: () => void,
    now: () => number = () => performance.now(),
  ) {
    this.#log = log;
    this.#counter = counter;
    this.#giveUp = giveUp;
    this.#now = now;
  }

  report(error: unknown): void {
    const now = this.#now();
    this.#counter.add(1);
    this.#log.error('an exception was not caught; going on', {
      error: error instanceof Error ? error.message : String(error),
      origin: originOf(error),
    });
    this.#recent.push(now);
    while (this.#recent.length > 0 && now - (this.#recent[0] as number) > WINDOW_MS) this.#recent.shift();
    if (this.#recent.length <= MOST_ERRORS || this.#gaveUp) return;
    this.#gaveUp = true;
    this.#log.crit('too many uncaught exceptions: draining, to be started anew', {
      exceptions: this.#recent.length,
      windowMs: WINDOW_MS,
    });
    this.#giveUp();
  }
}

/** File and line in which it arose. */
function originOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? error.stack : undefined;
  return /\(?((?:file:\/\/)?\/[^\s()]+:\d+:\d+)\)?/.exec(stack ?? '')?.[1];
}
