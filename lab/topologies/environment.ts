/**
 * Everything that one set of policies needs, running: services, proxies of the wanted patterns, the relay. Patterns
 * share services and, where they are the same processes in another wiring (T3, T7), sidecars. Whatever fails on the
 * way says which process, and its last words; `stop` ends them all.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { onCores, pinProcess } from '../measure/placement.ts';
import { untilOk } from '../measure/probe.ts';
import { lastOutput, type StartedProcess, start, stop } from '../measure/processes.ts';
import type { PolicySet } from '../policies/policy-set.ts';
import type { RelayOptions } from '../relay/relay.ts';
import type { ServiceOptions } from '../services/service.ts';
import { type NetworkName, type Peer, type Ports, peerOf } from './addresses.ts';
import { choosePorts } from './choose-ports.ts';
import {
  centralConfiguration,
  type Document,
  embeddedConfiguration,
  legacyConfiguration,
  nodeConfiguration,
  sidecarConfiguration,
} from './configurations.ts';
import { TOPOLOGIES, TOPOLOGY_IDS, type TopologyId } from './topology.ts';

const ROOT = join(import.meta.dirname, '../..');
const CARDINAL = join(ROOT, 'bin/cardinal.js');
const PLUGINS = ['chain-count', 'legacy-check', 'verdict'].map((name) => join(ROOT, 'lab/plugins', name));
const START_MS = 30_000;
/** So many start at once: each takes a core for its start. */
const AT_ONCE = 3;

export type Role = 'service' | 'central' | 'sidecar' | 'node' | 'legacy' | 'control-plane' | 'relay';

export interface Member {
  readonly role: Role;
  readonly name: string;
  /** Port of `/readyz` and `/metrics`; null for what is no proxy. */
  readonly statusPort: number | null;
  /** The patterns it is part of. */
  readonly topologies: readonly TopologyId[];
  process: StartedProcess;
}

export interface EnvironmentOptions {
  readonly policies: PolicySet;
  readonly topologies: readonly TopologyId[];
  /** Longest chain of calls. */
  readonly depth: number;
  readonly directory: string;
  /** Cores of everything but the load generator; empty: any. */
  readonly cores: readonly (number | null)[];
  readonly portBase?: number | undefined;
  readonly relayCutEvery?: number;
  /** The sidecars get their configuration from a control plane instead of a file. */
  readonly controlPlane?: boolean;
  readonly progress: (text: string) => void;
}

interface Launch {
  readonly role: Role;
  readonly name: string;
  readonly statusPort: number | null;
  readonly readyPort: number;
  readonly readyPath: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly topologies: readonly TopologyId[];
}

export class Environment {
  readonly policies: PolicySet;
  readonly ports: Ports & { readonly echo: number };
  readonly members: Member[] = [];
  private readonly options: EnvironmentOptions;
  private readonly launches = new Map<string, Launch>();
  private token: string | undefined;

  private constructor(options: EnvironmentOptions, ports: Ports & { readonly echo: number }) {
    this.options = options;
    this.policies = options.policies;
    this.ports = ports;
  }

  static async open(options: EnvironmentOptions): Promise<Environment> {
    mkdirSync(options.directory, { recursive: true });
    const environment = new Environment(options, await choosePorts(options.depth + 1, options.portBase));
    try {
      await environment.startAll();
    } catch (error) {
      await environment.stop();
      throw error;
    }
    return environment;
  }

