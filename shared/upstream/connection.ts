/**
 * One connection to an upstream, used for one exchange at a time. It parses responses strictly, hands them
 * to the exchange piece by piece, and knows when it may be used again. It never retries and never talks to
 * clients.
 */
import * as net from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { ChunkedPieces } from '../http/chunked-pieces.ts';
import type { FieldLines } from '../http/field-lines.ts';
import { HeldOctets } from '../http/held-octets.ts';
import { refusalOf } from '../http/refusals.ts';
import { Framing } from '../http/request-head.ts';
import { ResponseHead, type ResponseHeadLimits } from '../http/response-head.ts';
import { PrivateReads, readBuffer } from '../http/socket-reads.ts';
import type { Deadlines, Waiting } from '../proxy/deadlines.ts';
import { ERRORS, type GatewayError } from '../proxy/errors.ts';

/** Who receives what comes back: the exchange. All calls are synchronous, one exchange at a time. */
export interface ResponseSink {
  /** The connection stands (TCP and, with TLS, the handshake). Only for new connections. */
  onConnected(): void;
  /** An interim (1xx, not 101) response. */
  onInterim(head: ResponseHead): void;
  /** The final head. `head` stays as it is until the response has ended. */
  onResponseHead(head: ResponseHead): void;
  /** A piece of the body. The octets are only valid during the call: see `retain`. */
  onResponseBody(octets: Buffer, from: number, to: number): void;
  onResponseEnd(trailers: FieldLines | undefined): void;
  /** All that came in one read has been handed over: send what has been held back. */
  onReadEnd(): void;
  /** 101: from now on everything is handed to `onTunnelData`. */
  onTunnelData(octets: Buffer, from: number, to: number): void;
  /** The upstream has ended its side of a tunnel; the other side goes on. */
  onTunnelEnd(): void;
  /** The exchange on this connection has failed; `begun` when its final head had been handed over. */
  onFailure(error: GatewayError, reason: string, begun: boolean): void;
  /** What was written has left; writing may go on. */
  onDrain(): void;
}

/** What connections of one kind share. */
export interface ConnectionTarget {
  readonly ip: string;
  readonly port: number;
  /** Options of `tls.connect` beside host and port; undefined for plain TCP. */
  readonly tls: ConnectionOptions | undefined;
}

/** More interim responses than this are an attack or a defect (RFC 9110 15.2 sets no bound). */
const MAX_INTERIM = 32;

const State = { connecting: 0, idle: 1, head: 2, body: 3, tunnel: 4, closed: 5 } as const;

const LEAVE_MS = 2000;

/** A body that has brought this much, or says that it will, is read into memory of its own. */
const LARGE_BODY_BYTES = 256 * 1024;

const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

export class UpstreamConnection implements Waiting {
  readonly socket: net.Socket;
  readonly head = new ResponseHead();
  deadline = 0;
  /** Exchanges that it has carried, the current one included. */
  uses = 0;
  private sink: ResponseSink | undefined;
  private state: number = State.connecting;
  private method = '';
  private interim = 0;
  private remaining = 0;
  private chunks: ChunkedPieces | undefined;
  private readonly held = new HeldOctets();
  private paused = false;
  private timeoutMs = 0;
  private bodyBytes = 0;
  private ownReads: PrivateReads | undefined;
  private requestComplete = false;
  private readonly limits: ResponseHeadLimits;
  private readonly deadlines: Deadlines;
  private readonly onIdle: (connection: UpstreamConnection) => void;
  private readonly onClosed: (connection: UpstreamConnection) => void;
  private readonly secure: boolean;
  private lastError: NodeJS.ErrnoException | undefined;

