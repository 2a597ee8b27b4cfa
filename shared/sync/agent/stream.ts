/**
 * The connection to the control plane: an upgraded HTTPS request, then frames. It keeps itself alive with pings and
 * says when it is over, once. Frames are handed over one at a time and the socket waits meanwhile, so that a fast
 * or hostile sender fills no memory here.
 */
import type { Duplex } from 'node:stream';
import type { Timer } from '../../upstream/clock.ts';
import { encodeFrame, FrameDecoder } from '../frames.ts';
import {
  type ControlPlaneFrame,
  type DataPlaneFrame,
  DEAD_AFTER_MS,
  PING_INTERVAL_MS,
  PROTOCOL,
} from '../protocol.ts';
import { readControlPlaneFrame } from '../read-frame.ts';
import type { AgentClock } from './contract.ts';
import { answerOf, requestOptions } from './control-plane-request.ts';
import type { NodeIdentity } from './identity-store.ts';

const { request } = process.getBuiltinModule('node:https');

const CONNECT_TIMEOUT_MS = 10_000;
/** What may wait to be sent: acks and reports are small, and a peer that takes none is dead. */
const MAX_WAITING_BYTES = 1024 * 1024;

export interface StreamHandler {
  /** The next frame comes when this has settled; a rejection ends the stream with its message. */
  frame(frame: ControlPlaneFrame, stream: Stream): Promise<void> | void;
  /** Something arrived: the other side lives. */
  heard(): void;
  /** Called once, with why. */
  closed(reason: string): void;
}

export class Stream {
  readonly #socket: Duplex;
  readonly #handler: StreamHandler;
  readonly #clock: AgentClock;
  readonly #decoder = new FrameDecoder();
  /** Received while a frame was being worked on: at most what was under way when the socket was told to wait. */
  readonly #pieces: Buffer[] = [];
  receivedBytes = 0;
  #heardAt: number;
  #busy = false;
  #closed = false;
  #timer: Timer;

  constructor(socket: Duplex, head: Buffer, handler: StreamHandler, clock: AgentClock) {
    this.#socket = socket;
    this.#handler = handler;
    this.#clock = clock;
    this.#heardAt = clock.now();
    this.#timer = clock.after(PING_INTERVAL_MS, () => this.#tick());
    socket.on('data', (piece: Buffer) => this.#receive(piece));
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the control plane closed the connection'));
    socket.on('close', () => this.close('the connection was cut'));
    if (head.length > 0) this.#receive(head);
  }

  send(frame: DataPlaneFrame): void {
    if (this.#closed) return;
    if (this.#socket.writableLength > MAX_WAITING_BYTES) this.close('the control plane takes nothing');
    else this.#socket.write(encodeFrame(frame));
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.cancel();
    // Once more than the end: what is still in its buffer has nowhere to go.
    this.#socket.destroy();
    this.#handler.closed(reason);
  }

  #receive(piece: Buffer): void {
    if (this.#closed) return;
    this.receivedBytes += piece.length;
    this.#heardAt = this.#clock.now();
    this.#handler.heard();
    this.#pieces.push(piece);
    if (!this.#busy) void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#busy = true;
    this.#socket.pause();
    try {
      for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
        for (const frame of this.#decoder.push(piece)) {
          await this.#handler.frame(readControlPlaneFrame(frame), this);
          if (this.#closed) return;
        }
      }
    } catch (error) {
      this.close((error as Error).message);
      return;
    }
    this.#busy = false;
    this.#heardAt = this.#clock.now();
    this.#socket.resume();
  }

  #tick(): void {
    this.#timer = this.#clock.after(PING_INTERVAL_MS, () => this.#tick());
    // While a frame is being worked on nothing is read, and silence means nothing.
    if (!this.#busy && this.#clock.now() - this.#heardAt >= DEAD_AFTER_MS)
      this.close(`nothing was heard for ${DEAD_AFTER_MS / 1000} s`);
    else this.send({ type: 'ping' });
  }
}

/** Rejects with a RefusedByControlPlane, or the system's error. */
export function openStream(
  url: string,
  identity: NodeIdentity,
  handler: StreamHandler,
  clock: AgentClock,
  signal: AbortSignal,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...requestOptions(url, '/v1/stream', identity),
      headers: { Connection: 'Upgrade', Upgrade: PROTOCOL },
      timeout: CONNECT_TIMEOUT_MS,
      signal,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the control plane does not answer')));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      answerOf(incoming).then(
        () => reject(new Error('the control plane does not speak ' + PROTOCOL)),
        reject,
      );
    });
    outgoing.on('upgrade', (incoming, socket, head) => {
      if (incoming.headers.upgrade?.toLowerCase() !== PROTOCOL) {
        socket.destroy();
        reject(new Error('the control plane does not speak ' + PROTOCOL));
        return;
      }
      socket.setTimeout(0);
      socket.setNoDelay(true);
      resolve(new Stream(socket, head, handler, clock));
    });
    outgoing.end();
  });
}
