/**
 * The demo as a whole: which processes there are, in which order they start and stop. Every process is the
 * real thing, started as anybody would start it. Nothing is left behind: no process, no folder.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from './ask.ts';
import { Child } from './child.ts';
import { Guard } from './guard.ts';
import { type DemoPorts, SERVICES, type ServiceName, WELL_KNOWN } from './ports.ts';

const CARDINAL = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));
const KONG_FILE = fileURLToPath(new URL('./kong.yml', import.meta.url));
const START_MS = 20_000;
const ASK_AGAIN_MS = 25;
/** A drain takes less; what is left after STOP_MS is killed. */
const DRAIN = '2s';
const STOP_MS = 4_000;

export interface DemoCallbacks {
  /** True when the reader has seen the line. */
  readonly onLine: (name: string, line: string) => boolean;
  /** A process ended that should not have. Called at most once. */
  readonly onDeath: (child: Child, how: string) => void;
}

export class Demo {
  readonly ports: DemoPorts;
  /** The configuration in use, as a path from the working directory. */
  configFile = '';
  readonly #callbacks: DemoCallbacks;
  readonly #apps: Child[] = [];
  readonly #microgateways: Child[] = [];
  readonly #edge: Child[] = [];
  #folder = '';
  #guard: Guard | undefined;
  #stopping = false;
  #preparing: Promise<string> | undefined;

  constructor(ports: DemoPorts, callbacks: DemoCallbacks) {
    this.ports = ports;
    this.#callbacks = callbacks;
  }

  /** Resolves when everything is ready. Rejects with what is not. */
  async start(): Promise<void> {
    const { ports } = this;
    this.#preparing = this.#prepare();
    const config = await this.#preparing;
    if (this.#stopping) return;
    this.configFile = relative(process.cwd(), config);
    for (const name of SERVICES) {
      this.#apps.push(
        this.#spawn(`${name} service`, [fileURLToPath(new URL(`./services/${name}.ts`, import.meta.url))], {
          PORT: String(ports.services[name].app),
          OUTBOUND: `http://127.0.0.1:${ports.outbound}`,
        }),
      );
      this.#microgateways.push(this.#spawn(`${name} microgateway`, this.#microgateway(name, config)));
    }
    this.#edge.push(
      this.#spawn('edge gateway', [
        ...[CARDINAL, 'gateway', '--config', config, '--data-dir', join(this.#folder, 'edge')],
        ...['--proxy-listen', `127.0.0.1:${ports.proxy}`, '--admin-listen', `127.0.0.1:${ports.admin}`],
        ...[
          '--status-listen',
          `127.0.0.1:${ports.status}`,
          '--workers',
          '2',
          '--cluster-listen',
          'off',
          '--drain-timeout',
          DRAIN,
        ],
      ]),
    );
    await Promise.all([
      ...SERVICES.map((name, i) => this.#ready(this.#apps[i]!, ports.services[name].app, '/')),
      ...SERVICES.map((name, i) =>
        this.#ready(this.#microgateways[i]!, ports.services[name].status, '/readyz'),
      ),
      this.#ready(this.#edge[0]!, ports.status, '/readyz'),
    ]);
  }

  /** From the outside to the inside, so that nothing is asked of what is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const stage of [this.#edge, this.#microgateways, this.#apps])
      await Promise.all(stage.map((child) => child.stop(STOP_MS)));
    await this.#leaveNothing();
  }

  /** Now, whatever is in flight. */
  async kill(): Promise<void> {
    this.#stopping = true;
    const children = [...this.#edge, ...this.#microgateways, ...this.#apps];
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.ended));
    await this.#leaveNothing();
  }

  async #prepare(): Promise<string> {
    this.#folder = await mkdtemp(join(tmpdir(), 'cardinal-demo-'));
    this.#guard = new Guard(this.#folder);
    return this.#configuration();
  }

  async #leaveNothing(): Promise<void> {
    await this.#preparing?.catch(() => {});
    await this.#guard?.dismiss();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
  }

  /** kong.yml itself where the ports are its own, so that it can be edited; else a copy with ours. */
  async #configuration(): Promise<string> {
    const known = WELL_KNOWN.services;
    const moved = SERVICES.filter((name) => this.ports.services[name].inbound !== known[name].inbound);
    if (moved.length === 0) return KONG_FILE;
    const inboundOf = new Map(
      SERVICES.map((name) => [String(known[name].inbound), this.ports.services[name].inbound]),
    );
    const text = await readFile(KONG_FILE, 'utf8');
    const path = join(this.#folder, 'kong.yml');
    await writeFile(
      path,
      text.replaceAll(
        /http:\/\/127\.0\.0\.1:(\d+)/g,
        (_, port: string) => `http://127.0.0.1:${inboundOf.get(port)}`,
      ),
    );
    return path;
  }

  #microgateway(name: ServiceName, config: string): string[] {
    const { app, inbound, status } = this.ports.services[name];
    // Only orders calls others.
    const outbound = name === 'orders' ? `127.0.0.1:${this.ports.outbound}` : 'off';
    return [
      ...[CARDINAL, 'microgateway', '--config', config, '--service', name, '--to', `http://127.0.0.1:${app}`],
      ...['--inbound-listen', `127.0.0.1:${inbound}`, '--outbound-listen', outbound],
      ...['--status-listen', `127.0.0.1:${status}`, '--drain-timeout', DRAIN],
    ];
  }

  #spawn(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
    const child = new Child({ name, args, env, onLine: this.#callbacks.onLine });
    if (child.pid !== undefined) this.#guard?.watch(child.pid);
    void child.ended.then((how) => {
      if (this.#stopping) return;
      this.#stopping = true;
      this.#callbacks.onDeath(child, how);
    });
    return child;
  }

  async #ready(child: Child, port: number, path: string): Promise<void> {
    const until = performance.now() + START_MS;
    while (!this.#stopping) {
      const reply = await ask({ port, path, timeoutMs: 1_000 }).catch(() => undefined);
      // A demo service is there as soon as it answers anything.
      if (reply !== undefined && (path === '/' || reply.status === 200)) return;
      if (performance.now() > until) throw new Error(`${child.name} is not ready after ${START_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    throw new Error('the demo was stopped before it was ready');
  }
}
