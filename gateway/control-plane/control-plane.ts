/**
 * The control plane of a gateway: lets data planes in, sends each what it may see of every configuration that is
 * served, and knows how they are. One function starts it. It only reads: no data plane changes a configuration.
 */
import { hostname, networkInterfaces } from 'node:os';
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import type { ListenAddress } from '../../shared/config/settings/listen.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import type { TrafficReport } from '../../shared/observe/traffic/traffic-report.ts';
import type { TrafficSource } from '../../shared/observe/traffic/traffic-store.ts';
import { fromWire, type WireReport } from '../../shared/observe/traffic/wire-report.ts';
import type { Metrics } from '../../shared/plugins/contract.ts';
import { type Clock, systemClock, type Timer } from '../../shared/upstream/clock.ts';
import type { ManagedConfiguration } from '../configuration/contract.ts';
import { Authority, CERTIFICATE_LIFETIME_MS, type Documents } from './authority.ts';
import { GenerationNumbers } from './generation-numbers.ts';
import { JoinEndpoint } from './join-endpoint.ts';
import { type Listener, startListener } from './listener.ts';
import { NodeRegistry } from './node-registry.ts';
import { clusteringRow, type NodeRow, shownNode } from './node-row.ts';
import { NodeStream, type StreamOwner } from './node-stream.ts';
import { ownTraffic } from './own-traffic.ts';
import { Publisher } from './publisher.ts';
import { Revocations } from './revocations.ts';
import { controlPlaneMetrics } from './stream-metrics.ts';

/** Changes that follow each other this closely are sent as one. */
const DEBOUNCE_MS = 50;
const CHECK_MS = 2_000;
const REVOCATIONS_MS = 5_000;
const LISTENER_CERTIFICATE_MS = 3_600_000;
const CLOSE_WITHIN_MS = 1_000;
const CLOSE_STEP_MS = 20;

export interface ControlPlaneLimits {
  /** TLS connections at one time, streams included. */
  readonly maxConnections: number;
  /** TLS handshakes that are begun in a second, and how many at once after a quiet time. */
  readonly connectionsPerSecond: number;
  readonly connectionsBurst: number;
  /** Connections that wait for their handshake. */
  readonly waitingConnections: number;
}

const LIMITS: ControlPlaneLimits = {
  maxConnections: 4096,
  connectionsPerSecond: 200,
  connectionsBurst: 50,
  waitingConnections: 2048,
};

export interface ControlPlaneOptions {
  /** `cluster_listen`. */
  readonly listen: readonly ListenAddress[];
  /** Further names and addresses by which data planes reach it, for the listener's certificate. */
  readonly names?: readonly string[];
  readonly store: Documents;
  readonly source: Pick<ManagedConfiguration, 'served' | 'onChange' | 'source'>;
  /** `entityIndex` of the plugins of this process. */
  readonly definitions: EntityIndex;
  /** Versions of the plugins of this process, by name. */
  readonly plugins: ReadonlyMap<string, string>;
  readonly node: { readonly id: string; readonly version: string };
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Called with what a data plane has counted of its traffic, as far as it may speak of it. */
  readonly onTraffic?: (source: TrafficSource, report: TrafficReport) => void;
  /** Default 24 hours. */
  readonly certificateLifetimeMs?: number;
  readonly limits?: Partial<ControlPlaneLimits>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly clock?: Clock;
}

