/**
 * Connections enter one after another, at a bounded rate: a TLS handshake costs a millisecond, and after a failure
 * all nodes come at once. Those that wait are not read from; what is more than can wait is dropped, and comes back.
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../shared/upstream/clock.ts';
import { TokenBucket } from './rate-bounds.ts';

export interface AdmissionOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Connections that may wait. */
  readonly waiting: number;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #enter: (socket: Socket) => void;
  readonly #waiting = new Set<Socket>();
  #timer: Timer | undefined;

  /** `enter`: what happens to a connection whose turn it is. */
  constructor(options: AdmissionOptions, clock: Clock, enter: (socket: Socket) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#bucket = new TokenBucket(options.perSecond, options.burst, clock.now());
    this.#enter = enter;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** False when it was dropped. */
  arrive(socket: Socket): boolean {
    if (this.#waiting.size === 0 && this.#bucket.take(this.#clock.now())) {
      this.#enter(socket);
      return true;
    }
    // A peer that resets while it waits is no error of ours.
    socket.on('error', ignore);
    if (this.#waiting.size >= this.#options.waiting) {
      socket.destroy();
      return false;
    }
    this.#waiting.add(socket);
    socket.once('close', () => this.#waiting.delete(socket));
    this.#schedule();
    return true;
  }

  close(): void {
    this.#timer?.cancel();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    this.#timer = this.#clock.after(Math.max(1, this.#bucket.waitMs(this.#clock.now())), () => {
      this.#timer = undefined;
      for (const socket of this.#waiting) {
        if (!this.#bucket.take(this.#clock.now())) break;
        this.#waiting.delete(socket);
        if (!socket.destroyed) this.#enter(socket);
      }
      this.#schedule();
    });
  }
}

function ignore(): void {}
