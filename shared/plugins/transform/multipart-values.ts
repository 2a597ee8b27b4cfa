/**
 * A multipart form (RFC 7578) as named values. Parts that nothing changes stay octet for octet. Kong appends
 * nothing to such a form, and neither does this.
 */
import type { NamedValues } from './changes.ts';

interface Part {
  readonly name: string | undefined;
  /** From behind its delimiter line to before the next one, without the line feeds around. */
  readonly octets: Buffer;
}

const MAX_PARTS = 1000;
const CRLF = Buffer.from('\r\n');

export class MultipartValues implements NamedValues {
  #parts: Part[];
  readonly #boundary: string;

  /** Undefined when it is no form that can be read. Empty octets are an empty form. */
  static parse(contentType: string, body: Buffer): MultipartValues | undefined {
    const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
    const boundary = match?.[1] ?? match?.[2];
    if (boundary === undefined) return undefined;
    if (body.length === 0) return new MultipartValues([], boundary);
    const parts = readParts(body, boundary);
    return parts === undefined ? undefined : new MultipartValues(parts, boundary);
  }

  private constructor(parts: Part[], boundary: string) {
    this.#parts = parts;
    this.#boundary = boundary;
  }

  has(name: string): boolean {
    return this.#parts.some((part) => part.name === name);
  }

  remove(name: string): void {
    this.#parts = this.#parts.filter((part) => part.name !== name);
  }

  rename(from: string, to: string): void {
    if (from === to) return;
    this.remove(to);
    this.#parts = this.#parts.map((part) => (part.name === from ? renamed(part, to) : part));
  }

  set(name: string, value: unknown): void {
    const at = this.#parts.findIndex((part) => part.name === name);
    this.remove(name);
    const head = `Content-Disposition: form-data; name="${quotable(name)}"\r\n\r\n`;
    const part = { name, octets: Buffer.from(head + withoutDelimiter(String(value), this.#boundary)) };
    this.#parts.splice(at < 0 ? this.#parts.length : Math.min(at, this.#parts.length), 0, part);
  }

  append(): void {}

  toBuffer(): Buffer {
    const pieces: Buffer[] = [];
    const delimiter = Buffer.from(`--${this.#boundary}\r\n`);
    for (const { octets } of this.#parts) pieces.push(delimiter, octets, CRLF);
    pieces.push(Buffer.from(`--${this.#boundary}--\r\n`));
    return Buffer.concat(pieces);
  }
}

/** A name in quotes (WHATWG form data: these three are escaped). */
function quotable(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

/** A value must not end its own part. */
function withoutDelimiter(value: string, boundary: string): string {
  return value.replaceAll(`\r\n--${boundary}`, '');
}

function renamed({ octets }: Part, name: string): Part {
  const end = headEnd(octets);
  const head = octets
    .toString('utf8', 0, end)
    .replace(/(;\s*name=)(?:"[^"\r\n]*"|[^\s;]+)/i, (_, before: string) => `${before}"${quotable(name)}"`);
  return { name, octets: Buffer.concat([Buffer.from(head), octets.subarray(end)]) };
}

function headEnd(octets: Buffer): number {
  const blank = octets.indexOf('\r\n\r\n');
  return blank < 0 ? octets.length : blank;
}

function readParts(body: Buffer, boundary: string): Part[] | undefined {
  const delimiter = `--${boundary}`;
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  if (at !== 0 && body.toString('latin1', at - 2, at) !== '\r\n') return undefined;
  for (;;) {
    const line = at + delimiter.length;
    if (body.toString('latin1', line, line + 2) === '--') return parts;
    const start = body.indexOf('\r\n', line) + 2;
    const next = body.indexOf(`\r\n${delimiter}`, start - 2);
    if (start < 2 || next < 0 || parts.length >= MAX_PARTS) return undefined;
    const octets = body.subarray(start, Math.max(start, next));
    const head = octets.toString('utf8', 0, headEnd(octets));
    const named = /(?:^|\r\n)content-disposition:[^\r\n]*?;\s*name=(?:"([^"\r\n]*)"|([^\s;]+))/i.exec(head);
    parts.push({ name: named?.[1] ?? named?.[2], octets });
    at = next + 2;
  }
}
