/**
 * Chunks that leave a fixed time after they came, in order. Timers of the runtime tick at 1 ms, so for the last
 * stretch the thread sleeps in the kernel for some microseconds at a time, between looks at its sockets: precise to
 * about a tenth of a millisecond without keeping a core busy. How precise it really was is measured.
 */

export interface Clock {
  now(): number;
  setTimer(ms: number, run: () => void): void;
  /** Runs after pending events of sockets. */
  soon(run: () => void): void;
  /** Holds the thread. */
  sleep(ms: number): void;
}

const cell = new Int32Array(new SharedArrayBuffer(4));

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (ms, run) => void setTimeout(run, ms),
  soon: (run) => void setImmediate(run),
  sleep: (ms) => void Atomics.wait(cell, 0, 0, ms),
};

/** Below this a timer would be late. */
const FINE_MS = 2.2;
const STEP_MS = 0.03;

interface Waiting {
  readonly dueMs: number;
  readonly deliver: () => void;
}

export class DelayLine {
  private readonly clock: Clock;
  private readonly queue: Waiting[] = [];
  private head = 0;
  private running = false;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  /** All that is added must have the same delay, or come with a greater one than what waits already. */
  add(delayMs: number, deliver: () => void): void {
    if (delayMs <= 0 && this.queue.length === this.head) {
      deliver();
      return;
    }
    this.queue.push({ dueMs: this.clock.now() + delayMs, deliver });
    if (!this.running) {
      this.running = true;
      this.turn();
    }
  }

  private readonly turn = (): void => {
    const { clock, queue } = this;
    while (this.head < queue.length && queue[this.head]!.dueMs <= clock.now()) queue[this.head++]!.deliver();
    if (this.head === queue.length) {
      queue.length = 0;
      this.head = 0;
      this.running = false;
      return;
    }
    if (this.head > 1000) {
      queue.splice(0, this.head);
      this.head = 0;
    }
    const leftMs = queue[this.head]!.dueMs - clock.now();
    if (leftMs > FINE_MS) clock.setTimer(Math.floor(leftMs - FINE_MS) + 1, this.turn);
    else {
      clock.sleep(Math.max(0.001, Math.min(STEP_MS, leftMs)));
      clock.soon(this.turn);
    }
  };
}
