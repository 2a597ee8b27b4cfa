/**
 * A client that sends exactly the octets a test gives it and keeps exactly what comes back.
 */
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import { type Response, readResponse } from './messages.ts';
import { Waiters } from './waiters.ts';

export type Octets = string | Buffer;

/** Strings are latin1: one character, one octet. */
export function octetsOf(data: Octets): Buffer {
  return typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
}

export class RawClient {
  readonly socket: net.Socket;
  /** Everything received that no response has taken yet. */
  unread: Buffer = Buffer.alloc(0);
  /** The gateway has closed its side, or the connection is gone. */
  ended = false;
  /** It went by a reset. */
  wasReset = false;
  private pieces: Buffer[] = [];
  /** What `unread` lies in. */
  private memory: Buffer = Buffer.alloc(0);
  private readonly waiters = new Waiters();

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (octets: Buffer) => {
      this.pieces.push(octets);
      this.waiters.wake();
    });
    socket.on('end', () => this.end());
    socket.on('close', () => this.end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.wasReset = true;
    });
  }

  send(data: Octets): this {
    this.socket.write(octetsOf(data));
    return this;
  }

  /** Resolves when `done` returns something; looked at after each read. */
  until<T>(what: string, done: () => T | undefined): Promise<T> {
    return this.waiters.until(
      () => {
        this.gather();
        return done();
      },
      () => {
        const got = this.unread.toString('latin1').slice(0, 2000);
        return `no ${what} (${this.ended ? 'ended' : 'open'}); unread: ${JSON.stringify(got)}`;
      },
    );
  }

  /** The next response, interim ones included; `method` of the request it answers. */
  response(method = 'GET'): Promise<Response> {
    return this.until('response', () => {
      const read = readResponse(this.unread, 0, method, this.ended);
      if (read === undefined) {
        if (this.ended)
          throw new Error(`cut: ${JSON.stringify(this.unread.toString('latin1').slice(0, 500))}`);
        return undefined;
      }
      this.unread = this.unread.subarray(read.end);
      return read.response;
    });
  }

  /** Waits for the gateway to close, and returns what no response has taken. */
  async closed(): Promise<string> {
    await this.until('close', () => (this.ended ? true : undefined));
    return this.unread.toString('latin1');
  }

  close(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  private end(): void {
    this.ended = true;
    this.waiters.wake();
  }

  private gather(): void {
    for (const piece of this.pieces) this.append(piece);
    this.pieces = [];
  }

  /** The memory doubles: a large response in small pieces must not be copied for each of them. */
  private append(piece: Buffer): void {
    const { unread } = this;
    let from = unread.byteOffset - this.memory.byteOffset;
    if (from + unread.length + piece.length > this.memory.length) {
      this.memory = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (unread.length + piece.length)));
      unread.copy(this.memory);
      from = 0;
    }
    piece.copy(this.memory, from + unread.length);
    this.unread = this.memory.subarray(from, from + unread.length + piece.length);
  }
}

/** A connection to 127.0.0.1 that is closed when the test ends. */
export async function connect(
  t: TestContext,
  port: number,
  options?: tls.ConnectionOptions,
): Promise<RawClient> {
  const socket =
    options === undefined
      ? net.connect({ host: '127.0.0.1', port, noDelay: true })
      : tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  const client = new RawClient(socket);
  t.after(() => client.close());
  await new Promise<void>((resolve, reject) => {
    socket.once(options === undefined ? 'connect' : 'secureConnect', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before it stood')));
  });
  return client;
}

/** Sends one message on a connection of its own and returns the final response. */
export async function ask(t: TestContext, port: number, message: Octets, method?: string): Promise<Response> {
  const client = await connect(t, port);
  client.send(message);
  const text = octetsOf(message).toString('latin1');
  let response = await client.response(method ?? text.slice(0, text.indexOf(' ')));
  while (response.status < 200) response = await client.response(method);
  client.close();
  return response;
}
