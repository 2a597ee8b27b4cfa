/**
 * A control plane for tests of data planes, over real TLS: it sends what the test says, also what no control plane
 * would send, and keeps what it was sent. It can go away and come back at the same port.
 */
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { Configuration } from '../../shared/config/entities.ts';
import { EntitySet } from '../../shared/sync/entity-set.ts';
import { encodeFrame, FrameDecoder } from '../../shared/sync/frames.ts';
import { certificateFingerprint, formatJoinToken } from '../../shared/sync/join-token.ts';
import { signManifest } from '../../shared/sync/manifest.ts';
import {
  type ControlPlaneFrame,
  type DataPlaneFrame,
  type GenerationManifest,
  type Hello,
  PROTOCOL,
} from '../../shared/sync/protocol.ts';
import { readDataPlaneFrame } from '../../shared/sync/read-frame.ts';
import { FakeAuthority, type KeyPair } from './fake-authority.ts';

const LIMIT_MS = 10_000;
const TOKEN_ID = 'token-of-tests';
type Part = Extract<ControlPlaneFrame, { type: 'part' }>;

export interface Connected {
  readonly hello: Hello;
  readonly socket: Duplex;
}

export interface Generation {
  readonly manifest: GenerationManifest;
  readonly signature: string;
  readonly set: EntitySet;
}

/** What a test may say of a generation beside its entities. */
export type ManifestChanges = Partial<GenerationManifest>;

export class FakeControlPlane {
  readonly #ca: FakeAuthority;
  readonly #listener: KeyPair;
  readonly #secret = randomBytes(32).toString('base64url');
  readonly #waiting = new Set<() => void>();
  readonly #sockets = new Set<Duplex>();
  signing: KeyObject = generateKeyPairSync('ed25519').privateKey;
  #server: Server | undefined;
  #port = 0;
  #number = 0;
  /** How long certificates are good for. */
  lifetimeMs = 24 * 3_600_000;
  /** Answer to joins and streams instead of the real one. */
  refuse: { readonly status: number; readonly message: string } | undefined;
  /** What a node gets that connects; undefined: nothing at all. */
  newest: Generation | undefined;
  /** Instead of the answer to a hello. */
  greet: ((connected: Connected) => void) | undefined;
  /** Also those that were refused. */
  joinAttempts = 0;
  joins = 0;
  renewals = 0;
  connections = 0;
  readonly connected = new Set<Connected>();
  readonly frames: DataPlaneFrame[] = [];

  private constructor(ca: FakeAuthority, listener: KeyPair) {
    this.#ca = ca;
    this.#listener = listener;
  }

