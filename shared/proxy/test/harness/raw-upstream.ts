/**
 * An upstream that records the exact octets it gets and answers with exactly what the test says.
 */
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import { type Request, readHead, readRequest } from './messages.ts';
import { type Octets, octetsOf } from './raw-client.ts';
import { Waiters } from './waiters.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** One connection that the gateway has made. */
export class UpstreamPeer {
  readonly socket: net.Socket;
  /** Everything received. */
  received: Buffer = Buffer.alloc(0);
  ended = false;
  closed = false;
  wasReset = false;
  /** Requests complete on this connection. */
  requests = 0;
  taken = 0;
  headSeen = false;

  constructor(socket: net.Socket) {
    this.socket = socket;
  }

  send(data: Octets): this {
    this.socket.write(octetsOf(data));
    return this;
  }
  /** FIN behind what has been sent. */
  end(data?: Octets): void {
    if (data === undefined) this.socket.end();
    else this.socket.end(octetsOf(data));
  }
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

export interface UpstreamScript {
  /** A connection has been accepted; nothing has been read yet. */
  onConnection?: (peer: UpstreamPeer) => void;
  /** A request's head is there, its body may not be. */
  onHead?: (peer: UpstreamPeer, head: string) => void;
  /** A whole request is there. Octets returned are sent. */
  onRequest?: (request: Request, peer: UpstreamPeer) => Octets | undefined;
  /** Takes the octets instead of the request reader (tunnels, bodies that are not to be kept). */
  onData?: (octets: Buffer, peer: UpstreamPeer) => void;
}

export class RawUpstream {
  readonly server: net.Server;
  readonly peers: UpstreamPeer[] = [];
  readonly requests: Request[] = [];
  script: UpstreamScript;
  private readonly sockets = new Set<net.Socket>();
  private readonly waiters = new Waiters();

  constructor(script: UpstreamScript, secure: tls.TlsOptions | undefined) {
    this.script = script;
    const accept = (socket: net.Socket): void => this.accept(socket);
    this.server =
      secure === undefined
        ? net.createServer({ allowHalfOpen: true, noDelay: true }, accept)
        : tls.createServer({ ...secure, allowHalfOpen: true }, accept);
    this.server.on('connection', (socket: net.Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Everything that all connections received, as latin1. */
  get text(): string {
    return this.peers.map((peer) => peer.received.toString('latin1')).join('');
  }

  /** Forgets what was recorded; connections stay. */
  forget(): void {
    this.requests.length = 0;
    for (const peer of this.peers) {
      peer.received = peer.received.subarray(peer.taken);
      peer.taken = 0;
    }
  }

  /** Resolves when `done` returns something; looked at after each event. */
  until<T>(what: string, done: () => T | undefined): Promise<T> {
    return this.waiters.until(done, () => `the upstream saw no ${what}`);
  }

  /** The `n`th whole request (from 1). */
  request(n = 1): Promise<Request> {
    return this.until(`request ${n}`, () => this.requests[n - 1]);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: net.Socket): void {
    const peer = new UpstreamPeer(socket);
    this.peers.push(peer);
    socket.on('data', (octets: Buffer) => this.read(peer, octets));
    socket.on('end', () => {
      peer.ended = true;
      if (this.script.onData === undefined) socket.end();
      this.waiters.wake();
    });
    socket.on('close', () => {
      peer.closed = true;
      this.waiters.wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') peer.wasReset = true;
    });
    this.script.onConnection?.(peer);
    this.waiters.wake();
  }

  private read(peer: UpstreamPeer, octets: Buffer): void {
    const { script } = this;
    if (script.onData !== undefined) {
      script.onData(octets, peer);
      this.waiters.wake();
      return;
    }
    peer.received = Buffer.concat([peer.received, octets]);
    for (;;) {
      if (!peer.headSeen) {
        const head = readHead(peer.received, peer.taken);
        if (head === undefined) break;
        peer.headSeen = true;
        script.onHead?.(peer, peer.received.toString('latin1', peer.taken, head.end));
      }
      const read = readRequest(peer.received, peer.taken);
      if (read === undefined) break;
      peer.taken = read.end;
      peer.headSeen = false;
      peer.requests++;
      this.requests.push(read.request);
      const answer = script.onRequest === undefined ? OK : script.onRequest(read.request, peer);
      if (answer !== undefined) peer.send(answer);
    }
    this.waiters.wake();
  }
}

/** Listens on a free port of 127.0.0.1 until the test ends. Answers `OK` unless the script says otherwise. */
export async function startUpstream(
  t: TestContext,
  script: UpstreamScript = {},
  secure?: tls.TlsOptions,
): Promise<RawUpstream> {
  const upstream = new RawUpstream(script, secure);
  await new Promise<void>((resolve, reject) => {
    upstream.server.once('error', reject);
    upstream.server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => upstream.close());
  return upstream;
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
