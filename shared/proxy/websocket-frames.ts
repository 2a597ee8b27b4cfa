/**
 * Where WebSocket frames begin and end (RFC 6455 5.2), as they pass by, and the one frame that the gateway says
 * itself. Payloads are not looked at.
 */

const { randomBytes } = process.getBuiltinModule('node:crypto');

/** Follows one direction of a tunnel. */
export class FrameCursor {
  /** Octets of the present frame's head that have passed; 0 = between two frames, unless `payload` is left. */
  private head = 0;
  /** Length of that head, as far as it is known. */
  private headLength = 2;
  private payload = 0;
  /** Octets of that head that are an extended length. */
  private extended = 0;

  get betweenFrames(): boolean {
    return this.head === 0 && this.payload === 0;
  }

  /** Passes over octets up to `to`, or up to the first end of a frame if `stop`. Returns the offset behind them. */
  pass(octets: Buffer, from: number, to: number, stop: boolean): number {
    let pos = from;
    while (pos < to) {
      if (this.head > 0 || this.payload === 0) {
        this.passHead(octets[pos++]!);
        if (stop && this.betweenFrames) return pos;
        continue;
      }
      const step = Math.min(this.payload, to - pos);
      this.payload -= step;
      pos += step;
      if (stop && this.payload === 0) return pos;
    }
    return pos;
  }

  private passHead(octet: number): void {
    const at = this.head++;
    if (at === 0) {
      this.headLength = 2;
      return;
    }
    if (at === 1) {
      const length = octet & 0x7f;
      const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
      this.headLength = 2 + extended + (octet & 0x80 ? 4 : 0);
      this.payload = extended === 0 ? length : 0;
      this.extended = extended;
    } else if (at < 2 + this.extended) this.payload = this.payload * 256 + octet;
    if (this.head === this.headLength) this.head = 0;
  }
}

/** Close with 1001, "going away" (RFC 6455 7.4.1). */
const CODE = [0x03, 0xe9] as const;
const CLOSE = 0x88;
const MASKED = 0x80;

/** As a server says it. */
export function goingAway(): Buffer {
  return Buffer.from([CLOSE, CODE.length, ...CODE]);
}

/** As a client says it: masked with octets that nobody can foresee. */
export function goingAwayMasked(): Buffer {
  const mask = randomBytes(4);
  return Buffer.from([CLOSE, MASKED | CODE.length, ...mask, CODE[0] ^ mask[0]!, CODE[1] ^ mask[1]!]);
}
