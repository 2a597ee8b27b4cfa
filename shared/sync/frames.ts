/**
 * Frames as octets: four of length (big endian), then UTF-8 JSON. The decoder refuses a length as soon as it has
 * read it, holds at most one frame, and never looks at what a frame says: see `read-frame.ts`.
 */
import { type ControlPlaneFrame, type DataPlaneFrame, MAX_FRAME_BYTES } from './protocol.ts';

const LENGTH_BYTES = 4;
const EMPTY = Buffer.alloc(0);

/** What a peer sent is no frame of this protocol; the connection is over. The message is for a log. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FrameError';
  }
}

/** Throws a FrameError when it would be larger than the other side takes. */
export function encodeFrame(frame: ControlPlaneFrame | DataPlaneFrame): Buffer {
  return encodeJson(JSON.stringify(frame));
}

/** A frame whose JSON text is there already. */
export function encodeJson(json: string): Buffer {
  const length = Buffer.byteLength(json);
  if (length > MAX_FRAME_BYTES) {
    throw new FrameError(`a frame of ${length} octets is larger than ${MAX_FRAME_BYTES}`);
  }
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + length);
  bytes.writeUInt32BE(length, 0);
  bytes.write(json, LENGTH_BYTES);
  return bytes;
}

/** Puts frames together again. After it has thrown it must not be used any more. */
export class FrameDecoder {
  readonly #maxBytes: number;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  #chunks: Buffer[] = [];
  #held = 0;
  /** Length of the frame that is being received; -1: not known yet. */
  #length = -1;

  /** `maxBytes`: of one frame; at most what the protocol allows. */
  constructor(maxBytes: number = MAX_FRAME_BYTES) {
    this.#maxBytes = Math.min(maxBytes, MAX_FRAME_BYTES);
  }

  /** Octets of a frame that is not complete. */
  get pendingBytes(): number {
    return this.#held;
  }

  /**
   * The frames that are complete now, as parsed JSON, one by one: a caller that stops taking them leaves the rest
   * unparsed. Throws a FrameError.
   */
  *push(chunk: Buffer): Generator<unknown, void> {
    if (chunk.length > 0) {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
    }
    for (;;) {
      if (this.#length < 0) {
        if (this.#held < LENGTH_BYTES) return;
        this.#length = this.#take(LENGTH_BYTES).readUInt32BE(0);
        if (this.#length > this.#maxBytes) {
          throw new FrameError(`a frame of ${this.#length} octets is larger than ${this.#maxBytes}`);
        }
        if (this.#length < 2) throw new FrameError('an empty frame');
      }
      if (this.#held < this.#length) return;
      const text = this.#take(this.#length);
      this.#length = -1;
      yield this.#parse(text);
    }
  }

  #parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(this.#utf8.decode(bytes));
    } catch {
      // The reason would quote what was sent.
      throw new FrameError('a frame that is not JSON');
    }
  }

  #take(size: number): Buffer {
    if (size === 0) return EMPTY;
    const first = this.#chunks[0] as Buffer;
    this.#held -= size;
    if (first.length === size) {
      this.#chunks.shift();
      return first;
    }
    if (first.length > size) {
      this.#chunks[0] = first.subarray(size);
      return first.subarray(0, size);
    }
    const whole = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#chunks = whole.length === size ? [] : [whole.subarray(size)];
    return whole.subarray(0, size);
  }
}
