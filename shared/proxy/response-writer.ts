/**
 * Writes one response to a client: a head, a body in the framing the client understands, trailers. Small
 * responses leave in one piece: the head waits for the first octets of the body that came with it.
 */
import type { FieldLines } from '../http/field-lines.ts';
import { SKIP_NONE } from '../http/field-lines.ts';
import { Framing } from '../http/request-head.ts';
import { giveBack, retain } from '../http/socket-reads.ts';
import type { ClientConnection } from './client-connection.ts';

/** Head and body up to this length are written as one text: Node sends such a text without allocating. */
const ONE_WRITE_BYTES = 16_000;

export class ResponseWriter {
  /** Octets written, heads included. */
  bytesSent = 0;
  /** A final head has been handed over. */
  started = false;
  private head = '';
  private framing: number = Framing.none;
  private readonly client: ClientConnection;

  constructor(client: ClientConnection) {
    this.client = client;
  }

  reset(): void {
    this.bytesSent = 0;
    this.started = false;
    this.head = '';
    this.framing = Framing.none;
  }

  /** Takes the head; it leaves with the first piece of the body, at `flush` or at `end`. */
  start(head: string, framing: number): void {
    this.started = true;
    this.head = head;
    this.framing = framing;
    this.bytesSent += head.length;
  }

  /** A piece of the body; the octets are copied or written before it returns. */
  piece(octets: Buffer, from: number, to: number): void {
    const length = to - from;
    // What a body transform says about a response that has no body is nobody's to hear.
    if (length === 0 || this.framing === Framing.none) return;
    const { head, client } = this;
    const chunked = this.framing === Framing.chunked;
    const before = chunked ? head + length.toString(16) + '\r\n' : head;
    this.head = '';
    this.bytesSent += chunked ? length + before.length - head.length + 2 : length;
    if (before.length + length <= ONE_WRITE_BYTES) {
      const text = before + octets.toString('latin1', from, to);
      client.write(chunked ? text + '\r\n' : text);
      return;
    }
    const { socket } = client;
    const kept = retain(octets, from, to);
    if (before === '') client.writeOctets(kept);
    else {
      socket.cork();
      client.write(before);
      client.writeOctets(kept);
      if (chunked) client.write('\r\n');
      socket.uncork();
    }
    if (socket.writableLength === 0) giveBack(octets);
  }

  /** Sends a head that no body has followed yet. */
  flush(): void {
    if (this.head === '') return;
    const head = this.head;
    this.head = '';
    this.client.write(head);
  }

  end(trailers: FieldLines | undefined): void {
    if (this.framing === Framing.chunked) {
      const last =
        trailers === undefined || trailers.size === 0
          ? '0\r\n\r\n'
          : `0\r\n${trailers.serialise(SKIP_NONE)}\r\n`;
      this.bytesSent += last.length;
      this.client.write(this.head + last);
      this.head = '';
      return;
    }
    this.flush();
  }
}
