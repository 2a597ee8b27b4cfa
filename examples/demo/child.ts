/**
 * One process of the demo: started, listened to, stopped within a bound. It runs in a process group of its
 * own, so that Ctrl+C reaches the demo alone, which then stops things in order.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ChildOptions {
  /** As the reader knows it: `orders (microgateway)`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets every line that the process writes. True when the reader has seen it. */
  readonly onLine: (name: string, line: string) => boolean;
}

const LINES_KEPT = 20;

export class Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** `exit code 1`, `SIGKILL`: resolves when the process has ended. */
  readonly ended: Promise<string>;
  /** The last lines it wrote that the reader has not seen. */
  readonly unseen: string[] = [];
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  #isEnded = false;

  constructor({ name, args, env, onLine }: ChildOptions) {
    this.name = name;
    this.#process = spawn(process.execPath, [...args], {
      env: { ...inherited(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.pid = this.#process.pid;
    const take = (line: string): void => {
      if (onLine(name, line)) return;
      this.unseen.push(line);
      if (this.unseen.length > LINES_KEPT) this.unseen.shift();
    };
    byLine(this.#process.stdout, take);
    byLine(this.#process.stderr, take);
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#isEnded = true;
        resolve(how);
      };
      this.#process.once('error', (error) => end(error.message));
      this.#process.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Asks it to end, and ends it when it has not done so in time. */
  async stop(limitMs: number): Promise<void> {
    if (this.#isEnded) return;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), limitMs);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    if (!this.#isEnded) this.#process.kill('SIGKILL');
  }
}

/** The demo shows its own settings: those of the reader's shell are for other gateways. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:CARDINAL|KONG)_/.test(name)),
  );
}

function byLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}
