/** The watchers of live traffic in one worker: hands over what they are shown, ten times a second while there are any. */

import type { RequestWatch } from '../../shared/observe/request-watch.ts';
import type { TapBatch, TapOptions } from '../../shared/observe/tap/tap.ts';

const SEND_EVERY_MS = 100;

export class WorkerTaps {
  readonly #observer: RequestWatch;
  readonly #send: (tap: number, batch: TapBatch) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(observer: RequestWatch, send: (tap: number, batch: TapBatch) => void) {
    this.#observer = observer;
    this.#send = send;
  }

  open(tap: number, options: TapOptions): void {
    this.#observer.openTap(tap, options);
    this.#timer ??= setInterval(() => {
      for (const [id, batch] of this.#observer.batches()) this.#send(id, batch);
    }, SEND_EVERY_MS);
  }

  close(tap: number): void {
    this.#observer.closeTap(tap);
    if (this.#observer.watched) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
