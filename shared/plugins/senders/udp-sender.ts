/**
 * Sends datagrams to one place. The name is looked up once in a while, never for each datagram. What is longer than
 * a datagram can be is not sent.
 */
import type { Socket } from 'node:dgram';

const LOOK_UP_AGAIN_MS = 60_000;
export const MAX_DATAGRAM_BYTES = 65_507;

export class UdpSender {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #address = '';
  #lookedUpMs = Number.NEGATIVE_INFINITY;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Resolves with how many were too long; rejects when one could not be handed to the system. */
  async send(datagrams: readonly (string | Buffer)[]): Promise<number> {
    const socket = await this.#ready();
    let tooLong = 0;
    for (const datagram of datagrams) {
      if (Buffer.byteLength(datagram) > MAX_DATAGRAM_BYTES) {
        tooLong++;
        continue;
      }
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, this.#port, this.#address, (error) => (error ? reject(error) : resolve()));
      });
    }
    return tooLong;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #ready(): Promise<Socket> {
    if (this.#socket !== undefined && performance.now() - this.#lookedUpMs < LOOK_UP_AGAIN_MS)
      return this.#socket;
    const { lookup } = process.getBuiltinModule('node:dns/promises');
    const { address, family } = await lookup(this.#host);
    this.#lookedUpMs = performance.now();
    if (address === this.#address && this.#socket !== undefined) return this.#socket;
    this.#socket?.close();
    this.#address = address;
    const { createSocket } = process.getBuiltinModule('node:dgram');
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4').unref();
    // Errors of a datagram come to its callback; those of the socket itself say that it is of no use any more.
    socket.on('error', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    this.#socket = socket;
    return socket;
  }
}
