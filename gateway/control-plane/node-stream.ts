/**
 * One data plane's connection after the upgrade: hello, then generations one at a time, each answered before the next
 * is sent. Everything from the peer is hostile: what is not expected ends the connection, what is slow is given up,
 * and never is more held for it than the frame that is being written.
 */
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../../shared/observe/logger.ts';
import type { WireReport } from '../../shared/observe/traffic/wire-report.ts';
import { encodeFrame, FrameDecoder, FrameError } from '../../shared/sync/frames.ts';
import {
  type ControlPlaneFrame,
  type DataPlaneFrame,
  DEAD_AFTER_MS,
  type GenerationManifest,
  type Hello,
  type NodeReport,
} from '../../shared/sync/protocol.ts';
import { readDataPlaneFrame } from '../../shared/sync/read-frame.ts';
import type { Clock } from '../../shared/upstream/clock.ts';
import type { PeerCertificate } from './certificates.ts';
import { type Compatibility, compatibility } from './compatibility.ts';
import type { NodeNack, NodeReportRow, NodeRow } from './node-row.ts';
import { MAX_ENTITY_BYTES } from './part-frames.ts';
import type { PublishedScope, Publisher, ScopeKey, SignedManifest } from './publisher.ts';
import { TokenBucket } from './rate-bounds.ts';
import type { ControlPlaneMetrics } from './stream-metrics.ts';

/** A hello names plugins and calls; nothing else that a data plane sends is larger. */
const MAX_PEER_FRAME_BYTES = 512 * 1024;
const HELLO_WITHIN_MS = 10_000;
/** To compile a generation and answer, or to take a frame. */
const ANSWER_WITHIN_MS = 60_000;
const CLOSE_WITHIN_MS = 2_000;
const FRAMES_PER_SECOND = 20;
const FRAMES_BURST = 100;
/** Manifests that may still be answered. */
const MAX_TOLD = 16;

export interface StreamOwner {
  readonly publisher: Publisher;
  readonly clock: Clock;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: ControlPlaneMetrics;
  /** Id of this replica. */
  readonly replica: string;
  readonly ours: { readonly version: string; readonly plugins: ReadonlyMap<string, string> };
  /** The hello was good. */
  joined(stream: NodeStream): void;
  /** What a node has counted of its traffic. */
  counted(stream: NodeStream, traffic: WireReport): void;
  /** Something of `row()` is different; `urgent` when people wait for it. */
  changed(stream: NodeStream, urgent: boolean): void;
  /** Once, at the end. */
  left(stream: NodeStream, reason: string): void;
}

export class NodeStream {
  readonly peer: PeerCertificate;
  readonly ip: string;
  readonly #socket: TLSSocket;
  readonly #owner: StreamOwner;
  readonly #decoder = new FrameDecoder(MAX_PEER_FRAME_BYTES);
  readonly #frames: TokenBucket;
  readonly #openedAt: number;
  readonly #connectedAt: number;
  #heardAt: number;
  #lastSeenAt: number;
  #hello: Hello | undefined;
  #scopeKey: ScopeKey | undefined;
  #closed = false;
  #closingAt: number | undefined;

  /** Wakes up what waits for the socket or for an answer. */
  #wake: (() => void) | undefined;
  #waitingSince: number | undefined;
  #syncing = false;
  #offered = false;
  #wanted = false;
  /** What was sent and not answered, oldest first. */
  readonly #told: GenerationManifest[] = [];
  /** What the node has. */
  #confirmed:
    | { readonly generation: number; readonly digest: string; readonly hash: string | null }
    | undefined;
  #compatibility: Compatibility = { status: 'unknown', reason: '' };
  #behindSince: number | null = null;
  #nack: NodeNack | null = null;
  #report: NodeReportRow | null = null;
  #calls: readonly string[] = [];
  #refused: readonly string[] = [];

