/**
 * Reads a stream with this project's parsers, the way the connections do it: heads are parsed again when
 * more has come, bodies are decoded as they come.
 */
import { ChunkedDecoder } from '../chunked.ts';
import type { FieldLines } from '../field-lines.ts';
import { refusalOf } from '../refusals.ts';
import { DEFAULT_HEAD_LIMITS, Framing, RequestHead } from '../request-head.ts';
import { ResponseHead } from '../response-head.ts';
import { emptyReading, type Reading, type ReadMessage } from './reading.ts';

const NOTHING = Buffer.alloc(0);

function linesOf(lines: FieldLines): string[] {
  const out: string[] = [];
  for (let k = 0; k < lines.count; k++) out.push(lines.nameAt(k), lines.valueAt(k));
  return out;
}

abstract class Reader {
  readonly reading: Reading = emptyReading();
  /** Called for each complete message while the parsed head is still there. */
  onMessage: ((message: ReadMessage) => void) | undefined;
  protected current: ReadMessage | undefined;
  protected framing: number = Framing.none;
  protected remaining = 0;
  private readonly decoder = new ChunkedDecoder();
  private held: Buffer = NOTHING;
  private decoding: Buffer = NOTHING;

  /** Offset behind a head, 0 or a refusal; sets `current`, `framing`, `remaining`. */
  protected abstract head(octets: Buffer, from: number): number;
  /** No message can follow the one that has ended. */
  protected abstract last(): boolean;

  push(piece: Buffer): void {
    if (this.reading.end !== 'open') return;
    const octets = this.held.length === 0 ? piece : Buffer.concat([this.held, piece]);
    this.held = NOTHING;
    let pos = 0;
    for (;;) {
      if (this.current === undefined) {
        if (pos >= octets.length) return;
        const after = this.head(octets, pos);
        if (after < 0) {
          this.refuse(after);
          return;
        }
        if (after === 0) {
          this.held = Buffer.from(octets.subarray(pos));
          return;
        }
        pos = after;
        this.decoder.reset();
      }
      const next = this.body(octets, pos);
      if (next < 0) return;
      pos = next;
      if (this.current !== undefined) return;
      if (this.reading.end !== 'open') return;
    }
  }

  /** The other side has closed. */
  close(): void {
    if (this.reading.end === 'open' && this.current !== undefined && this.framing === Framing.untilClose)
      this.complete();
  }

  private body(octets: Buffer, pos: number): number {
    const current = this.current!;
    switch (this.framing) {
      case Framing.none:
        this.complete();
        return pos;
      case Framing.length: {
        const to = Math.min(octets.length, pos + this.remaining);
        current.body += octets.toString('latin1', pos, to);
        this.remaining -= to - pos;
        if (this.remaining === 0) this.complete();
        return to;
      }
      case Framing.chunked: {
        this.decoding = octets;
        const after = this.decoder.decode(octets, pos, octets.length, DEFAULT_HEAD_LIMITS, this.onData);
        if (after < 0) this.refuse(after);
        else if (this.decoder.done) {
          current.trailers = linesOf(this.decoder.trailers);
          this.complete();
        }
        return after;
      }
      default:
        current.body += octets.toString('latin1', pos);
        return octets.length;
    }
  }

  private readonly onData = (from: number, to: number): void => {
    this.current!.body += this.decoding.toString('latin1', from, to);
  };

  private complete(): void {
    const message = this.current!;
    message.complete = true;
    this.current = undefined;
    this.onMessage?.(message);
    if (this.last()) this.reading.end = 'closed';
  }

  private refuse(result: number): void {
    this.reading.end = 'refused';
    this.reading.reason = refusalOf(result).reason;
  }

  protected begin(start: string, minorVersion: number, lines: FieldLines): void {
    this.current = { start, minorVersion, lines: linesOf(lines), body: '', trailers: [], complete: false };
    this.reading.messages.push(this.current);
  }
}

export class RequestReader extends Reader {
  readonly parsed = new RequestHead();

  protected head(octets: Buffer, from: number): number {
    const { parsed } = this;
    const after = parsed.parse(octets, from, octets.length, DEFAULT_HEAD_LIMITS);
    if (after <= 0) return after;
    this.framing = parsed.framing;
    this.remaining = parsed.contentLength;
    if (parsed.upgrade !== undefined) this.reading.upgrade = true;
    this.begin(`${parsed.method} ${parsed.target}`, parsed.minorVersion, parsed.lines);
    return after;
  }

  protected last(): boolean {
    return !this.parsed.keepAlive;
  }
}

export class ResponseReader extends Reader {
  readonly parsed = new ResponseHead();
  private readonly method: string;

  /** `method` of the requests that are answered. */
  constructor(method: string) {
    super();
    this.method = method;
  }

  protected head(octets: Buffer, from: number): number {
    const { parsed } = this;
    const after = parsed.parse(octets, from, octets.length, this.method, DEFAULT_HEAD_LIMITS);
    if (after <= 0) return after;
    this.framing = parsed.framing;
    this.remaining = parsed.contentLength;
    if (parsed.upgrade !== undefined || parsed.status === 101) this.reading.upgrade = true;
    this.begin(`${parsed.status} ${parsed.reason}`, parsed.minorVersion, parsed.lines);
    return after;
  }

  protected last(): boolean {
    return !this.parsed.keepAlive;
  }
}

/** Reads `octets` cut at `cuts` (ascending offsets). */
export function read(reader: Reader, octets: Buffer, cuts: readonly number[]): Reading {
  let from = 0;
  for (const cut of cuts) {
    reader.push(octets.subarray(from, cut));
    from = cut;
  }
  reader.push(octets.subarray(from));
  reader.close();
  return reader.reading;
}