  static async start(t: TestContext): Promise<FakeControlPlane> {
    const ca = await FakeAuthority.create();
    const plane = new FakeControlPlane(ca, await ca.forListener());
    await plane.listen();
    t.after(() => plane.stop());
    return plane;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get token(): string {
    const ca = certificateFingerprint(new X509Certificate(this.#ca.certificate).raw);
    return formatJoinToken({ claims: { id: TOKEN_ID, ca }, secret: this.#secret });
  }

  /** At the port of the last time. */
  async listen(): Promise<void> {
    const server = createServer(
      {
        key: this.#listener.privateKey,
        cert: `${this.#listener.certificate}\n${this.#ca.certificate}`,
        ca: this.#ca.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => void this.#answer(request, response),
    );
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As if it had been killed. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Numbered and signed; not sent. */
  generation(configuration: Configuration, changes: ManifestChanges = {}): Generation {
    const set = setOf(configuration);
    const manifest: GenerationManifest = {
      generation: ++this.#number,
      digest: set.digest(),
      configurationHash: configuration.hash,
      service: 'orders',
      calls: [],
      issuedAt: Date.now(),
      ...changes,
    };
    return { manifest, signature: signManifest(manifest, this.signing), set };
  }

  /** What every node gets from now on. */
  publish(configuration: Configuration, changes: ManifestChanges = {}): Generation {
    const before = this.newest;
    const generation = this.generation(configuration, changes);
    this.newest = generation;
    for (const one of this.connected) this.sendGeneration(one, generation, before);
    return generation;
  }

  /** With `base` as what differs from it. */
  sendGeneration({ socket }: Connected, generation: Generation, base?: Generation): void {
    const { manifest, signature } = generation;
    const frames: ControlPlaneFrame[] = [
      { type: 'begin', manifest, signature, base: base?.manifest.digest ?? null, refused: [] },
      ...partsOf(generation.set, base?.set ?? new EntitySet()),
      { type: 'end' },
    ];
    for (const frame of frames) socket.write(encodeFrame(frame));
  }

  /** Whatever it is. */
  sendAll(frame: unknown): void {
    for (const { socket } of this.connected) socket.write(encodeFrame(frame as ControlPlaneFrame));
  }

  disconnectAll(): void {
    for (const { socket } of this.connected) socket.destroy();
  }

  /** The first frame of that type, from index `from` of what was received. */
  async frame<T extends DataPlaneFrame['type']>(
    type: T,
    from = 0,
    wanted: (frame: Extract<DataPlaneFrame, { type: T }>) => boolean = () => true,
  ): Promise<Extract<DataPlaneFrame, { type: T }>> {
    const find = () =>
      this.frames
        .slice(from)
        .filter((frame) => frame.type === type)
        .find((frame) => wanted(frame as Extract<DataPlaneFrame, { type: T }>));
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found as Extract<DataPlaneFrame, { type: T }>;
      if (Date.now() > deadline) {
        const types = this.frames.map((frame) => frame.type).join(', ');
        throw new Error(`no such ${type} came, but: ${types}`);
      }
      await this.#nextFrame();
    }
  }

  #nextFrame(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, 1000);
      const waiting = this.#waiting;
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.url === '/v1/join') this.joinAttempts++;
      const body = JSON.parse(await bodyOf(request));
      if (this.refuse !== undefined) throw Object.assign(new Error(this.refuse.message), this.refuse);
      if (request.url === '/v1/join') {
        if (body.token !== this.token)
          throw Object.assign(new Error('the token is not good'), { status: 403 });
        this.joins++;
      } else if (request.url === '/v1/renew') {
        if (!(request.socket as TLSSocket).authorized) throw Object.assign(new Error('who'), { status: 401 });
        this.renewals++;
      } else throw Object.assign(new Error('Not found'), { status: 404 });
      const now = Date.now();
      const service = body.service === undefined ? 'orders' : body.service;
      const identity = {
        role: body.role ?? 'microgateway',
        service,
        node: body.node ?? '00000000-0000-4000-8000-000000000000',
      };
      const certificate = await this.#ca.forDataPlane(
        createPublicKey(body.publicKey),
        identity,
        this.lifetimeMs,
      );
      const signingKey = createPublicKey(this.signing).export({ type: 'spki', format: 'pem' });
      const notAfter = now + this.lifetimeMs;
      response.end(JSON.stringify({ certificate, ca: this.#ca.certificate, signingKey, notAfter }));
    } catch (error) {
      response.statusCode = (error as { status?: number }).status ?? 500;
      response.end(JSON.stringify({ message: (error as Error).message }));
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const { authorized } = request.socket as TLSSocket;
    if (this.refuse !== undefined || !authorized || request.url !== '/v1/stream') {
      const { status, message } = this.refuse ?? { status: 401, message: 'a certificate is needed' };
      const body = JSON.stringify({ message });
      socket.end(
        `HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    this.connections++;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PROTOCOL}\r\n\r\n`);
    const decoder = new FrameDecoder();
    let connected: Connected | undefined;
    const receive = (piece: Buffer): void => {
      for (const raw of decoder.push(piece)) {
        const frame = readDataPlaneFrame(raw);
        this.frames.push(frame);
        for (const told of this.#waiting) told();
        if (frame.type === 'ping') socket.write(encodeFrame({ type: 'pong' }));
        if (frame.type !== 'hello') continue;
        connected = { hello: frame, socket };
        this.connected.add(connected);
        if (this.greet !== undefined) this.greet(connected);
        else this.#greet(connected);
      }
    };
    socket.on('data', receive);
    socket.on('close', () => connected !== undefined && this.connected.delete(connected));
    receive(head);
  }

  #greet(connected: Connected): void {
    const { newest } = this;
    if (newest === undefined) return;
    const { manifest, signature } = newest;
    if (connected.hello.have?.digest === manifest.digest)
      connected.socket.write(encodeFrame({ type: 'current', manifest, signature }));
    else this.sendGeneration(connected, newest);
  }
}

export function setOf(configuration: Configuration): EntitySet {
  const { hash: _hash, pluginEntities, ...core } = configuration;
  const set = new EntitySet();
  for (const lists of [core, pluginEntities]) {
    for (const [collection, entities] of Object.entries(lists)) {
      for (const entity of entities) set.put(collection, entity as never);
    }
  }
  return set;
}

function partsOf(set: EntitySet, base: EntitySet): Part[] {
  const before = new Map([...base.entities()].map((facts) => [facts.key, facts]));
  const parts: Part[] = [];
  for (const { key, collection, entity, digest } of set.entities()) {
    if (before.get(key)?.digest !== digest)
      parts.push({ type: 'part', puts: [{ collection, entities: [entity] }], deletes: [] });
    before.delete(key);
  }
  for (const { collection, entity } of before.values())
    parts.push({ type: 'part', puts: [], deletes: [{ collection, ids: [entity.id] }] });
  return parts;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}
