/**
 * A request body on its way: held while nobody takes it, forwarded piece by piece, kept up to a bound so
 * that another attempt can send it again. At most `HOLD_BYTES` and one read are ever held, unless a plugin
 * asks to see the whole body, and then its own limit counts.
 */
import type { FieldLines } from '../http/field-lines.ts';
import { SKIP_NONE } from '../http/field-lines.ts';
import { Framing } from '../http/request-head.ts';
import type { BodyWatcher, PluginInstance } from '../plugins/contract.ts';
import { pieceOf } from '../plugins/phase-result.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeView } from './exchange-view.ts';
import type { UpstreamLeg } from './upstream-leg.ts';

/** Held before the client is stopped, and kept for another attempt. */
const HOLD_BYTES = 64 * 1024;

const SMALL_BYTES = 256;
const SMALL_RUN = 128;

const EMPTY = Buffer.alloc(0);

interface Reader {
  readonly limit: number;
  readonly resolve: (body: Buffer | null) => void;
  readonly reject: (error: Error) => void;
}

export class RequestBody {
  /** Octets received from the client, framing removed. */
  received = 0;
  ended = false;
  /** How it goes to the upstream. */
  framing: number;
  contentLength: number;
  private pieces: Buffer[] | undefined = [];
  private heldBytes = 0;
  /** Small pieces at the end of `pieces`. */
  private smallRun = 0;
  private connection: UpstreamConnection | undefined;
  private trailers = '';
  private reader: Reader | undefined;
  private discarding = false;
  private transforms: readonly PluginInstance[] = [];
  private readonly client: ClientConnection;
  private readonly exchange: Exchange;
  private leg: UpstreamLeg | undefined;
  private maxBytes = Number.POSITIVE_INFINITY;
  private refusal: { readonly status: number; readonly message: string } | undefined;
  private watcher: BodyWatcher | undefined;

  /** A body for a request that came without one. */
  static made(exchange: ExchangeView, client: ClientConnection): RequestBody {
    const body = new RequestBody(exchange, client);
    body.ended = true;
    return body;
  }

  constructor(exchange: ExchangeView, client: ClientConnection) {
    this.exchange = exchange as Exchange;
    this.client = client;
    this.framing = client.head.framing;
    this.contentLength = client.head.contentLength;
  }

  /** Everything that was received is still here, or nothing has been received. */
  get canReplay(): boolean {
    return this.pieces !== undefined;
  }

  add(piece: Buffer): void {
    this.received += piece.length;
    if (this.discarding) return;
    if (this.received > this.maxBytes) {
      this.tooLong();
      return;
    }
    if (this.watcher !== undefined) this.watcher.piece(piece);
    if (this.connection !== undefined) {
      this.keep(piece);
      this.send(piece, false);
      return;
    }
    this.hold(piece);
    const reader = this.reader;
    if (reader === undefined) {
      if (this.heldBytes > HOLD_BYTES) this.client.pauseReading();
    } else if (this.heldBytes > reader.limit) {
      this.reader = undefined;
      this.client.pauseReading();
      reader.resolve(null);
    }
  }

  end(trailers: FieldLines | undefined): void {
    this.ended = true;
    if (this.discarding) return;
    if (this.watcher !== undefined) this.watcher.ended();
    if (trailers !== undefined && trailers.size > 0) this.trailers = trailers.serialise(SKIP_NONE);
    if (this.connection !== undefined) this.finish();
    const reader = this.reader;
    if (reader !== undefined) {
      this.reader = undefined;
      reader.resolve(Buffer.concat(this.pieces!));
    }
  }

  /** The whole body, or null when it is longer than `limit`. Before it is forwarded only. */
  read(limit: number): Promise<Buffer | null> {
    if (this.pieces === undefined || this.heldBytes > limit) return Promise.resolve(null);
    if (this.framing === Framing.length && this.contentLength > limit) return Promise.resolve(null);
    if (this.ended) return Promise.resolve(Buffer.concat(this.pieces));
    if (this.reader !== undefined) return Promise.reject(new Error('the body is being read already'));
    this.sendContinue();
    this.client.resumeReading();
    return new Promise((resolve, reject) => {
      this.reader = { limit, resolve, reject };
    });
  }

  limit(bytes: number, status: number, message: string): void {
    if (bytes >= this.maxBytes) return;
    this.maxBytes = bytes;
    this.refusal = { status, message };
    if (this.received > bytes) this.tooLong();
  }

