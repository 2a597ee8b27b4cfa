/**
 * One client connection: reads requests strictly and one after the other, gives each to an exchange, and
 * decides when the connection may carry the next one. It knows nothing of routes, plugins or upstreams.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ChunkedPieces } from '../http/chunked-pieces.ts';
import { HeldOctets } from '../http/held-octets.ts';
import { type Refusal, refusalFor, refusalOf } from '../http/refusals.ts';
import { Framing, RequestHead } from '../http/request-head.ts';
import { readAccepted, retain } from '../http/socket-reads.ts';
import type { ClientView } from '../plugins/contract.ts';
import { BodyClock } from './body-clock.ts';
import { newRequestId, type ProxyContext } from './context.ts';
import type { Waiting } from './deadlines.ts';
import { errorBody } from './error-body.ts';
import { Exchange } from './exchange.ts';
import type { Listener } from './listener.ts';
import { generatedResponseHead } from './message-heads.ts';
import { ResponseWriter } from './response-writer.ts';
import { unmapped } from './trusted-peers.ts';

const State = { idle: 0, head: 1, body: 2, response: 3, tunnel: 4, linger: 5, closed: 6 } as const;

/** After the last response the connection is read for a while, so that the response is not lost to a reset. */
const LINGER_MS = 2000;
const LINGER_BYTES = 1024 * 1024;

/** The rest of a body that nobody wants is read up to this much to keep the connection; beyond, it is closed. */
const DISCARD_BYTES = 64 * 1024;

/** Pipelined requests are held up to this much, and a read more. */
const PIPELINED_BYTES = 16 * 1024;

const LF = 0x0a;

export class ClientConnection implements Waiting, ClientView {
  readonly socket: Socket;
  readonly context: ProxyContext;
  readonly listener: Listener;
  readonly scheme: 'http' | 'https';
  readonly peerIp: string;
  readonly peerPort: number;
  readonly localPort: number;
  readonly tls: ClientView['tls'];
  /** The peer may speak for its clients. */
  readonly trusted: boolean;
  /** Forwarding lines that are the same for all requests of an untrusted peer. */
  readonly forwardedLines: string;
  readonly head = new RequestHead();
  readonly writer: ResponseWriter;
  /** Client address after real-ip processing, of the current request. */
  ip: string;
  deadline = 0;
  /** The client does not take what is written. */
  blocked = false;
  private exchange: Exchange | undefined;
  private state: number = State.idle;
  private chunks: ChunkedPieces | undefined;
  private remaining = 0;
  private bodyBytes = 0;
  private readonly held = new HeldOctets();
  private readonly bodyClock: BodyClock;
  private consuming = false;
  private requests = 0;
  private lingered = 0;
  private readingPaused = false;
  /** Octets that had left when the present send timeout began. */
  private sentMark = 0;

