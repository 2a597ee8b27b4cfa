/**
 * Writes log lines to standard error from any thread, at once and in one piece. A worker's own
 * `process.stderr` goes through the main thread's event loop and loses the last words of a worker that
 * dies. A line that the other end of a full pipe does not take is dropped: a log must not stop a gateway.
 */

const { writeSync } = process.getBuiltinModule('node:fs');

export function writeStandardError(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // EAGAIN (nobody reads), EPIPE (nobody is left): there is nowhere else to say it.
  }
}
