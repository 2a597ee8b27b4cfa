/**
 * Plugins that look at the upstream's response of one exchange as it comes, and may answer in its place before
 * anything has been sent. One that throws is told nothing more; the exchange goes on.
 */
import type { Headers } from '../http/headers.ts';
import type { Answer, ResponseWatcher } from '../plugins/contract.ts';

export class ResponseWatchers {
  private watchers: readonly ResponseWatcher[];
  private readonly onError: (error: unknown) => void;

  constructor(first: ResponseWatcher, onError: (error: unknown) => void) {
    this.watchers = [first];
    this.onError = onError;
  }

  add(watcher: ResponseWatcher): void {
    this.watchers = [...this.watchers, watcher];
  }

  /** The first answer that one of them gives; the others then hear that nothing comes. */
  head(status: number, headers: Headers): Answer | undefined {
    for (const watcher of this.watchers) {
      const answer = this.ask(watcher, () => watcher.head(status, headers));
      if (answer === undefined) continue;
      this.watchers = this.watchers.filter((other) => other !== watcher);
      this.failed(0);
      return answer;
    }
    return undefined;
  }

  piece(octets: Buffer): void {
    for (const watcher of this.watchers) this.ask(watcher, () => watcher.piece(octets));
  }

  ended(): void {
    for (const watcher of this.finish()) this.ask(watcher, () => watcher.ended());
  }

  /** There is no response, or no whole one: `status` is what the client gets instead, 0 when it hears of nothing. */
  failed(status: number): Answer | undefined {
    let answer: Answer | undefined;
    for (const watcher of this.finish()) {
      const own = this.ask(watcher, () => watcher.failed(status));
      answer ??= own;
    }
    return status === 0 ? undefined : answer;
  }

  private finish(): readonly ResponseWatcher[] {
    const { watchers } = this;
    this.watchers = [];
    return watchers;
  }

  private ask<T>(watcher: ResponseWatcher, call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.watchers = this.watchers.filter((other) => other !== watcher);
      this.onError(error);
      return undefined;
    }
  }
}
