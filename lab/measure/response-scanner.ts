/**
 * Finds where responses end in a byte stream, for the load generator alone. It trusts what it reads: the
 * responses come from the benchmark's own origin. Nothing that faces a network may use it.
 */

const EMPTY = Buffer.alloc(0);

export class ResponseScanner {
  /** Status of the last response that ended. */
  status = 0;
  #head: Buffer = EMPTY;
  #bodyLeft = 0;
  #chunked = false;

  /** Takes bytes, returns how many responses ended in them. */
  push(chunk: Buffer): number {
    let done = 0;
    let data = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    this.#head = EMPTY;
    while (data.length > 0) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, data.length);
        this.#bodyLeft -= taken;
        data = data.subarray(taken);
        if (this.#bodyLeft === 0) done++;
      } else if (this.#chunked) {
        const end = endOfChunks(data);
        if (end < 0) {
          this.#head = data;
          return done;
        }
        this.#chunked = false;
        data = data.subarray(end);
        done++;
      } else {
        const end = data.indexOf('\r\n\r\n');
        if (end < 0) {
          this.#head = data;
          return done;
        }
        this.#readHead(data.toString('latin1', 0, end));
        data = data.subarray(end + 4);
        if (this.#bodyLeft === 0 && !this.#chunked) done++;
      }
    }
    return done;
  }

  #readHead(head: string): void {
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length:\s*(\d+)/i.exec(head);
    this.#bodyLeft = length ? Number(length[1]) : 0;
    this.#chunked = !length && /\r\ntransfer-encoding:\s*chunked/i.test(head);
  }
}

/** Offset behind the last chunk of a body without trailers, or -1 when it has not all arrived. */
function endOfChunks(data: Buffer): number {
  let at = 0;
  for (;;) {
    const lineEnd = data.indexOf('\r\n', at);
    if (lineEnd < 0) return -1;
    const size = Number.parseInt(data.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2 + size + 2;
    if (at > data.length) return -1;
    if (size === 0) return at;
  }
}