  constructor(
    target: ConnectionTarget,
    limits: ResponseHeadLimits,
    deadlines: Deadlines,
    onIdle: (connection: UpstreamConnection) => void,
    onClosed: (connection: UpstreamConnection) => void,
  ) {
    this.limits = limits;
    this.deadlines = deadlines;
    this.onIdle = onIdle;
    this.onClosed = onClosed;
    this.secure = target.tls !== undefined;
    if (target.tls === undefined) {
      this.socket = net.connect({
        host: target.ip,
        port: target.port,
        noDelay: true,
        onread: {
          buffer: readBuffer,
          callback: (length: number, octets: Uint8Array) => {
            this.onData(octets as Buffer, 0, length);
            return !this.paused;
          },
        },
      } as net.NetConnectOpts);
      this.socket.on('connect', () => this.onConnect());
    } else {
      this.socket = process
        .getBuiltinModule('node:tls')
        .connect({ ...target.tls, host: target.ip, port: target.port });
      this.socket.setNoDelay(true);
      this.socket.on('secureConnect', () => this.onConnect());
      this.socket.on('data', (octets: Buffer) => this.onData(octets, 0, octets.length));
    }
    this.socket.on('end', () => this.onSocketEnd());
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.lastError = error;
    });
    this.socket.on('close', () => this.onSocketClose());
    this.socket.on('drain', () => this.sink?.onDrain());
    deadlines.add(this);
  }

  get usable(): boolean {
    return this.state === State.idle && !this.socket.destroyed && this.socket.writable;
  }

  /** Gives a connection that is still being made to an exchange: it hears `onConnected` or `onFailure`. */
  await(sink: ResponseSink, timeoutMs: number): void {
    this.sink = sink;
    this.deadline = this.deadlines.after(timeoutMs);
  }

  /** Starts an exchange on a standing connection. What is written from now on is its request. */
  begin(sink: ResponseSink, method: string): void {
    this.sink = sink;
    this.method = method;
    this.state = State.head;
    this.interim = 0;
    this.uses++;
    this.deadline = 0;
    this.timeoutMs = 0;
    this.requestComplete = false;
  }

  /** The request has been written to its end; a connection whose request was cut is never used again. */
  requestEnded(): void {
    this.requestComplete = true;
  }

  /** Waits for the upstream at most that long, from now and from each read on. */
  expectWithin(timeoutMs: number): void {
    this.timeoutMs = timeoutMs;
    this.deadline = this.deadlines.after(timeoutMs);
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.deadline = 0;
    // Within a read the callback's result stops a plain socket; pausing it here as well is harmless.
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.timeoutMs !== 0) this.deadline = this.deadlines.after(this.timeoutMs);
    if (this.state === State.head || this.state === State.body || this.state === State.tunnel) {
      // Also without octets: a response that has no body ends here.
      const octets = this.held.length === 0 ? NOTHING : this.held.take();
      this.consume(octets, 0, octets.length);
      if (this.paused) return;
    }
    this.socket.resume();
  }

  /** Ends it at once, without telling the exchange. */
  destroy(): void {
    this.sink = undefined;
    this.state = State.closed;
    this.socket.destroy();
  }

  /** Ends it when what was written has left, or after a moment. */
  leave(): void {
    this.sink = undefined;
    this.state = State.closed;
    this.deadline = this.deadlines.after(LEAVE_MS);
    this.socket.destroySoon();
  }

  onDeadline(): void {
    if (this.state === State.idle) {
      this.destroy();
      return;
    }
    const connecting = this.state === State.connecting;
    this.fail(
      connecting
        ? ERRORS.connectTimeout
        : this.state === State.head
          ? ERRORS.upstreamTimeout
          : ERRORS.responseTimeout,
      connecting ? 'connect_timeout' : 'read_timeout',
    );
  }

  private onConnect(): void {
    if (this.state !== State.connecting) return;
    this.state = State.idle;
    this.deadline = 0;
    this.sink?.onConnected();
  }

  private onData(octets: Buffer, start: number, end: number): void {
    const { held } = this;
    if (held.length === 0) this.consume(octets, start, end);
    else {
      held.add(octets, start, end);
      // A head that comes in drips is looked at again only when a line has ended: bounded work.
      const ended = this.state !== State.head || octets.subarray(start, end).includes(LF);
      if (ended || held.length > this.limits.maxHeadBytes) {
        const joined = held.take();
        this.consume(joined, 0, joined.length);
      }
    }
    if (
      this.deadline !== 0 &&
      (this.state === State.head || this.state === State.body || this.state === State.tunnel)
    ) {
      this.deadline = this.deadlines.after(this.timeoutMs);
    }
  }

  private consume(octets: Buffer, start: number, end: number): void {
    let pos = start;
    for (;;) {
      if (this.paused) {
        if (pos < end) this.held.add(octets, pos, end);
        break;
      }
      if (this.state === State.head) {
        if (pos >= end) break;
        const after = this.head.parse(octets, pos, end, this.method, this.limits);
        if (after === 0) {
          if (end - pos > this.limits.maxHeadBytes) {
            this.fail(ERRORS.upstreamInvalid, 'head_too_large');
            return;
          }
          this.held.add(octets, pos, end);
          return;
        }
        if (after < 0) {
          this.fail(ERRORS.upstreamInvalid, refusalOf(after).reason);
          return;
        }
        pos = after;
        if (!this.takeHead()) return;
      } else if (this.state === State.body) {
        const next = this.takeBody(octets, pos, end);
        if (next < 0) return;
        pos = next;
        if (this.state === State.body) break;
      } else if (this.state === State.tunnel) {
        if (pos < end) this.sink?.onTunnelData(octets, pos, end);
        break;
      } else {
        // Octets behind a response, or without a request, are never the next response (response splitting).
        if (pos < end) this.destroy();
        break;
      }
    }
    this.sink?.onReadEnd();
  }

  /** False when the exchange is over. */
  private takeHead(): boolean {
    const head = this.head;
    const sink = this.sink!;
    if (head.status < 200 && head.status !== 101) {
      if (++this.interim > MAX_INTERIM) {
        this.fail(ERRORS.upstreamInvalid, 'too_many_interim_responses');
        return false;
      }
      sink.onInterim(head);
      return this.state === State.head;
    }
    if (head.status === 101) {
      this.state = State.tunnel;
      this.socket.allowHalfOpen = true;
      sink.onResponseHead(head);
      return (this.state as number) === State.tunnel;
    }
    this.state = State.body;
    this.remaining = head.contentLength;
    this.bodyBytes = 0;
    if (head.framing === Framing.chunked) {
      if (this.chunks === undefined) this.chunks = new ChunkedPieces();
      else this.chunks.decoder.reset();
    }
    sink.onResponseHead(head);
    return (this.state as number) === State.body;
  }

  /** Returns the offset behind what was taken, -1 when the exchange has failed. */
  private takeBody(octets: Buffer, pos: number, end: number): number {
    const sink = this.sink!;
    if (octets === readBuffer) {
      this.bodyBytes += end - pos;
      if (this.bodyBytes > LARGE_BODY_BYTES || this.remaining > LARGE_BODY_BYTES)
        this.ownReads ??= PrivateReads.begin(this.socket);
    }
    switch (this.head.framing) {
      case Framing.none:
        this.finish(undefined);
        return pos;
      case Framing.length: {
        if (pos >= end) return pos;
        const to = end - pos > this.remaining ? pos + this.remaining : end;
        this.remaining -= to - pos;
        sink.onResponseBody(octets, pos, to);
        if (this.state !== State.body) return -1;
        if (this.remaining === 0) this.finish(undefined);
        return to;
      }
      case Framing.chunked: {
        const chunks = this.chunks!;
        const after = chunks.decode(octets, pos, end, this.limits);
        if (after < 0) {
          this.fail(ERRORS.responseCut, refusalOf(after).reason);
          return -1;
        }
        if (chunks.from >= 0) {
          sink.onResponseBody(octets, chunks.from, chunks.to);
          if (this.state !== State.body) return -1;
        }
        if (chunks.decoder.done) this.finish(chunks.decoder.trailers);
        return after;
      }
      default:
        if (pos < end) sink.onResponseBody(octets, pos, end);
        return this.state === State.body ? end : -1;
    }
  }

  private finish(trailers: FieldLines | undefined): void {
    const sink = this.sink!;
    const reusable = this.head.keepAlive && this.requestComplete && !this.socket.destroyed;
    this.sink = undefined;
    this.deadline = 0;
    this.ownReads?.end();
    this.ownReads = undefined;
    if (this.paused) {
      // The next exchange must hear its response: whoever paused this one is done with it.
      this.paused = false;
      this.socket.resume();
    }
    if (reusable) {
      this.state = State.idle;
    } else this.state = State.closed;
    // The exchange's last words come before the connection can be given to another one.
    sink.onResponseEnd(trailers);
    if (!reusable) this.socket.destroy();
    else if (this.state === State.idle) this.onIdle(this);
  }

  private onSocketEnd(): void {
    // Within a TLS handshake: the error that says so comes with `close`.
    if (this.state === State.connecting) return;
    if (this.state === State.tunnel) {
      this.sink?.onTunnelEnd();
      return;
    }
    if (this.state === State.body && this.head.framing === Framing.untilClose) {
      this.finish(undefined);
      return;
    }
    this.fail(ERRORS.upstreamClosed, 'closed_by_upstream');
  }

  private onSocketClose(): void {
    this.deadlines.remove(this);
    if (this.state !== State.closed) {
      const code = this.lastError?.code;
      if (this.state === State.connecting) {
        // A refused connection and a failed handshake are told apart: only one of them is TLS.
        const tlsFailure =
          this.secure && code !== 'ECONNREFUSED' && code !== 'EHOSTUNREACH' && code !== 'ENETUNREACH';
        this.fail(tlsFailure ? ERRORS.tlsFailed : ERRORS.connectRefused, code ?? 'closed');
      } else this.fail(ERRORS.upstreamClosed, code ?? 'closed');
    }
    this.onClosed(this);
  }

  private fail(error: GatewayError, reason: string): void {
    const sink = this.sink;
    const begun = this.state === State.body || this.state === State.tunnel;
    this.sink = undefined;
    this.state = State.closed;
    this.held.drop();
    this.socket.destroy();
    if (sink === undefined) return;
    if (begun) sink.onFailure(error.retry === 'never' ? error : ERRORS.responseCut, reason, true);
    else sink.onFailure(error, reason, false);
  }
}
