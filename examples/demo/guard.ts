/**
 * Ends the demo's processes when the demo itself has been killed and could not do it: a shell that waits for
 * the end of its standard input, which is this process's end. It costs next to nothing and is itself ended
 * when all is well.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

const SCRIPT = `
trap '' INT TERM HUP
pids=
while read -r pid; do pids="$pids $pid"; done
[ -n "$pids" ] && kill -TERM $pids 2>/dev/null
tenths=0
alive=$pids
while [ -n "$alive" ] && [ "$tenths" -lt 50 ]; do
  sleep 0.1
  tenths=$((tenths + 1))
  alive=
  for pid in $pids; do kill -0 "$pid" 2>/dev/null && alive="$alive $pid"; done
done
[ -n "$alive" ] && kill -KILL $alive 2>/dev/null
rm -rf "$1"
`;

export class Guard {
  readonly #shell: ChildProcessByStdio<Writable, null, null>;

  /** `folder` goes with the processes. */
  constructor(folder: string) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'demo-guard', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // Without a shell there is no guard; the demo still stops what it has started.
    this.#shell.on('error', () => {});
    this.#shell.stdin.on('error', () => {});
  }

  watch(pid: number): void {
    this.#shell.stdin.write(`${pid}\n`);
  }

  /** Everything has been stopped in order. */
  async dismiss(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.pid === undefined) return;
    const ended = new Promise((resolve) => this.#shell.once('exit', resolve));
    this.#shell.kill('SIGKILL');
    await ended;
  }
}
