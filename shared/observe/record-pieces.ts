/**
 * A line in pieces, in the order in which they are written: ASCII text and ready bytes. Filled again for each
 * line, so that nothing is put together before it is in the buffer that goes to the file.
 */
export class RecordPieces {
  count = 0;
  /** Length of all pieces, in bytes. */
  length = 0;
  private readonly texts: string[] = [];
  private readonly blobs: (Buffer | undefined)[] = [];
  private readonly lengths: number[] = [];

  reset(): void {
    this.count = 0;
    this.length = 0;
  }

  /** ASCII only. */
  addText(text: string): void {
    const k = this.count++;
    this.texts[k] = text;
    this.blobs[k] = undefined;
    this.lengths[k] = text.length;
    this.length += text.length;
  }

  /** The first `length` bytes of `blob`; they must stay as they are until the line is written. */
  addBytes(blob: Buffer, length: number): void {
    const k = this.count++;
    this.texts[k] = '';
    this.blobs[k] = blob;
    this.lengths[k] = length;
    this.length += length;
  }

  /** Writes the line and returns the offset behind it; there must be room for `length` bytes. */
  writeTo(target: Buffer, from: number): number {
    let at = from;
    for (let k = 0; k < this.count; k++) {
      const blob = this.blobs[k];
      if (blob === undefined) at += target.write(this.texts[k]!, at, 'latin1');
      else at += blob.copy(target, at, 0, this.lengths[k]);
    }
    return at;
  }

  toString(): string {
    const whole = Buffer.allocUnsafe(this.length);
    this.writeTo(whole, 0);
    return whole.toString('latin1');
  }
}
