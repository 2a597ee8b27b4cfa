/**
 * Real redis-server processes for tests: each has a free port on 127.0.0.1 and a folder of its own, and ends with its
 * test. A Redis that the machine runs anyway is neither used nor touched. `NO_REDIS` goes into a test's `skip`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';

/** What a test, or a whole file of them, ends with. */
export interface Ending {
  after(end: () => Promise<void>): void;
}

const START_MS = 10_000;
const ANSWER_MS = 5_000;
const START_ATTEMPTS = 5;

/** Why tests with Redis are skipped; false when they can run. */
export const NO_REDIS: string | false = (process.env['PATH'] ?? '').split(delimiter).some(isThere)
  ? false
  : 'there is no redis-server on this machine';

export interface RedisOptions {
  /** Lines of the configuration file: `appendonly yes`. */
  readonly configuration?: readonly string[];
  /** Run as a sentinel. */
  readonly sentinel?: boolean;
  /** Listen with TLS as well, on `tlsPort`. */
  readonly tls?: boolean;
  /** Files in its folder, which is where it runs. */
  readonly files?: Readonly<Record<string, string>>;
}

export class RedisServer {
  readonly port: number;
  /** 0 without TLS. */
  readonly tlsPort: number;
  readonly folder: string;
  /** `redis://127.0.0.1:PORT/0` */
  readonly url: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  constructor(port: number, tlsPort: number, folder: string, args: readonly string[]) {
    this.port = port;
    this.tlsPort = tlsPort;
    this.folder = folder;
    this.url = `redis://127.0.0.1:${port}/0`;
    this.#arguments = args;
  }

  /** Resolves when it accepts connections; after `stop` or `kill` on the same port, with what it had on disk. */
  async start(): Promise<void> {
    const child = spawn('redis-server', this.#arguments, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const fail = (problem: string): void => {
        child.kill('SIGKILL');
        reject(new Error(`redis-server ${problem}:\n${output}`));
      };
      const limit = setTimeout(() => fail('did not start'), START_MS);
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-10_000);
        if (!/Ready to accept connections|Sentinel ID is/.test(output)) return;
        clearTimeout(limit);
        resolve();
      });
      child.once('error', (error) => fail(error.message));
      child.once('exit', () => {
        clearTimeout(limit);
        fail('ended');
      });
    });
  }

  /** An orderly end: what its configuration says is saved. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** It keeps its connections and answers nothing. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sends one command and resolves with the answer as it stands on the wire. Words must not need quoting. */
  ask(...words: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.port });
      let answer = '';
      socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer to ${words.join(' ')}`)));
      socket.setEncoding('utf8');
      // A sentinel knows no QUIT; both answer what they have read before they notice the end.
      socket.on('connect', () => socket.end(`${words.join(' ')}\r\n`));
      socket.on('data', (text: string) => {
        answer += text;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await ended;
  }
}

/** Starts one; it ends after `t` (a test context, or `{ after }` of node:test at the top of a module, for all its tests). */
export async function startRedis(t: Ending, options: RedisOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const server = await prepare(t, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      // Somebody else may have taken the port between the moment it was found free and now.
      if (attempt === START_ATTEMPTS || !/Address already in use/.test((error as Error).message)) throw error;
    }
  }
}

async function prepare(t: Ending, options: RedisOptions): Promise<RedisServer> {
  const { configuration = [], sentinel = false, tls = false, files = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-redis-'));
  const [port = 0, tlsPort = 0] = await freePorts(tls ? 2 : 1);
  const file = join(folder, 'redis.conf');
  // The folder comes first: paths in the lines of a test are relative to it.
  const lines = [`dir ${folder}`, `port ${port}`, 'bind 127.0.0.1', 'daemonize no', 'protected-mode no'];
  if (!sentinel) lines.push('save ""');
  if (tls) lines.push(`tls-port ${tlsPort}`);
  await writeFile(file, [...lines, ...configuration, ''].join('\n'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const server = new RedisServer(port, tlsPort, folder, sentinel ? [file, '--sentinel'] : [file]);
  const killNow = (): void => void server.kill();
  process.once('exit', killNow);
  t.after(async () => {
    process.off('exit', killNow);
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return server;
}

/** Three masters that share the slots; no replicas. */
export async function startRedisCluster(t: Ending): Promise<readonly RedisServer[]> {
  const busPorts = await freePorts(3);
  const servers: RedisServer[] = [];
  for (const port of busPorts) {
    const configuration = ['cluster-enabled yes', `cluster-port ${port}`, 'cluster-node-timeout 2000'];
    servers.push(await startRedis(t, { configuration }));
  }
  const [first] = servers as [RedisServer];
  const ranges = [
    [0, 5460],
    [5461, 10_922],
    [10_923, 16_383],
  ] as const;
  for (const [index, server] of servers.entries()) {
    const [from, to] = ranges[index]!;
    await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await server.ask('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
    if (server !== first) {
      await server.ask('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(busPorts[0]));
    }
  }
  for (const server of servers) {
    await until(async () => {
      const info = await server.ask('CLUSTER', 'INFO');
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
  }
  return servers;
}

/** Resolves when `condition` does with true. Rejects after a while. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  for (let left = limitMs / 25; left > 0; left--) {
    if (await condition()) return;
    await pause(25);
  }
  throw new Error('what was waited for did not come');
}

function isThere(folder: string): boolean {
  try {
    accessSync(join(folder, 'redis-server'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