  constructor(socket: Socket, context: ProxyContext, listener: Listener) {
    this.socket = socket;
    this.writer = new ResponseWriter(this);
    this.context = context;
    this.listener = listener;
    this.peerIp = unmapped(socket.remoteAddress ?? '');
    this.peerPort = socket.remotePort ?? 0;
    this.localPort = socket.localPort ?? listener.port;
    this.ip = this.peerIp;
    this.trusted = context.trusted.has(this.peerIp);
    this.head.secure = listener.spec.tls;
    if (listener.spec.tls) {
      const secure = socket as TLSSocket;
      const cipher = secure.getCipher();
      const sni = (secure as { servername?: string | false }).servername;
      this.scheme = 'https';
      this.tls = {
        version: secure.getProtocol() ?? '',
        cipher: cipher?.name ?? '',
        sni: typeof sni === 'string' && sni !== '' ? sni : undefined,
      };
    } else {
      this.scheme = 'http';
      this.tls = undefined;
    }
    this.forwardedLines =
      `X-Forwarded-For: ${this.peerIp}\r\nX-Real-IP: ${this.peerIp}\r\n` +
      `X-Forwarded-Proto: ${this.scheme}\r\nX-Forwarded-Port: ${this.localPort}\r\n`;
    const { settings, deadlines } = context;
    this.bodyClock = new BodyClock(settings, deadlines);
    this.deadline = deadlines.after(settings.keepAliveTimeoutMs);
    deadlines.add(this);
    if (this.tls === undefined) {
      readAccepted(socket, (octets, length) => {
        this.onData(octets, length);
        return !this.readingPaused;
      });
    } else socket.on('data', (octets: Buffer) => this.onData(octets, octets.length));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onClientEnd());
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
  }

  /** Octets of one read are being handed over. */
  get isReading(): boolean {
    return this.consuming;
  }

  /** The listener drains: idle connections end at once, tunnels are told, everything else ends with its response. */
  drain(): void {
    if (this.state === State.idle) this.socket.destroy();
    else if (this.state === State.tunnel) this.exchange?.onDraining();
  }

  // Reading.

  private onData(octets: Buffer, length: number): void {
    switch (this.state) {
      case State.linger:
        this.lingered += length;
        if (this.lingered > LINGER_BYTES) this.socket.destroy();
        return;
      case State.tunnel:
        this.exchange!.onClientTunnelData(retain(octets, 0, length));
        return;
      case State.closed:
        return;
    }
    const { held } = this;
    if (held.length === 0) {
      this.consume(octets, 0, length);
      return;
    }
    held.add(octets, 0, length);
    // A head that comes in drips is looked at again only when a line has ended: bounded work (CVE class).
    if (
      this.state === State.head &&
      octets.subarray(0, length).indexOf(LF) < 0 &&
      held.length <= this.context.settings.headLimits.maxHeadBytes
    ) {
      return;
    }
    const joined = held.take();
    this.consume(joined, 0, joined.length);
  }

  private consume(octets: Buffer, start: number, end: number): void {
    let pos = start;
    this.consuming = true;
    while (pos < end) {
      if (this.state === State.idle || this.state === State.head) {
        const after = this.head.parse(octets, pos, end, this.context.settings.headLimits);
        if (after === 0) {
          if (end - pos > this.context.settings.headLimits.maxHeadBytes) {
            this.refuse(refusalFor('head_too_large'));
            break;
          }
          if (this.state === State.idle) {
            this.state = State.head;
            this.await(this.context.settings.headTimeoutMs);
          }
          this.held.add(octets, pos, end);
          break;
        }
        if (after < 0) {
          this.refuse(refusalOf(after));
          break;
        }
        pos = after;
        this.startExchange();
      } else if (this.state === State.body) {
        pos = this.takeBody(octets, pos, end);
        if (pos < 0) break;
      } else if (this.state === State.response || this.state === State.tunnel) {
        // Pipelined requests wait for their turn. The socket is read on for a while: a client that goes away is
        // noticed by that alone, and what it asked for must not go on without it.
        this.held.add(octets, pos, end);
        if (this.state === State.response && this.held.length > PIPELINED_BYTES) this.pauseReading();
        break;
      } else break;
    }
    this.consuming = false;
    this.exchange?.onClientReadEnd();
  }

  private startExchange(): void {
    const { head, context } = this;
    const { settings } = context;
    this.bodyBytes = 0;
    this.remaining = head.contentLength;
    this.awaitNothing();
    if (settings.maxBodyBytes > 0 && head.contentLength > settings.maxBodyBytes) {
      this.refuse(refusalFor('body_too_large'), true);
      return;
    }
    if (head.framing === Framing.chunked) {
      if (this.chunks === undefined) this.chunks = new ChunkedPieces();
      else this.chunks.decoder.reset();
    }
    this.requests++;
    const hasBody = head.framing !== Framing.none;
    this.state = hasBody ? State.body : State.response;
    if (hasBody) this.startBodyClock();
    const exchange = new Exchange(this, hasBody);
    this.exchange = exchange;
    exchange.run();
  }

  /** True when the rest of the request's body will be here soon enough to keep the connection. */
  canFinishBody(): boolean {
    if (this.state !== State.body) return true;
    if (this.head.expectContinue) return false;
    return this.head.framing === Framing.length && this.remaining <= DISCARD_BYTES;
  }

  get mayKeepAlive(): boolean {
    return (
      this.head.keepAlive &&
      !this.listener.draining &&
      this.requests < this.context.settings.keepAliveMaxRequests &&
      this.canFinishBody()
    );
  }

  /** Returns the offset behind what was taken, -1 when the request is over. */
  private takeBody(octets: Buffer, pos: number, end: number): number {
    const { head, context } = this;
    if (head.framing === Framing.length) {
      const to = end - pos > this.remaining ? pos + this.remaining : end;
      this.remaining -= to - pos;
      this.exchange?.onRequestBody(retain(octets, pos, to));
      if (this.state !== State.body) return -1;
      if (this.remaining === 0) this.endBody();
      else this.awaitBody();
      return to;
    }
    const chunks = this.chunks!;
    const after = chunks.decode(octets, pos, end, context.settings.headLimits);
    if (after < 0) {
      this.refuse(refusalOf(after));
      return -1;
    }
    if (chunks.from >= 0) {
      this.bodyBytes += chunks.to - chunks.from;
      const { maxBodyBytes } = context.settings;
      if (maxBodyBytes > 0 && this.bodyBytes > maxBodyBytes) {
        this.refuse(refusalFor('body_too_large'));
        return -1;
      }
      this.exchange?.onRequestBody(retain(octets, chunks.from, chunks.to));
      if (this.state !== State.body) return -1;
    }
    if (chunks.decoder.done) this.endBody();
    else this.awaitBody();
    return after;
  }

  /** From now on the client is waited for: the body begins, or what it waited for itself has been sent. */
  startBodyClock(): void {
    if (this.state !== State.body) return;
    this.bodyClock.start();
    this.awaitBody();
  }

  /** Sets the deadline for the next piece of the body. */
  private awaitBody(): void {
    if (this.blocked) return;
    // A client that waits for `100 Continue` is not slow.
    this.deadline = this.readingPaused
      ? 0
      : this.bodyClock.deadline(this.receivedBodyBytes, !this.head.expectContinue);
  }

  private get receivedBodyBytes(): number {
    return this.head.framing === Framing.length ? this.head.contentLength - this.remaining : this.bodyBytes;
  }

  private endBody(): void {
    this.awaitNothing();
    this.state = State.response;
    const exchange = this.exchange;
    if (exchange === undefined) this.ready();
    else
      exchange.onRequestBodyEnd(
        this.head.framing === Framing.chunked ? this.chunks!.decoder.trailers : undefined,
      );
  }

  pauseReading(): void {
    if (this.readingPaused) return;
    this.readingPaused = true;
    if (this.state === State.body) {
      this.bodyClock.pause();
      this.awaitNothing();
    }
    this.socket.pause();
  }

  resumeReading(): void {
    if (!this.readingPaused) return;
    this.readingPaused = false;
    if (this.state === State.body) {
      this.bodyClock.resume();
      this.awaitBody();
    }
    this.socket.resume();
  }

  // Writing.

  /** Latin1 text: a head, or a head with a small body. */
  write(text: string): void {
    if (!this.socket.write(text, 'latin1')) this.onBlocked();
  }

  /** Returns true when the octets have left already. */
  writeOctets(octets: Buffer): boolean {
    if (!this.socket.write(octets)) this.onBlocked();
    return this.socket.writableLength === 0;
  }

  private onBlocked(): void {
    if (this.blocked) return;
    this.blocked = true;
    this.awaitProgress();
  }

  private awaitProgress(): void {
    this.sentMark = sentOctets(this.socket);
    this.deadline = this.context.deadlines.after(this.context.settings.sendTimeoutMs);
  }

  private onDrain(): void {
    if (!this.blocked) return;
    this.blocked = false;
    const { settings } = this.context;
    switch (this.state) {
      case State.linger:
        this.await(LINGER_MS);
        break;
      case State.idle:
        this.await(settings.keepAliveTimeoutMs);
        break;
      case State.head:
        this.await(settings.headTimeoutMs);
        break;
      case State.body:
        this.awaitBody();
        break;
      default:
        this.deadline = 0;
    }
    this.exchange?.onClientDrain();
  }

  // While the client does not take what is written, the deadline is that of the sending.

  private await(timeoutMs: number): void {
    if (!this.blocked) this.deadline = this.context.deadlines.after(timeoutMs);
  }

  private awaitNothing(): void {
    if (!this.blocked) this.deadline = 0;
  }

  // The end of an exchange.

  /** The exchange has written its response to the end. */
  exchangeEnded(keepAlive: boolean): void {
    this.exchange = undefined;
    if (this.state === State.closed || this.state === State.linger) return;
    if (!keepAlive) {
      this.beginClose();
      return;
    }
    // The rest of the body is still coming: it is read and dropped before the next request.
    if (this.state === State.body) {
      this.startBodyClock();
      this.resumeReading();
      return;
    }
    this.ready();
  }

  private ready(): void {
    this.state = State.idle;
    const { context } = this;
    if (this.listener.draining) {
      this.beginClose();
      return;
    }
    this.await(context.settings.keepAliveTimeoutMs);
    if (this.consuming) return;
    if (this.held.length > 0) {
      const octets = this.held.take();
      this.consume(octets, 0, octets.length);
    }
    // A next request that is under way keeps the socket as it wants it.
    if ((this.state as number) === State.idle || (this.state as number) === State.head) this.resumeReading();
  }

  becomeTunnel(): void {
    this.state = State.tunnel;
    this.socket.allowHalfOpen = true;
    this.awaitNothing();
    if (this.held.length > 0) this.exchange!.onClientTunnelData(this.held.take());
    this.resumeReading();
  }

  /** Ends the write side; what the client still sends is dropped for a moment before the socket goes. */
  beginClose(): void {
    if (this.state === State.closed || this.state === State.linger) return;
    this.state = State.linger;
    this.held.drop();
    this.await(LINGER_MS);
    this.socket.end();
    this.resumeReading();
  }

  /** Cuts the connection so that the client can tell the response is not complete. */
  cut(): void {
    if (this.state === State.closed) return;
    this.exchange = undefined;
    this.state = State.closed;
    // A reset tells even a client that reads to the end of the connection; TLS tells by its missing close_notify.
    if (this.tls === undefined) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /**
   * Answers a message that the parser refused, and closes: nothing behind it can be trusted. `headRead`: it is
   * the body that is refused, the head holds.
   */
  private refuse(refusal: Refusal, headRead = this.exchange !== undefined): void {
    const { context, head } = this;
    context.metrics.countRefused(refusal.reason);
    const exchange = this.exchange;
    this.exchange = undefined;
    this.held.drop();
    if (exchange !== undefined) {
      // The head was fine, its body is not: the exchange knows whether a response has begun.
      if (!exchange.onRequestRefused(refusal)) {
        this.cut();
        return;
      }
    }
    const id = exchange?.id ?? newRequestId();
    const { body, contentType } = errorBody(refusal.message, id, undefined, 'plain');
    const extra = refusal.status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : '';
    this.write(
      generatedResponseHead(context, `Content-Type: ${contentType}\r\nX-Content-Type-Options: nosniff\r\n`, {
        status: refusal.status,
        requestId: id,
        framing: Framing.length,
        contentLength: Buffer.byteLength(body),
        keepAlive: false,
        clientMinorVersion: 1,
        proxyLatencyMs: 0,
        upstreamLatencyMs: 0,
        extraLines: extra,
      }) + (headRead && head.method === 'HEAD' ? '' : body),
    );
    this.beginClose();
  }

  // Events.

  onDeadline(): void {
    if (this.blocked) {
      // Slow is not stuck: what has left since is progress, whether or not the buffers are empty.
      if (sentOctets(this.socket) !== this.sentMark) {
        this.awaitProgress();
        return;
      }
      this.exchange?.onClientTooSlow();
      this.cut();
      return;
    }
    switch (this.state) {
      case State.idle:
      case State.linger:
        this.socket.destroy();
        return;
      case State.head:
        this.refuse(refusalFor('head_timeout'));
        return;
      case State.body:
        // The rest of a body that has its answer already: a second one would be taken for the next request's.
        if (this.exchange === undefined) this.socket.destroy();
        // While an early answer is on its way nobody waits for the body; `exchangeEnded` sets the next deadline.
        else if (!this.writer.started) this.refuse(refusalFor(this.bodyFailing()));
    }
  }

  /** What a body whose deadline has passed is refused for. */
  private bodyFailing(): 'body_timeout' | 'body_too_slow' {
    const slow = !this.head.expectContinue && this.bodyClock.tooSlow(this.receivedBodyBytes);
    return slow ? 'body_too_slow' : 'body_timeout';
  }

  /** The client has closed its side: it does not wait for a response any more (as nginx reads it). */
  private onClientEnd(): void {
    if (this.state === State.tunnel) this.exchange?.onClientTunnelEnd();
    else if (this.state === State.body || this.state === State.response || this.state === State.head) {
      this.exchange?.onClientGone();
      this.exchange = undefined;
      this.state = State.closed;
      this.socket.destroy();
    }
  }

  private onClose(): void {
    this.context.deadlines.remove(this);
    this.deadline = 0;
    const exchange = this.exchange;
    this.exchange = undefined;
    this.state = State.closed;
    exchange?.onClientGone();
    this.listener.forget(this);
  }
}

interface WriteHandle {
  readonly writeQueueSize?: number;
  /** Below TLS. */
  readonly _parent?: WriteHandle;
}

/**
 * A number that changes whenever octets have left the process: those of ended writes, less what the system
 * has not taken yet of the present one. For comparison alone (TLS counts its own overhead).
 */
function sentOctets(socket: Socket): number {
  const handle = (socket as unknown as { readonly _handle?: WriteHandle | null })._handle;
  const queued = (handle?.writeQueueSize ?? 0) + (handle?._parent?.writeQueueSize ?? 0);
  return socket.bytesWritten - socket.writableLength - queued;
}
