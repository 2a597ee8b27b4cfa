/**
 * Requests without a pause on kept connections, one at a time on each. It knows just enough of HTTP to find
 * the end of a response with a Content-Length, so that a test process has time left for the gateway.
 */
import * as net from 'node:net';

export interface LoadResult {
  readonly requests: number;
  /** What went wrong: a cut connection, or what `check` said. At most 20 are kept. */
  readonly failures: readonly string[];
}

export class KeepAliveLoad {
  requests = 0;
  private failed = 0;
  private readonly failures: string[] = [];
  private stopping = false;
  private readonly ended: Promise<unknown>;

  /** `check` gets the whole response as latin1, and says what is wrong with it. */
  constructor(
    port: number,
    connections: number,
    message: string,
    check: (response: string) => string | undefined,
  ) {
    this.ended = Promise.all(
      Array.from({ length: connections }, () => this.connection(port, message, check)),
    );
  }

  /** Lets every connection finish the request that it has under way. */
  async stop(): Promise<LoadResult> {
    this.stopping = true;
    await this.ended;
    const more = this.failed - this.failures.length;
    const failures = more > 0 ? [...this.failures, `and ${more} more`] : this.failures;
    return { requests: this.requests, failures };
  }

  private connection(
    port: number,
    message: string,
    check: (response: string) => string | undefined,
  ): Promise<void> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
      let text = '';
      socket.setEncoding('latin1');
      socket.on('connect', () => socket.write(message));
      socket.on('data', (piece: string) => {
        text += piece;
        const end = endOf(text);
        if (end < 0) return;
        this.requests++;
        const complaint = check(text.slice(0, end));
        if (complaint !== undefined) this.fail(complaint);
        text = text.slice(end);
        if (this.stopping) {
          socket.destroy();
          resolve();
        } else socket.write(message);
      });
      socket.on('error', (error) => this.fail(error.message));
      socket.on('end', () => {
        this.fail(`closed by the gateway: ${text.slice(0, 100)}`);
        socket.destroy();
        resolve();
      });
      socket.on('close', () => resolve());
    });
  }

  private fail(what: string): void {
    this.failed++;
    if (this.failures.length < 20) this.failures.push(what);
  }
}

/** Offset behind the response, -1 while it is not complete. */
function endOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, head + 2))?.[1];
  if (length === undefined) throw new Error(`no Content-Length: ${text.slice(0, head)}`);
  const end = head + 4 + Number(length);
  return text.length < end ? -1 : end;
}
