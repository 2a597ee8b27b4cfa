/**
 * Octets of a message that cannot be used yet: the beginning of a head, or requests that wait for their turn.
 * The buffer doubles, so that a thousand drips are not copied a thousand times.
 */
const LEAST_BYTES = 1024;

export class HeldOctets {
  /** How many are held; 0 = none. */
  length = 0;
  private buffer: Buffer | undefined;

  /** Appends a copy of `octets[from, to)`. */
  add(octets: Buffer, from: number, to: number): void {
    const length = this.length + to - from;
    let buffer = this.buffer;
    if (buffer === undefined || buffer.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, length, (buffer?.length ?? 0) * 2));
      buffer?.copy(larger, 0, 0, this.length);
      this.buffer = buffer = larger;
    }
    octets.copy(buffer, this.length, from, to);
    this.length = length;
  }

  /** What is held; nothing is held any more. The memory is the caller's. */
  take(): Buffer {
    const octets = this.buffer!.subarray(0, this.length);
    this.drop();
    return octets;
  }

  drop(): void {
    this.length = 0;
    this.buffer = undefined;
  }
}
