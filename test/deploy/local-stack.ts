/**
 * Runs what docker-compose.yml says as processes of this machine: each service's command line and environment, those of its
 * image below them. What a container engine would do is done by an overlay: host names become 127.0.0.1 and ports
 * free ones, volumes become folders, and a name that several containers have leads to one of them that runs. It does not
 * isolate anything: networks, read-only file systems, users and limits are not tried here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../docs/documents.ts';
import { freePorts } from '../harness/free-ports.ts';
import { type Service, services } from './compose-file.ts';
import { environmentOf, imageInstructions, last, readDockerfile, words } from './dockerfile.ts';

const HOME_IN_IMAGE = '/opt/cardinal/';
const SHOWN_CHARACTERS = 4_000;

export interface StackOptions {
  /** Services that run already, with the port that they have. */
  readonly given: ReadonlyMap<string, number>;
  /** What has to be different in a mounted file of a service, when its addresses are those of this machine. */
  readonly edit?: (service: string, text: string, stack: LocalStack) => string;
  /** Variables that are different here, where a service has them. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

class Running {
  readonly ended: Promise<Ended>;
  output = '';
  readonly #child: ChildProcess;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
    const collect = (piece: Buffer): void => {
      this.output = (this.output + piece.toString()).slice(-SHOWN_CHARACTERS * 4);
    };
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ code: null, signal: null, output: String(error) }));
      this.#child.once('close', (code, signal) => resolve({ code, signal, output: this.output }));
    });
  }

  get isEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async end(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }
}

export class LocalStack {
  readonly services: ReadonlyMap<string, Service>;
  readonly #options: StackOptions;
  readonly #folder: string;
  /** `service:port` in containers to the port here. */
  readonly #ports = new Map<string, number>();
  readonly #running = new Map<string, Running>();
  readonly #names: Server[] = [];

  private constructor(folder: string, options: StackOptions) {
    this.services = services();
    this.#folder = folder;
    this.#options = options;
  }

  /** Its processes end with the test. */
  static async create(t: TestContext, options: StackOptions): Promise<LocalStack> {
    const folder = await mkdtemp(join(tmpdir(), 'cardinal-compose-'));
    const stack = new LocalStack(folder, options);
    t.after(async () => {
      await Promise.all([...stack.#running.keys()].map((name) => stack.end(name, 'SIGKILL')));
      for (const server of stack.#names) server.close();
      await rm(folder, { recursive: true, force: true });
    });
    await stack.#choosePorts();
    return stack;
  }

  /** Where that port of a service is here. */
  port(service: string, containerPort: number): number {
    const port = this.#ports.get(`${service}:${containerPort}`);
    if (port === undefined) throw new Error(`docker-compose.yml says nothing of ${service}:${containerPort}`);
    return port;
  }

  /** Starts it as Compose would; what it depends on must run. */
  async start(name: string): Promise<void> {
    const service = this.services.get(name) as Service;
    const root = await this.#fileSystem(name, service);
    const { command, env } = this.#commandOf(name, service, root);
    const cwd = service.buildTarget === undefined ? root : ROOT;
    this.#running.set(name, new Running(command, env, cwd));
  }

  /** Runs a command line in the environment of a service, as `docker compose exec` does. */
  async exec(name: string, words: readonly string[]): Promise<Ended> {
    const service = this.services.get(name) as Service;
    const root = await this.#fileSystem(name, service);
    const { env } = this.#commandOf(name, service, root);
    return new Running(
      words.map((word) => this.#word(name, root, word)),
      env,
      ROOT,
    ).ended;
  }

  end(name: string, signal: NodeJS.Signals): Promise<Ended> {
    return (this.#running.get(name) as Running).end(signal);
  }

  finished(name: string): Promise<Ended> {
    return (this.#running.get(name) as Running).ended;
  }

  /** For messages: what it wrote last. */
  output(name: string): string {
    return (this.#running.get(name)?.output ?? '').slice(-SHOWN_CHARACTERS);
  }

  isRunning(name: string): boolean {
    return this.#running.get(name)?.isEnded === false;
  }

  /** A port for each `host:port` that is listened on or spoken to, and for each name that several services share. */
  async #choosePorts(): Promise<void> {
    const wanted = new Set<string>();
    for (const [name, service] of this.services) {
      for (const text of await this.#texts(service)) {
        for (const [, host = '', port] of text.matchAll(ADDRESS)) {
          const owner = LOCAL.has(host) ? name : this.#ownerOf(host);
          if (owner !== undefined) wanted.add(`${owner}:${port}`);
        }
      }
      if (service.environment['PORT'] !== undefined) wanted.add(`${name}:${service.environment['PORT']}`);
      for (const [, port] of service.ports.map((text) => /:(\d+)$/.exec(text) ?? []))
        wanted.add(`${name}:${port}`);
    }
    const free = await freePorts(wanted.size);
    for (const [i, key] of [...wanted].entries()) {
      const [owner = ''] = key.split(':');
      this.#ports.set(key, this.#options.given.get(owner) ?? (free[i] as number));
    }
    for (const key of wanted) {
      const [owner = '', port] = key.split(':');
      const shared = this.#servicesNamed(owner);
      if (shared.length > 1) await this.#leadTo(key, shared, Number(port));
    }
  }

  /** What the engine's name server does: the name leads to a container that runs. */
  async #leadTo(key: string, owners: readonly string[], port: number): Promise<void> {
    let turn = 0;
    const server = createServer((socket) => {
      const alive = owners.filter((owner) => this.isRunning(owner));
      const owner = alive[turn++ % Math.max(1, alive.length)];
      socket.on('error', () => {});
      if (owner === undefined) {
        socket.destroy();
        return;
      }
      const onward = connect({ host: '127.0.0.1', port: this.port(owner, port) });
      onward.on('error', () => socket.destroy());
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#ports.get(key), '127.0.0.1', resolve);
    });
    server.unref();
    this.#names.push(server);
  }

  /** The service (or the shared name) that an address leads to; undefined when it is no name of the file. */
  #ownerOf(host: string): string | undefined {
    const owners = this.#servicesNamed(host);
    return owners.length > 1 ? host : owners[0];
  }

  #servicesNamed(host: string): readonly string[] {
    if (this.services.has(host)) return [host];
    return [...this.services]
      .filter(([, { networks }]) => [...networks.values()].some((aliases) => aliases.includes(host)))
      .map(([name]) => name);
  }

  /** Where addresses may stand. */
  async #texts(service: Service): Promise<readonly string[]> {
    const files = await Promise.all(
      service.mounts
        .filter(({ source }) => source.startsWith('./'))
        .map(({ source }) => readFile(join(ROOT, source), 'utf8')),
    );
    const { entrypoint = [], command = [], environment } = service;
    return [...entrypoint, ...command, ...Object.values(environment), ...files];
  }

  /** A folder with the service's mounts: links to volumes, copies of files with addresses of this machine. */
  async #fileSystem(name: string, service: Service): Promise<string> {
    const root = join(this.#folder, 'containers', name);
    for (const { source, target } of service.mounts) {
      const place = root + target;
      await mkdir(dirname(place), { recursive: true });
      if (source.startsWith('./')) {
        const text = await readFile(join(ROOT, source), 'utf8');
        const { edit = (_, same) => same } = this.#options;
        await writeFile(place, edit(name, this.#addresses(name, text), this));
        continue;
      }
      const volume = join(this.#folder, 'volumes', source);
      await mkdir(volume, { recursive: true });
      if ((await stat(place).catch(() => undefined)) === undefined) await symlink(volume, place);
    }
    return root;
  }

  #commandOf(name: string, service: Service, root: string) {
    const image =
      service.buildTarget === undefined ? [] : imageInstructions(readDockerfile(), service.buildTarget);
    const entrypoint = service.entrypoint ?? words(last(image, 'ENTRYPOINT'));
    const command = service.command ?? (service.entrypoint === undefined ? words(last(image, 'CMD')) : []);
    const env: Record<string, string> = {};
    for (const [key, value] of Object.entries({ ...environmentOf(image), ...service.environment })) {
      env[key] = key === 'PORT' ? String(this.port(name, Number(value))) : this.#word(name, root, value);
      if (key === 'LISTEN') env[key] = '127.0.0.1';
      env[key] = this.#options.environment?.[key] ?? (env[key] as string);
    }
    return { command: [...entrypoint, ...command].map((word) => this.#word(name, root, word)), env };
  }

  /** One word of a command line, or one value of the environment. */
  #word(name: string, root: string, word: string): string {
    if (word === 'node') return process.execPath;
    if (word.startsWith(HOME_IN_IMAGE)) return ROOT + word.slice(HOME_IN_IMAGE.length);
    if (/^\/[\w./-]+$/.test(word)) return root + word;
    return this.#addresses(name, word);
  }

  #addresses(name: string, text: string): string {
    return text.replaceAll(ADDRESS, (whole, host: string, port: string) => {
      const owner = LOCAL.has(host) ? name : this.#ownerOf(host);
      const here = owner === undefined ? undefined : this.#ports.get(`${owner}:${port}`);
      return here === undefined ? whole : `127.0.0.1:${here}`;
    });
  }
}

const LOCAL = new Set(['0.0.0.0', '127.0.0.1']);
const ADDRESS = /(?<![\w.-])([A-Za-z][\w.-]*|0\.0\.0\.0|127\.0\.0\.1):(\d{2,5})(?!\d)/g;
