/** Writes to one place over a connection that is kept while it is used, with or without TLS. */
import type { Socket } from 'node:net';

export interface TcpSenderOptions {
  readonly host: string;
  readonly port: number;
  /** For connecting, and for a write to be taken. */
  readonly timeoutMs: number;
  readonly keepaliveMs: number;
  readonly tls: boolean;
  readonly serverName: string | undefined;
}

export class TcpSender {
  readonly #options: TcpSenderOptions;
  #socket: Socket | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: TcpSenderOptions) {
    this.#options = options;
  }

  /** Resolves when the system has taken all of it. */
  async send(text: string): Promise<void> {
    clearTimeout(this.#idle);
    const socket = this.#socket ?? (await this.#connect());
    await this.#within(socket, 'write', (done) => socket.write(text, done));
    this.#idle = setTimeout(() => this.close(), this.#options.keepaliveMs).unref();
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#socket?.destroySoon();
    this.#socket = undefined;
  }

  async #connect(): Promise<Socket> {
    const { host, port, tls, serverName } = this.#options;
    const socket: Socket = tls
      ? process.getBuiltinModule('node:tls').connect({
          host,
          port,
          // Kong does not verify here either.
          rejectUnauthorized: false,
          ...(serverName === undefined ? {} : { servername: serverName }),
        })
      : process.getBuiltinModule('node:net').connect({ host, port });
    socket.unref();
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    socket.on('error', () => {});
    socket.resume();
    await this.#within(socket, 'connect', (done) =>
      socket.once(tls ? 'secureConnect' : 'connect', () => done()),
    );
    this.#socket = socket;
    return socket;
  }

  #within(socket: Socket, what: string, act: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error | null): void => {
        clearTimeout(timer);
        socket.off('error', end);
        socket.off('close', closed);
        if (error) {
          socket.destroy();
          reject(error);
        } else resolve();
      };
      const closed = (): void => end(new Error(`${what}: the connection was closed`));
      const timer = setTimeout(
        () => end(new Error(`${what}: nothing within ${this.#options.timeoutMs} ms`)),
        this.#options.timeoutMs,
      ).unref();
      socket.once('error', end);
      socket.once('close', closed);
      act(end);
    });
  }
}
