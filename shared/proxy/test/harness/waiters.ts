/** Waiting for something that other events bring about, with a bound. */

/** Longest wait for anything: a test that reaches it has failed. */
export const PATIENCE_MS = 15_000;

export class Waiters {
  private readonly waiting = new Set<() => void>();

  /** Lets everyone look again. */
  wake(): void {
    for (const waiter of [...this.waiting]) {
      this.waiting.delete(waiter);
      waiter();
    }
  }

  /** Resolves when `done` returns something; looked at now and at each `wake`. `missing` says what never came. */
  async until<T>(done: () => T | undefined, missing: () => string): Promise<T> {
    const started = performance.now();
    for (;;) {
      const result = done();
      if (result !== undefined) return result;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => {
            this.waiting.delete(wake);
            reject(new Error(missing()));
          },
          Math.max(1, PATIENCE_MS - (performance.now() - started)),
        );
        const wake = (): void => {
          clearTimeout(timer);
          resolve();
        };
        this.waiting.add(wake);
      });
    }
  }
}
