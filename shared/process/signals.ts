/**
 * What signals do to a serving process: the first SIGTERM or SIGINT drains, the second ends it at once;
 * SIGHUP reloads. One place, so that both compositions behave alike.
 */
import { EXIT } from '../cli/exit-codes.ts';

/** The delay of a drain: the process serves on. A second signal does not wait for it. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) resolve();
    else setTimeout(resolve, ms);
  });
}

const SAME_SIGNAL_MS = 100;

export interface SignalActions {
  /** Called once; the process exits with 0 when it resolves. */
  drain(signal: 'SIGTERM' | 'SIGINT'): Promise<void>;
  reload(): void;
}

/** Returns a function that takes the handlers off again. */
export function handleSignals(actions: SignalActions): () => void {
  let firstAt: number | undefined;
  const end = (signal: 'SIGTERM' | 'SIGINT'): void => {
    const now = performance.now();
    if (firstAt !== undefined) {
      // One Ctrl-C reaches the whole process group, and npm or `bin/cardinal.js` pass it on once more.
      if (now - firstAt < SAME_SIGNAL_MS) return;
      process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
    }
    firstAt = now;
    actions.drain(signal).then(
      () => process.exit(EXIT.ok),
      (error: unknown) => {
        process.stderr.write(
          `error: the drain failed: ${error instanceof Error ? error.message : String(error)}\n`,
        );
        process.exit(EXIT.failed);
      },
    );
  };
  const onTerm = () => end('SIGTERM');
  const onInterrupt = () => end('SIGINT');
  process.on('SIGTERM', onTerm);
  process.on('SIGINT', onInterrupt);
  process.on('SIGHUP', actions.reload);
  return () => {
    process.off('SIGTERM', onTerm);
    process.off('SIGINT', onInterrupt);
    process.off('SIGHUP', actions.reload);
  };
}