  /** Whoever reads it gets what they get for any body that is too long; the exchange ends with the refusal. */
  private tooLong(): void {
    const { status, message } = this.refusal!;
    const reader = this.reader;
    this.reader = undefined;
    this.discarding = true;
    this.pieces = undefined;
    this.watcher = undefined;
    reader?.resolve(null);
    this.exchange.onBodyTooLong(status, message);
  }

  /** What has come already is shown at once. */
  watch(watcher: BodyWatcher): void {
    this.watcher = watcher;
    for (const piece of this.pieces ?? []) watcher.piece(piece);
    if (this.ended) watcher.ended();
  }

  replace(body: Buffer): void {
    if (!this.ended || this.connection !== undefined)
      throw new Error('replaceBody needs a body that readBody has returned');
    this.pieces = body.length === 0 ? [] : [body];
    this.smallRun = 0;
    this.heldBytes = body.length;
    this.framing = Framing.length;
    this.contentLength = body.length;
  }

  /** Tells a waiting client to send (RFC 9110 10.1.1), unless it has begun already. */
  private sendContinue(): void {
    const { head } = this.client;
    if (!head.expectContinue) return;
    if (this.received === 0) this.client.write('HTTP/1.1 100 Continue\r\n\r\n');
    head.expectContinue = false;
    if (!this.ended) this.client.startBodyClock();
  }

  /** Plugins that rewrite the body: its length is not known any more. */
  transformWith(plugins: readonly PluginInstance[]): void {
    this.transforms = plugins;
    this.framing = Framing.chunked;
  }

  /** Sends what is held behind the request head, and from now on what comes. */
  forwardTo(connection: UpstreamConnection, leg: UpstreamLeg): void {
    this.connection = connection;
    this.leg = leg;
    this.sendContinue();
    const pieces = this.pieces!;
    if (this.heldBytes > HOLD_BYTES) this.pieces = undefined;
    for (const piece of pieces) {
      if (this.connection === undefined) return;
      this.send(piece, false);
    }
    if (this.connection === undefined) return;
    if (this.ended) this.finish();
    else if (!connection.socket.writableNeedDrain) this.client.resumeReading();
  }

  /** The attempt has failed: what is kept waits for the next one. */
  detach(): void {
    this.connection = undefined;
  }

  /** Nobody wants the rest. */
  discard(): void {
    this.discarding = true;
    this.connection = undefined;
    this.pieces = undefined;
    const reader = this.reader;
    this.reader = undefined;
    reader?.reject(new Error('the request has ended'));
  }

  onUpstreamDrain(): void {
    if (this.connection === undefined || this.ended) return;
    this.connection.deadline = 0;
    this.client.resumeReading();
  }

  private keep(piece: Buffer): void {
    if (this.pieces === undefined) return;
    this.hold(piece);
    if (this.heldBytes > HOLD_BYTES) this.pieces = undefined;
  }

  /** Runs of small pieces become one: an octet of a client must not cost an object for as long as it is held. */
  private hold(piece: Buffer): void {
    const pieces = this.pieces!;
    pieces.push(piece);
    this.heldBytes += piece.length;
    if (piece.length > SMALL_BYTES) this.smallRun = 0;
    else if (++this.smallRun === SMALL_RUN) {
      this.smallRun = 0;
      pieces.push(Buffer.concat(pieces.splice(-SMALL_RUN)));
    }
  }

  private send(piece: Buffer, last: boolean): void {
    const connection = this.connection!;
    let octets = piece;
    for (const plugin of this.transforms) {
      try {
        octets = pieceOf(plugin.requestBody!(this.exchange, octets, last));
      } catch (error) {
        this.exchange.onTransformFailed(plugin, error);
        return;
      }
    }
    if (octets.length === 0) return;
    const { socket } = connection;
    let flowing: boolean;
    if (this.framing === Framing.chunked) {
      socket.cork();
      socket.write(octets.length.toString(16) + '\r\n', 'latin1');
      socket.write(octets);
      flowing = socket.write('\r\n', 'latin1');
      socket.uncork();
    } else flowing = socket.write(octets);
    if (!flowing && !this.ended) {
      this.client.pauseReading();
      this.leg!.awaitDrain();
    }
  }

  private finish(): void {
    const connection = this.connection!;
    if (this.transforms.length > 0) {
      this.send(EMPTY, true);
      // A transform that failed has let go of the upstream.
      if (this.connection === undefined) return;
    }
    if (this.framing === Framing.chunked) connection.socket.write(`0\r\n${this.trailers}\r\n`, 'latin1');
    connection.requestEnded();
    this.leg!.requestSent();
  }
}