export interface ControlPlane {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** SHA-256 of the CA certificate's DER, hex: what join tokens carry. */
  readonly caFingerprint: string;
  /** Nodes that are connected to this replica. */
  readonly connected: number;
  /** All nodes that any replica has seen within 14 days, as `/_cardinal/nodes` shows them. */
  nodes(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Rows of Kong's `/clustering/data-planes`. */
  dataPlanes(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The body of Kong's `/clustering/status`: rows by id. */
  clusteringStatus(): Promise<Readonly<Record<string, unknown>>>;
  node(id: string): Promise<NodeRow | undefined>;
  shown(row: NodeRow): Readonly<Record<string, unknown>>;
  /**
   * Ends the node's stream, refuses every certificate that it has been issued until now, and forgets it. False when it
   * was not known (it is refused all the same). Rejects with StoreUnavailable.
   */
  revokeNode(id: string): Promise<boolean>;
  /** Tells all nodes to come back later, spread over time, and stops. */
  close(): Promise<void>;
}

/**
 * Resolves when the listener is bound. Rejects with StoreUnavailable, or with the system error of the address that
 * cannot be listened on.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const now = options.now ?? Date.now;
  const authority = await Authority.open(options.store, now());
  const revocations = new Revocations(options.store);
  await revocations.refresh();
  const names = listenerNames(options.listen, options.names ?? []);
  const certificate = await authority.listenerCertificate(names, now());
  const numbers = new GenerationNumbers(options.store, options.source.source, options.log);
  const publisher = new Publisher(
    authority,
    options.definitions,
    await numbers.number(options.source.served),
    now,
  );
  const running = new RunningControlPlane(options, authority, publisher, numbers, revocations, names, now);
  await running.listen(certificate);
  return running;
}

class RunningControlPlane implements ControlPlane, StreamOwner {
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: StreamOwner['metrics'];
  readonly replica: string;
  readonly ours: StreamOwner['ours'];
  readonly #options: ControlPlaneOptions;
  readonly #limits: ControlPlaneLimits;
  readonly #authority: Authority;
  readonly #numbers: GenerationNumbers;
  readonly #revocations: Revocations;
  readonly #registry: NodeRegistry;
  readonly #names: readonly string[];
  /** Every connection that was upgraded. */
  readonly #streams = new Set<NodeStream>();
  /** Those that have said hello, by node. */
  readonly #nodes = new Map<string, NodeStream>();
  readonly #timers = new Set<Timer>();
  #listener: Listener | undefined;
  #listenerRenewAt = 0;
  #debounce: Timer | undefined;
  #closing = false;
  readonly #unsubscribe: () => void;

  constructor(
    options: ControlPlaneOptions,
    authority: Authority,
    publisher: Publisher,
    numbers: GenerationNumbers,
    revocations: Revocations,
    names: readonly string[],
    now: () => number,
  ) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#authority = authority;
    this.publisher = publisher;
    this.#numbers = numbers;
    this.#revocations = revocations;
    this.#names = names;
    this.now = now;
    this.clock = options.clock ?? systemClock;
    this.log = options.log;
    this.metrics = controlPlaneMetrics(options.metrics);
    this.replica = options.node.id;
    this.ours = { version: options.node.version, plugins: options.plugins };
    this.#registry = new NodeRegistry(options.store, this.replica, this.clock, now, options.log);
    this.#unsubscribe = options.source.onChange(() => this.#changedConfiguration());
    // It may have changed while the store was read.
    if (publisher.served.configuration !== options.source.served.configuration) this.#changedConfiguration();
  }

  get addresses(): ControlPlane['addresses'] {
    return this.#listener?.addresses ?? [];
  }

  get caFingerprint(): string {
    return this.#authority.fingerprint;
  }

  get connected(): number {
    return this.#nodes.size;
  }

