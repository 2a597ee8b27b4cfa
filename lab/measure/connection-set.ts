/**
 * The load generator's connections to one address. Requests take the first idle one, else a new one, else wait;
 * a connection that fails takes its request with it and is replaced when it is needed again. For the lab and the
 * benchmark alone: it trusts what it reads.
 */

import { connect, type Socket } from 'node:net';
import { ResponseScanner } from './response-scanner.ts';

export interface OpenLoopTarget {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RequestEvents {
  sent(intendedMs: number, nowMs: number): void;
  /** `sentMs` -1: it never left. `status` 0: it was not answered. */
  ended(intendedMs: number, sentMs: number, status: number): void;
}

interface Connection {
  readonly socket: Socket;
  readonly scanner: ResponseScanner;
  /** When the request in flight was meant to leave, and did; NaN when there is none. */
  intendedMs: number;
  sentMs: number;
}

export class ConnectionSet {
  private readonly target: OpenLoopTarget;
  private readonly wire: Buffer;
  private readonly most: number;
  private readonly timeoutMs: number;
  private readonly events: RequestEvents;
  private readonly all = new Set<Connection>();
  private readonly idle: Connection[] = [];
  private readonly queue: number[] = [];
  private connecting = 0;
  private closed = false;

  constructor(target: OpenLoopTarget, most: number, timeoutMs: number, events: RequestEvents) {
    this.target = target;
    this.most = most;
    this.timeoutMs = timeoutMs;
    this.events = events;
    const head = Object.entries({ Host: `127.0.0.1:${target.port}`, ...target.headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    this.wire = Buffer.from(`GET ${target.path} HTTP/1.1\r\n${head}\r\n`, 'latin1');
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Nothing is under way. */
  get quiet(): boolean {
    return this.queue.length === 0 && this.connecting === 0 && this.idle.length === this.all.size;
  }

  /** Opens all of them. Rejects when one cannot be opened. */
  async open(): Promise<void> {
    const opened = await Promise.all(Array.from({ length: this.most }, () => dial(this.target.port)));
    for (const socket of opened) this.idle.push(this.adopt(socket));
  }

  request(intendedMs: number): void {
    const connection = this.idle.pop();
    if (connection !== undefined) this.send(connection, intendedMs);
    else if (this.all.size + this.connecting < this.most) this.dialFor(intendedMs);
    else this.queue.push(intendedMs);
  }

  /** Fails what has waited too long for its answer. */
  expire(nowMs: number): void {
    for (const connection of this.all) {
      if (nowMs - connection.sentMs > this.timeoutMs) connection.socket.destroy();
    }
  }

  close(): void {
    this.closed = true;
    for (const connection of this.all) {
      if (!Number.isNaN(connection.intendedMs))
        this.events.ended(connection.intendedMs, connection.sentMs, 0);
      connection.socket.destroy();
    }
    for (const intendedMs of this.queue) this.events.ended(intendedMs, -1, 0);
    this.all.clear();
  }

  private dialFor(intendedMs: number): void {
    this.connecting++;
    dial(this.target.port).then(
      (socket) => {
        this.connecting--;
        if (this.closed) socket.destroy();
        else this.send(this.adopt(socket), intendedMs);
      },
      () => {
        this.connecting--;
        if (this.closed) return;
        this.events.ended(intendedMs, -1, 0);
        // Each that waits gets a try of its own: the address may be back by then.
        const next = this.queue.shift();
        if (next !== undefined) this.dialFor(next);
      },
    );
  }

  private adopt(socket: Socket): Connection {
    const connection: Connection = {
      socket,
      scanner: new ResponseScanner(),
      intendedMs: Number.NaN,
      sentMs: Number.NaN,
    };
    this.all.add(connection);
    socket.on('data', (chunk: Buffer) => {
      for (let done = connection.scanner.push(chunk); done > 0; done--) this.onAnswer(connection);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.onClose(connection));
    return connection;
  }

  private send(connection: Connection, intendedMs: number): void {
    const nowMs = performance.now();
    connection.intendedMs = intendedMs;
    connection.sentMs = nowMs;
    connection.socket.write(this.wire);
    this.events.sent(intendedMs, nowMs);
  }

  private onAnswer(connection: Connection): void {
    const { intendedMs, sentMs } = connection;
    if (Number.isNaN(intendedMs)) return;
    connection.intendedMs = Number.NaN;
    connection.sentMs = Number.NaN;
    this.events.ended(intendedMs, sentMs, connection.scanner.status);
    const next = this.queue.shift();
    if (next === undefined) this.idle.push(connection);
    else this.send(connection, next);
  }

  private onClose(connection: Connection): void {
    if (this.closed) return;
    this.all.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    if (!Number.isNaN(connection.intendedMs)) this.events.ended(connection.intendedMs, connection.sentMs, 0);
    const next = this.queue.shift();
    if (next !== undefined) this.request(next);
  }
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