  has(topology: TopologyId): boolean {
    return this.options.topologies.includes(topology);
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({ process }) => stop(process)));
    this.members.length = 0;
  }

  /** SIGKILL, as a crash is. */
  kill(name: string): void {
    const member = this.memberOf(name);
    member.process.child.kill('SIGKILL');
  }

  /** Starts it again as it was; resolves when it is ready. */
  async restart(name: string): Promise<void> {
    const member = this.memberOf(name);
    const again = await this.launch(this.launches.get(name)!, this.options.cores);
    member.process = again.process;
  }

  memberOf(name: string): Member {
    const member = this.members.find((one) => one.name === name);
    if (member === undefined) throw new Error(`there is no process ${name} in this environment`);
    return member;
  }

  private async startAll(): Promise<void> {
    const queue = this.plan();
    const total = queue.length;
    const first = queue.findIndex(({ role }) => role === 'control-plane');
    if (first >= 0) {
      // Nobody can join before it is there.
      this.members.push(await this.launch(queue.splice(first, 1)[0]!, []));
    }
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        this.members.push(await this.launch(next, []));
        this.options.progress(`starting ${this.policies.name}: ${this.members.length} of ${total} processes`);
      }
    });
    const results = await Promise.allSettled(workers);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    // Only now: a start may use the whole machine.
    for (const { process } of this.members) pinProcess(process.pid, this.options.cores);
  }

  private plan(): Launch[] {
    const { ports, policies, options } = this;
    const wants = (...ids: TopologyId[]): TopologyId[] => ids.filter((id) => this.has(id));
    const launches: Launch[] = [];
    for (const [number, own] of ports.services.entries()) {
      launches.push({
        role: 'service',
        name: `s${number}`,
        statusPort: null,
        readyPort: own.app,
        readyPath: '/lab/usage',
        args: [join(ROOT, 'lab/services/service.ts'), this.write(`s${number}`, this.serviceOptions(number))],
        topologies: options.topologies,
      });
    }
    const central = wants('T2', 'T6', 'T7');
    if (central.length > 0)
      launches.push(
        this.gateway('central', 'central', ports.central, centralConfiguration(ports, policies), central),
      );
    const sidecars = wants('T3o', 'T3i', 'T3b', 'T7');
    if (sidecars.length > 0) {
      const file = this.write('sidecars', sidecarConfiguration(ports, policies));
      if (options.controlPlane === true) launches.push(this.controlPlane(file, sidecars));
      for (const [number, own] of ports.services.entries()) {
        const outbound = `127.0.0.1:${own.outbound}`;
        launches.push(
          this.microgateway(
            'sidecar',
            `sidecar-s${number}`,
            number,
            file,
            own.inbound,
            outbound,
            own.status,
            sidecars,
          ),
        );
      }
    }
    if (this.has('T4')) {
      for (const [node, own] of ports.nodes.entries()) {
        const document = nodeConfiguration(ports, policies, node);
        launches.push(this.gateway('node', `node-${node}`, own, document, ['T4']));
      }
    }
    if (this.has('T6')) {
      const file = this.write('legacy', legacyConfiguration(ports, policies));
      for (const [number, own] of ports.services.entries()) {
        if (number === 0) continue;
        launches.push(
          this.microgateway(
            'legacy',
            `legacy-s${number}`,
            number,
            file,
            own.legacy,
            'off',
            own.legacyStatus,
            ['T6'],
          ),
        );
      }
    }
    const relay: RelayOptions = {
      control: ports.relayControl,
      paths: [...ports.relayed].map(([to, listen]) => ({ listen, to })),
      cutEvery: options.relayCutEvery ?? 0,
    };
    launches.push({
      role: 'relay',
      name: 'relay',
      statusPort: null,
      readyPort: ports.relayControl,
      readyPath: '/usage',
      args: [join(ROOT, 'lab/relay/relay.ts'), this.write('relay', relay)],
      topologies: options.topologies,
    });
    return launches;
  }

  private serviceOptions(number: number): ServiceOptions {
    const { ports, policies, options } = this;
    const peers: Record<string, (Peer | null)[]> = {};
    for (const topology of options.topologies) {
      for (const network of ['near', 'far'] satisfies NetworkName[]) {
        peers[`${topology}/${network}`] = ports.services.map((_, to) =>
          to === number ? null : peerOf(ports, topology, network, number, to),
        );
      }
    }
    const own = ports.services[number]!;
    const embedded = this.has('T1') && number > 0;
    return {
      name: `s${number}`,
      number,
      port: own.app,
      peers,
      embedded: embedded
        ? {
            port: own.embedded,
            configuration: embeddedConfiguration(policies, number, own.app),
            pluginPaths: [...PLUGINS, ...policies.pluginPaths],
          }
        : null,
    };
  }

  private gateway(
    role: Role,
    name: string,
    own: { readonly proxy: number; readonly status: number },
    configuration: Document,
    topologies: readonly TopologyId[],
  ): Launch {
    const args = [
      ...[CARDINAL, 'gateway', '--config', this.write(name, configuration), '--workers', '1'],
      ...['--proxy-listen', `127.0.0.1:${own.proxy}`, '--status-listen', `127.0.0.1:${own.status}`],
      ...['--admin-listen', 'off', '--cluster-listen', 'off'],
      ...['--data-dir', join(this.options.directory, `${name}.data`)],
    ];
    return this.proxy(role, name, own.status, args, topologies);
  }

  private microgateway(
    role: Role,
    name: string,
    number: number,
    file: string,
    inbound: number,
    outbound: string,
    status: number,
    topologies: readonly TopologyId[],
  ): Launch {
    const { app } = this.ports.services[number]!;
    const source =
      this.options.controlPlane === true
        ? ['--control-plane', `https://127.0.0.1:${this.ports.central.proxy}`, '--calls', '*']
        : ['--config', file];
    const args = [
      ...[CARDINAL, 'microgateway', ...source, '--service', `s${number}`],
      ...['--to', `http://127.0.0.1:${app}`, '--inbound-listen', `127.0.0.1:${inbound}`],
      ...['--outbound-listen', outbound, '--status-listen', `127.0.0.1:${status}`],
      ...['--data-dir', join(this.options.directory, `${name}.data`)],
    ];
    const launch = this.proxy(role, name, status, args, topologies);
    if (this.options.controlPlane !== true) return launch;
    this.token ??= this.joinToken(file);
    // Not as a flag: other users of a machine see those.
    return { ...launch, env: { CARDINAL_TOKEN: this.token } };
  }

  private controlPlane(file: string, topologies: readonly TopologyId[]): Launch {
    const { proxy, status } = this.ports.central;
    const args = [
      ...[CARDINAL, 'gateway', '--role', 'control_plane', '--config', file],
      ...['--cluster-listen', `127.0.0.1:${proxy}`, '--status-listen', `127.0.0.1:${status}`],
      ...['--admin-listen', 'off', '--data-dir', this.controlPlaneData],
    ];
    return this.proxy('control-plane', 'control-plane', status, args, topologies);
  }

  private get controlPlaneData(): string {
    return join(this.options.directory, 'control-plane.data');
  }

  /** Made before the control plane runs: tokens are in its data directory. */
  private joinToken(file: string): string {
    const args = ['token', 'create', '--role', 'microgateway', '--calls', '*'];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [CARDINAL, ...args, '--config', file, '--data-dir', this.controlPlaneData],
      { encoding: 'utf8', env: { ...process.env, ...cleanEnvironment() }, timeout: START_MS },
    );
    const token = /cjt1\.\S+/.exec(stdout)?.[0];
    if (status !== 0 || token === undefined)
      throw new CliError(`no join token could be made for the microgateways: ${stderr.trim()}`);
    return token;
  }

  private proxy(
    role: Role,
    name: string,
    statusPort: number,
    args: readonly string[],
    topologies: readonly TopologyId[],
  ): Launch {
    const paths = [...PLUGINS, ...this.policies.pluginPaths].join(',');
    const quiet = ['--plugin-paths', paths, '--log-level', 'warn', '--drain-timeout', '1s'];
    const kept = ['--keepalive-max-requests', '1000000000', '--upstream-keepalive-max-requests', '0'];
    return {
      role,
      name,
      statusPort,
      readyPort: statusPort,
      readyPath: '/readyz',
      args: [...args, ...quiet, ...kept],
      topologies,
    };
  }

  private async launch(launch: Launch, cores: readonly (number | null)[]): Promise<Member> {
    this.launches.set(launch.name, launch);
    const sinceMs = performance.now();
    const child = start({
      name: launch.name,
      ...onCores(cores, process.execPath, launch.args),
      cwd: this.options.directory,
      env: { ...cleanEnvironment(), ...launch.env },
      logFile: join(this.options.directory, `${launch.name}.log`),
    });
    const ready = await untilOk({ port: launch.readyPort, path: launch.readyPath }, sinceMs, {
      withinMs: START_MS,
      everyMs: 25,
      ended: () => child.ended,
    });
    if (typeof ready === 'string') {
      const output = lastOutput(child);
      await stop(child);
      const concerned = TOPOLOGY_IDS.filter((id) => launch.topologies.includes(id))
        .map((id) => `${id} (${TOPOLOGIES[id].title})`)
        .join(', ');
      throw new CliError(
        `${launch.name} did not become ready: ${ready}${output === '' ? '' : `\n${output}`}`,
        {
          exitCode: EXIT.failed,
          help: [
            `it is needed for ${concerned}; leave those out with --topologies, or mend what it says above`,
            `its whole log: ${child.logFile}`,
          ],
        },
      );
    }
    const { role, name, statusPort, topologies } = launch;
    return { role, name, statusPort, topologies, process: child };
  }

  private write(name: string, document: unknown): string {
    const file = join(this.options.directory, `${name}.json`);
    writeFileSync(file, JSON.stringify(document));
    return file;
  }
}

/** Settings of the user's own gateways are not meant for these. */
function cleanEnvironment(): Record<string, string> {
  const cleared: Record<string, string> = {};
  for (const name of Object.keys(process.env)) if (/^(?:CARDINAL|KONG)_/.test(name)) cleared[name] = '';
  return cleared;
}