  async listen(certificate: { certificate: string; privateKey: string; renewAt: number }): Promise<void> {
    const { store, log } = this.#options;
    const endpoint = new JoinEndpoint({
      authority: this.#authority,
      documents: store,
      registry: this.#registry,
      metrics: this.metrics,
      log,
      now: this.now,
      certificateLifetimeMs: this.#options.certificateLifetimeMs ?? CERTIFICATE_LIFETIME_MS,
    });
    try {
      this.#listener = await startListener({
        listen: this.#options.listen,
        authority: this.#authority,
        certificate,
        revocations: this.#revocations,
        endpoint,
        admission: {
          perSecond: this.#limits.connectionsPerSecond,
          burst: this.#limits.connectionsBurst,
          waiting: this.#limits.waitingConnections,
        },
        maxConnections: this.#limits.maxConnections,
        clock: this.clock,
        now: this.now,
        log,
        metrics: this.metrics,
        stream: (socket, peer, ip, head) => {
          const stream = new NodeStream(socket, peer, ip, this);
          this.#streams.add(stream);
          if (this.#closing) stream.goAway(this.#retryAfterMs());
          else stream.begin(head);
          return !this.#closing;
        },
      });
    } catch (error) {
      this.#unsubscribe();
      throw error;
    }
    this.#listenerRenewAt = certificate.renewAt;
    this.#registry.start();
    this.#every(CHECK_MS, async () => {
      for (const stream of this.#streams) stream.check();
    });
    this.#every(REVOCATIONS_MS, () => this.#refreshRevocations());
    this.#every(LISTENER_CERTIFICATE_MS, () => this.#renewListenerCertificate());
  }

  joined(stream: NodeStream): void {
    const before = this.#nodes.get(stream.node);
    this.#nodes.set(stream.node, stream);
    // Of two with one identity the newer one is believed: the other may be a connection that nobody noticed has died.
    before?.close('the node has connected anew');
    this.#registry.connected(stream.node, () => stream.row());
    this.#countNodes();
    const { role, service, node } = stream.peer.identity;
    this.log.info('a data plane has connected', { node, role, service, ip: stream.ip });
  }

  changed(stream: NodeStream, urgent: boolean): void {
    if (this.#nodes.get(stream.node) === stream) this.#registry.changed(stream.node, urgent);
  }

  counted(stream: NodeStream, traffic: WireReport): void {
    const { role, service, node } = stream.peer.identity;
    this.#options.onTraffic?.({ node, service: service ?? '' }, ownTraffic(fromWire(traffic), role, service));
  }

  left(stream: NodeStream): void {
    this.#streams.delete(stream);
    if (this.#nodes.get(stream.node) !== stream) return;
    this.#nodes.delete(stream.node);
    this.#registry.gone(stream.row());
    this.#countNodes();
  }

  async nodes(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.#registry.list()).map((row) => this.shown(row));
  }

  async dataPlanes(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.#registry.list()).map(clusteringRow);
  }

  async clusteringStatus(): Promise<Readonly<Record<string, unknown>>> {
    const rows: Record<string, unknown> = Object.create(null);
    for (const { id, ...row } of await this.dataPlanes()) rows[String(id)] = row;
    return rows;
  }

  node(id: string): Promise<NodeRow | undefined> {
    return this.#registry.get(id);
  }

  shown(row: NodeRow): Readonly<Record<string, unknown>> {
    const { generation, configuration } = this.publisher.served;
    return shownNode(row, { generation, hash: configuration.hash });
  }

  async revokeNode(id: string): Promise<boolean> {
    await this.#revocations.revoke(id, this.now());
    this.#nodes.get(id)?.close('the node was revoked');
    return this.#registry.forget(id);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#unsubscribe();
    this.#debounce?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#listener?.stop();
    for (const stream of this.#streams) stream.goAway(this.#retryAfterMs());
    const until = this.clock.now() + CLOSE_WITHIN_MS;
    while (this.#streams.size > 0 && this.clock.now() < until) await this.#pause(CLOSE_STEP_MS);
    for (const stream of this.#streams) stream.close('this control plane stops');
    await this.#listener?.close();
    await this.#registry.close();
  }

  /** So that they do not all come back at once: as long as it takes to let them in, and as much again. */
  #retryAfterMs(): number {
    const spreadMs = 1000 + (2000 * this.#streams.size) / this.#limits.connectionsPerSecond;
    return 500 + this.clock.random() * spreadMs;
  }

  #changedConfiguration(): void {
    this.#debounce ??= this.clock.after(DEBOUNCE_MS, () => {
      void this.#publish().then(() => {
        this.#debounce = undefined;
        // What changed while this one was numbered.
        if (this.publisher.served.configuration !== this.#options.source.served.configuration) {
          this.#changedConfiguration();
        }
      });
    });
  }

  async #publish(): Promise<void> {
    this.publisher.serve(await this.#numbers.number(this.#options.source.served));
    for (const stream of this.#nodes.values()) stream.poke();
  }

  async #refreshRevocations(): Promise<void> {
    await this.#revocations.refresh();
    for (const stream of this.#streams) {
      if (this.#revocations.refuses(stream.peer)) stream.close('the node was revoked');
    }
  }

  async #renewListenerCertificate(): Promise<void> {
    if (this.now() < this.#listenerRenewAt) return;
    const certificate = await this.#authority.listenerCertificate(this.#names, this.now());
    this.#listener?.renewCertificate(certificate);
    this.#listenerRenewAt = certificate.renewAt;
  }

  #countNodes(): void {
    const count = { microgateway: 0, gateway: 0 };
    for (const { peer } of this.#nodes.values()) count[peer.identity.role]++;
    this.metrics.nodes.microgateway.set(count.microgateway);
    this.metrics.nodes.gateway.set(count.gateway);
  }

  #every(delayMs: number, work: () => Promise<void>): void {
    const timer = this.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      work()
        .catch((error: unknown) => this.log.warn('the store of the control plane is away', { error }))
        .finally(() => {
          if (!this.#closing) this.#every(delayMs, work);
        });
    });
    this.#timers.add(timer);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(delayMs, resolve));
  }
}

/** How data planes may reach the listener: an address for every address means all that this machine has. */
export function listenerNames(
  listen: readonly ListenAddress[],
  further: readonly string[],
): readonly string[] {
  const names = new Set(['localhost', '127.0.0.1', '::1', ...further]);
  for (const { host } of listen) {
    if (host !== '0.0.0.0' && host !== '::') {
      names.add(host);
      continue;
    }
    names.add(hostname());
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address } of addresses ?? []) if (!address.includes('%')) names.add(address);
    }
  }
  return [...names];
}
