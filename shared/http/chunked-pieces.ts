/**
 * A chunked body read by read: the data of all chunks in one read becomes one piece, moved together within the
 * read's own memory. Ten thousand chunks of one octet must not become ten thousand writes.
 */
import { ChunkedDecoder, type TrailerLimits } from './chunked.ts';

export class ChunkedPieces {
  readonly decoder = new ChunkedDecoder();
  /** Where the piece of the last `decode` lies in its octets; -1 when it had no data. */
  from = -1;
  to = 0;
  private octets: Buffer | undefined;

  /** As {@link ChunkedDecoder.decode}; the octets are changed. */
  decode(octets: Buffer, pos: number, end: number, limits: TrailerLimits): number {
    this.octets = octets;
    this.from = -1;
    const after = this.decoder.decode(octets, pos, end, limits, this.onData);
    this.octets = undefined;
    return after;
  }

  private readonly onData = (from: number, to: number): void => {
    if (this.from < 0) {
      this.from = from;
      this.to = to;
      return;
    }
    this.octets!.copyWithin(this.to, from, to);
    this.to += to - from;
  };
}
