/**
 * Reading sockets without an allocation per read. All plain sockets of a thread read into one buffer: a read
 * is handled before the next one begins. Whoever needs octets for longer copies them with `retain`.
 *
 * The buffer itself is never given away. A socket is told where to read when its previous read ends: all others
 * still point at the same memory, and would read over octets that are waiting to be written.
 *
 * For sockets that we open, this is `net`'s `onread` option. For accepted ones `net` offers no such option;
 * the same slots are filled by hand, where this version of Node has them, and 'data' events serve otherwise.
 *
 * Large bodies are the exception: a socket that brings one reads into memory of its own (`PrivateReads`).
 */
import * as net from 'node:net';

const READ_BYTES = 64 * 1024;

/** The one buffer. Its octets are valid until the handler of the read returns. */
export const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Octets that stay valid past the current read: a copy, or a view when nobody else reads into them. */
export function retain(octets: Buffer, from: number, to: number): Buffer {
  const piece = octets.subarray(from, to);
  if (octets === readBuffer) return Buffer.from(piece);
  const owner = owners.get(octets);
  if (owner !== undefined) owner.lent = true;
  return piece;
}

/** Says that whatever `retain` returned of these octets has left the process. */
export function giveBack(octets: Buffer): void {
  const owner = owners.get(octets);
  if (owner !== undefined) owner.lent = false;
}

interface Slots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/** Where `net.Socket` keeps its `onread` option; undefined when this Node keeps it elsewhere. */
const slots: Slots | undefined = (() => {
  const own = Object.getOwnPropertySymbols(new net.Socket());
  const find = (name: string): symbol | undefined => own.find((symbol) => symbol.description === name);
  const buffer = find('kBuffer');
  const callback = find('kBufferCb');
  const generator = find('kBufferGen');
  return buffer === undefined || callback === undefined || generator === undefined
    ? undefined
    : { buffer, callback, generator };
})();

const owners = new WeakMap<Buffer, PrivateReads>();

/**
 * Memory of its own for a socket that brings something large: what `retain` returns of it is not copied. A
 * buffer that was lent during a read is left to whoever has it, and the next read gets another one; mostly the
 * system has taken the octets before the read ends, and the same buffer serves again.
 */
export class PrivateReads {
  lent = false;
  private readonly socket: Record<symbol, unknown>;
  private buffer = readBuffer;

  /** Undefined for sockets that do not read into the shared buffer. Within a read; it holds from the next one on. */
  static begin(socket: net.Socket): PrivateReads | undefined {
    const open = socket as unknown as Record<symbol, unknown>;
    if (slots === undefined || open[slots.buffer] !== readBuffer) return undefined;
    return new PrivateReads(open, slots.generator);
  }

  private constructor(socket: Record<symbol, unknown>, generator: symbol) {
    this.socket = socket;
    this.fresh();
    // Called when a read has been handled: where the next one goes.
    socket[generator] = () => {
      if (this.lent) this.fresh();
      return this.buffer;
    };
  }

  private fresh(): void {
    this.buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    this.lent = false;
    owners.set(this.buffer, this);
  }

  /** The socket reads into the shared buffer again: from the next read on, or from the one after it. */
  end(): void {
    const { socket } = this;
    const { generator } = slots as Slots;
    socket[generator] = () => {
      socket[generator] = null;
      return readBuffer;
    };
  }
}

interface UserBufferHandle {
  useUserBuffer?: (octets: Uint8Array) => void;
}

/** Hands every read of an accepted socket to `onData(octets, length)`; false from it stops reading. */
export function readAccepted(socket: net.Socket, onData: (octets: Buffer, length: number) => boolean): void {
  const handle = (socket as unknown as { _handle?: UserBufferHandle | null })._handle;
  if (slots === undefined || typeof handle?.useUserBuffer !== 'function') {
    socket.on('data', (octets: Buffer) => {
      onData(octets, octets.length);
    });
    return;
  }
  const open = socket as unknown as Record<symbol, unknown>;
  open[slots.buffer] = readBuffer;
  open[slots.generator] = null;
  open[slots.callback] = (length: number, octets: Buffer) => onData(octets, length);
  handle.useUserBuffer(readBuffer);
  socket.resume();
}