  constructor(socket: TLSSocket, peer: PeerCertificate, ip: string, owner: StreamOwner) {
    this.#socket = socket;
    this.peer = peer;
    this.ip = ip;
    this.#owner = owner;
    this.#openedAt = owner.clock.now();
    this.#heardAt = this.#openedAt;
    this.#connectedAt = owner.now();
    this.#lastSeenAt = this.#connectedAt;
    this.#frames = new TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST, this.#openedAt);
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#awake());
    socket.on('end', () => this.close('it has closed the connection'));
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => this.close('the connection is gone'));
  }

  get node(): string {
    return this.peer.identity.node;
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Octets that came with the upgrade. */
  begin(head: Buffer): void {
    if (head.length > 0) this.#receive(head);
  }

  /** There is a newer generation. */
  poke(): void {
    this.#wanted = true;
    if (this.#hello === undefined || this.#syncing || this.#over) return;
    this.#syncing = true;
    this.#sync()
      .catch((error: unknown) => this.close((error as Error).message, 'error'))
      .finally(() => {
        this.#syncing = false;
        // A poke between the last look and now.
        if (this.#wanted) this.poke();
      });
  }

  /** Looks at what is overdue; called every few seconds. */
  check(): void {
    if (this.#closed) return;
    const mono = this.#owner.clock.now();
    if (this.#closingAt !== undefined) {
      if (mono >= this.#closingAt) this.close('sent away');
    } else if (this.#hello === undefined) {
      if (mono - this.#openedAt > HELLO_WITHIN_MS) this.close('no hello', 'warn');
    } else if (mono - this.#heardAt > DEAD_AFTER_MS) this.close('nothing was heard of it');
    else if (this.#waitingSince !== undefined && mono - this.#waitingSince > ANSWER_WITHIN_MS) {
      this.close('it neither takes nor answers what it is sent', 'warn');
    } else if (this.#owner.now() >= this.peer.notAfter) this.goAway(1_000);
  }

  /** Asks the node to come back after that time, and ends. */
  goAway(retryAfterMs: number): void {
    if (this.#closed || this.#closingAt !== undefined) return;
    this.#closingAt = this.#owner.clock.now() + CLOSE_WITHIN_MS;
    this.#send(encodeFrame({ type: 'go-away', retryAfterMs: Math.round(retryAfterMs) }));
    this.#socket.end();
    this.#awake();
  }

  close(reason: string, level: 'info' | 'warn' | 'error' = 'info'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#awake();
    if (this.#scopeKey !== undefined) this.#owner.publisher.release(this.#scopeKey);
    const { role, service, node } = this.peer.identity;
    this.#owner.log[level]('a data plane has gone', { node, role, service, ip: this.ip, reason });
    this.#owner.left(this, reason);
  }

  row(): NodeRow {
    const hello = this.#hello as Hello;
    const { identity, notAfter } = this.peer;
    return {
      id: identity.node,
      role: identity.role,
      service: identity.service,
      calls: this.#calls,
      refused: this.#refused,
      version: hello.version,
      hostname: hello.hostname,
      ip: this.ip,
      statusAddress: hello.statusAddress,
      connected: !this.#closed,
      replica: this.#owner.replica,
      connectedAt: this.#connectedAt,
      lastSeenAt: this.#lastSeenAt,
      generation: this.#confirmed?.generation ?? null,
      digest: this.#confirmed?.digest ?? null,
      configurationHash: this.#confirmed?.hash ?? null,
      syncStatus: this.#compatibility.status,
      syncReason: this.#compatibility.reason,
      behindSince: this.#behindSince,
      nack: this.#nack,
      report: this.#report,
      certificateEndsAt: notAfter,
    };
  }

  #receive(chunk: Buffer): void {
    try {
      for (const value of this.#decoder.push(chunk)) {
        const mono = this.#owner.clock.now();
        if (!this.#frames.take(mono)) throw new FrameError('too many frames');
        this.#heardAt = mono;
        this.#lastSeenAt = this.#owner.now();
        this.#take(readDataPlaneFrame(value));
        if (this.#closed || this.#closingAt !== undefined) return;
      }
    } catch (error) {
      if (error instanceof FrameError) this.close(error.message, 'warn');
      else this.close((error as Error).message, 'error');
    }
  }

  #take(frame: DataPlaneFrame): void {
    if (this.#hello === undefined) {
      if (frame.type !== 'hello') throw new FrameError(`${frame.type} before hello`);
      this.#greet(frame);
      return;
    }
    switch (frame.type) {
      case 'hello':
        throw new FrameError('a second hello');
      case 'ping':
        // Whoever does not read hears of us through what it has not read yet.
        if (!this.#socket.writableNeedDrain) this.#send(encodeFrame({ type: 'pong' }));
        break;
      case 'ack': {
        const manifest = this.#answered(frame);
        if (manifest === undefined) break;
        this.#owner.metrics.answers.with('ack').add(1);
        if (!this.#serves(manifest)) this.#has(manifest);
        this.#settled();
        break;
      }
      case 'nack': {
        const manifest = this.#answered(frame);
        if (manifest === undefined) break;
        this.#owner.metrics.answers.with('nack').add(1);
        this.#refuse(manifest, frame.resource, frame.error);
        if (frame.resource === 'base' && this.#confirmed !== undefined) {
          // It does not have what it said it had: then it is sent everything.
          this.#confirmed = undefined;
          this.#nack = null;
          this.#wanted = true;
        }
        this.#settled();
        break;
      }
      case 'report':
        this.#reported(frame);
        break;
    }
  }

  #greet(hello: Hello): void {
    const { identity } = this.peer;
    const { service } = hello.subscription;
    if (hello.node !== identity.node || hello.role !== identity.role || service !== identity.service) {
      throw new FrameError('hello does not say what the certificate says');
    }
    this.#hello = hello;
    if (hello.have !== null) this.#confirmed = { ...hello.have, hash: null };
    this.#scopeKey = this.#owner.publisher.acquire(identity, hello.subscription.calls, this.peer.calls);
    this.#owner.joined(this);
    this.poke();
  }

  /** The manifest that was answered; undefined for one that was answered before. */
  #answered(frame: { readonly generation: number; readonly digest: string }): GenerationManifest | undefined {
    const same = (one: GenerationManifest): boolean =>
      one.generation === frame.generation && one.digest === frame.digest;
    const at = this.#told.findLastIndex(same);
    if (at >= 0) {
      const manifest = this.#told[at] as GenerationManifest;
      this.#told.splice(0, at + 1);
      return manifest;
    }
    if (this.#serves(frame)) return undefined;
    throw new FrameError('an answer to a generation that was not sent');
  }

  #serves({ generation, digest }: { readonly generation: number; readonly digest: string }): boolean {
    return this.#confirmed?.generation === generation && this.#confirmed.digest === digest;
  }

  #settled(): void {
    if (this.#told.length === 0) this.#waitingSince = undefined;
    this.#awake();
  }

  #has({ generation, digest, configurationHash }: GenerationManifest): void {
    this.#confirmed = { generation, digest, hash: configurationHash };
    this.#behindSince = null;
    this.#nack = null;
    this.#owner.changed(this, true);
  }

  #refuse({ generation, digest }: GenerationManifest, resource: string, error: string): void {
    this.#nack = { generation, digest, resource, error, at: this.#owner.now() };
    const { node, service } = this.peer.identity;
    this.#owner.log.warn('a data plane refuses a generation', { node, service, generation, resource, error });
    this.#owner.changed(this, true);
  }

  #reported(report: NodeReport): void {
    const at = this.#owner.now();
    const before = this.#report;
    const seconds = before === null ? 0 : (at - before.at) / 1000;
    const more = before === null ? -1 : report.requestsTotal - before.requestsTotal;
    this.#report = {
      rssBytes: report.rssBytes,
      requestsTotal: report.requestsTotal,
      requestsPerSecond: seconds > 0 && more >= 0 ? Math.round((more / seconds) * 100) / 100 : null,
      uptimeSeconds: report.uptimeSeconds,
      at,
    };
    this.#owner.changed(this, false);
    if (report.traffic !== undefined) this.#owner.counted(this, report.traffic);
  }

  async #sync(): Promise<void> {
    while (this.#wanted && !this.#over) {
      this.#wanted = false;
      const scope = await this.#owner.publisher.scope(this.#scopeKey as ScopeKey);
      if (this.#over) return;
      await this.#offer(scope);
    }
  }

  get #over(): boolean {
    return this.#closed || this.#closingAt !== undefined;
  }

  /** Sends one generation, or less when that is enough; resolves when it is answered. */
  async #offer(scope: PublishedScope): Promise<void> {
    const signed = this.#offered ? scope : scope.issuedNow();
    this.#offered = true;
    const { manifest } = signed;
    this.#calls = manifest.calls;
    this.#refused = scope.refused;
    const hello = this.#hello as Hello;
    this.#compatibility = compatibility(hello, scope.plugins, this.#owner.ours);
    if (this.#nack?.resource === 'generation') this.#nack = null;
    const have = this.#confirmed?.generation ?? 0;
    if (have > manifest.generation) {
      // This replica is behind, or was put back to an older state: a node takes nothing older than what it has.
      this.#behindSince ??= this.#owner.now();
      this.#refuse(manifest, 'generation', `it has generation ${have}, which is newer`);
      return;
    }
    if (this.#confirmed?.digest === manifest.digest) {
      // Also for a node that lacks a plugin: what it has is what it runs.
      this.#tell(manifest);
      this.#owner.metrics.generations.with('current').add(1);
      this.#send(encodeFrame({ type: 'current', ...signed }));
      this.#has(manifest);
      return;
    }
    this.#behindSince ??= this.#owner.now();
    this.#owner.changed(this, true);
    if (this.#compatibility.status !== 'normal' || this.#nack?.digest === manifest.digest) return;
    const reason =
      scope.bytes > hello.budgetBytes
        ? `${scope.bytes} octets of entities, and it takes at most ${hello.budgetBytes}`
        : scope.largest > MAX_ENTITY_BYTES
          ? `an entity of ${scope.largest} octets, and a frame takes at most ${MAX_ENTITY_BYTES}`
          : undefined;
    if (reason !== undefined) {
      this.#refuse(manifest, 'budget', reason);
      return;
    }
    await this.#transfer(scope, signed, this.#confirmed?.digest ?? null);
  }

  async #transfer(scope: PublishedScope, signed: SignedManifest, from: string | null): Promise<void> {
    const { manifest, signature } = signed;
    const { refused } = scope;
    const { base, parts } = scope.transfer(from);
    this.#owner.metrics.generations.with(base === null ? 'snapshot' : 'delta').add(1);
    // From here on it may be refused.
    this.#tell(manifest);
    try {
      await this.#write({ type: 'begin', manifest, signature, base, refused });
      for (let part = parts.next(); part !== undefined; part = parts.next()) {
        await this.#writeBytes(part);
        if (this.#over) return;
      }
    } finally {
      parts.close();
    }
    await this.#write({ type: 'end' });
    if (this.#told.includes(manifest)) this.#waitingSince = this.#owner.clock.now();
    while (!this.#over && this.#told.includes(manifest)) await this.#woken();
  }

  #tell(manifest: GenerationManifest): void {
    this.#told.push(manifest);
    if (this.#told.length > MAX_TOLD) this.#told.shift();
  }

  #write(frame: ControlPlaneFrame): Promise<void> {
    return this.#writeBytes(encodeFrame(frame));
  }

  /** Resolves when the socket takes more, or is gone. */
  async #writeBytes(bytes: Buffer): Promise<void> {
    if (this.#over || this.#send(bytes)) return;
    const since = this.#owner.clock.now();
    this.#waitingSince = since;
    while (!this.#over && this.#socket.writableNeedDrain) await this.#woken();
    if (this.#waitingSince === since) this.#waitingSince = undefined;
  }

  #send(bytes: Buffer): boolean {
    this.#owner.metrics.sentBytes.add(bytes.length);
    return this.#socket.write(bytes);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
