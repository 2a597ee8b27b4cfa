/**
 * Runs `cardinal` as a real process for a test: its own folder, its own environment, ephemeral ports read
 * from its first log line, an end that is always reached.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));
const FAKE_ENTRY = fileURLToPath(new URL('./fake-cardinal.ts', import.meta.url));
const LIMIT_MS = 10_000;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Serve with the fake engine. */
  readonly fake?: boolean;
  /** When it is killed, whatever it does; half a minute unless told otherwise. */
  readonly limitMs?: number;
}

export class CardinalProcess {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout = '';
  stderr = '';
  readonly #watchers = new Set<() => void>();

  constructor(args: readonly string[], options: RunOptions) {
    const entry = options.fake === true ? FAKE_ENTRY : ENTRY;
    this.child = spawn(process.execPath, [entry, ...args], {
      cwd: options.cwd,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        // Its address is fixed by default, and tests run side by side.
        CARDINAL_CLUSTER_LISTEN: 'off',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
      for (const watcher of this.#watchers) watcher();
    });
    const limit = setTimeout(() => this.child.kill('SIGKILL'), options.limitMs ?? 3 * LIMIT_MS);
    this.finished = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        clearTimeout(limit);
        for (const watcher of this.#watchers) watcher();
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  logLines(): LogLine[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The first log line whose message holds `text`, from line number `from` on. Rejects when it ends before. */
  async line(text: string, from = 0): Promise<LogLine> {
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      const found = this.logLines()
        .slice(from)
        .find((line) => line.message.includes(text));
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`no log line with '${text}' came:\n${this.stderr}`);
      }
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, 1_000);
      const watchers = this.#watchers;
      function done(): void {
        clearTimeout(timer);
        watchers.delete(done);
        resolve();
      }
      watchers.add(done);
    });
  }
}

/** Runs to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new CardinalProcess(args, options).finished;
}

/** Starts one that serves; it is ended with the test. Resolves when it is ready. */
export async function serve(
  t: TestContext,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ process: CardinalProcess; ready: LogLine }> {
  const cardinal = new CardinalProcess(args, options);
  t.after(async () => {
    if (cardinal.child.exitCode === null) cardinal.child.kill('SIGKILL');
    await cardinal.finished;
  });
  const ready = await cardinal.line(' ready');
  return { process: cardinal, ready };
}

/** A folder that goes with the test, holding these files. */
export async function folder(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cardinal-test-'));
  t.after(() => rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

/** A declarative file (JSON is YAML too) with services of these names, each with a route `/name`. */
export function kongFile(...services: string[]): string {
  return JSON.stringify({
    _format_version: '3.0',
    services: services.map((name) => ({
      name,
      url: 'http://127.0.0.1:9',
      routes: [{ name, paths: [`/${name}`] }],
    })),
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came.
  readonly json: any;
}

export function fetchFrom(
  address: unknown,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const [host, port] = String(address).split(':');
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const outgoing = request({ host, port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        let json: unknown;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Asks until the answer is as wanted. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask().catch((error: unknown) => error as Error);
    if (!(answer instanceof Error) && wanted(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(
        `it never became so: ${answer instanceof Error ? answer.message : JSON.stringify(answer)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
