/** The load generator as a process of its own, on its own core where there is one; it takes one load after another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { OpenLoopLoad, OpenLoopResult } from '../measure/open-loop.ts';
import { onCores } from '../measure/placement.ts';

const PROGRAM = join(import.meta.dirname, '../measure/open-loop.ts');
const SPARE_MS = 30_000;
/** Ahead of what else wants its core: it sleeps most of the time, and must wake up when it is due. */
const PRIORITY = -15;

type Message = { readonly result: OpenLoopResult } | { readonly error: string };

export class Generator {
  private readonly child: ChildProcess;
  private readonly ended: Promise<never>;
  /** Whether the system let it go ahead of others. */
  readonly prioritised: boolean;

  constructor(core: number | null) {
    const { command, args } = onCores([core], process.execPath, [PROGRAM]);
    this.child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.prioritised = prioritise(this.child.pid);
    this.ended = new Promise((_, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) =>
        reject(new Error(`the load generator has ended (${signal ?? `exit code ${code}`})`)),
      );
    });
    this.ended.catch(() => {});
  }

  /** Rejects when the target cannot be reached at all, or the generator takes far too long. */
  async run(load: OpenLoopLoad): Promise<OpenLoopResult> {
    const withinMs = (load.seconds + load.warmUpSeconds) * 1000 + SPARE_MS;
    const { promise, resolve, reject } = Promise.withResolvers<OpenLoopResult>();
    const timer = setTimeout(() => reject(new Error('the load generator does not answer')), withinMs);
    const onMessage = (message: unknown): void => {
      const answer = message as Message;
      if ('error' in answer) reject(new Error(`the load generator: ${answer.error}`));
      else resolve(answer.result);
    };
    this.child.once('message', onMessage);
    try {
      this.child.send(load);
      // JSON makes null of the infinite.
      const result = await Promise.race([promise, this.ended]);
      return { ...result, maxUs: result.maxUs ?? Number.POSITIVE_INFINITY };
    } finally {
      clearTimeout(timer);
      this.child.off('message', onMessage);
    }
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

function prioritise(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    setPriority(pid, PRIORITY);
    return true;
  } catch {
    return false;
  }
}
