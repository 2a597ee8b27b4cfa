/**
 * The demo as a process of a test: with a mark in the environment of everything that it starts, and a
 * temporary folder of its own, so that a test can see what is left of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../start.ts', import.meta.url));
const MARK = 'DEMO_TEST_MARK';
const LIMIT_MS = 60_000;

export interface LeftBehind {
  readonly processes: readonly string[];
  readonly files: readonly string[];
}

export class DemoProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  stdout = '';
  stderr = '';
  readonly #mark = randomUUID();
  readonly #folder = mkdtempSync(join(tmpdir(), 'demo-test-'));

  constructor(t: TestContext, ...args: string[]) {
    this.child = spawn(process.execPath, [START, ...args], {
      env: { ...process.env, [MARK]: this.#mark, TMPDIR: this.#folder, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(code ?? signal));
    });
    t.after(async () => {
      for (const { pid } of this.#marked()) killIfThere(pid);
      await this.ended;
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Resolves when the banner is complete. */
  async ready(): Promise<void> {
    await until(
      () => this.stdout.includes('Ctrl+C stops everything') || this.child.exitCode !== null,
      () => `no banner came: ${this.stdout}${this.stderr}`,
    );
    if (this.child.exitCode !== null) throw new Error(`it ended: ${this.stderr}`);
  }

  /** The number behind `http://127.0.0.1:` in the line that starts with this label. */
  portOf(label: string): number {
    const port = new RegExp(`${label}.*?http://127\\.0\\.0\\.1:(\\d+)`).exec(this.stdout)?.[1];
    if (port === undefined) throw new Error(`no port of ${label} in ${this.stdout}`);
    return Number(port);
  }

  leftBehind(): LeftBehind {
    return {
      processes: this.#marked().map(({ command }) => command),
      files: readdirSync(this.#folder),
    };
  }

  /** The pid of the process whose command line holds the text. */
  pidOf(text: string): number {
    const found = this.#marked().find(({ command }) => command.includes(text));
    if (found === undefined) throw new Error(`there is no process ${text}`);
    return found.pid;
  }

  /** Everything alive that descends from this demo. Zombies have no environment and do not count. */
  #marked(): { readonly pid: number; readonly command: string }[] {
    const found: { pid: number; command: string }[] = [];
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        if (!readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`${MARK}=${this.#mark}`)) continue;
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        found.push({ pid: Number(entry), command });
      } catch {
        // Gone meanwhile, or somebody else's.
      }
    }
    return found;
  }
}

export async function until(isSo: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
