/**
 * Reading sockets without an allocation per read. All plain sockets of a thread read into one buffer: a read
 * is handled before the next one begins. Whoever needs octets for longer copies them with `retain`.
 *
 * The buffer itself is never given away. A socket is told where to read when its previous read ends: all others
 * still point at the same memory, and would read over octets that are waiting to be written.
 *
 * For sockets that we open, this is `net`'s `onread` option. For accepted ones `net` offers no such option;
 * the same slots are filled by hand, where this version of Node has them, and 'data' events serve otherwise.
 * What it is worth is in docs/performance.md.
 */
import * as net from 'node:net';

const READ_BYTES = 64 * 1024;

/** The one buffer. Its octets are valid until the handler of the read returns. */
export const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Octets that stay valid past the current read: a copy, or a view when nobody else reads into them. */
export function retain(octets: Buffer, from: number, to: number): Buffer {
  const piece = octets.subarray(from, to);
  return octets === readBuffer ? Buffer.from(piece) : piece;
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
