/**
 * A small strict HTTP/1.1 reader for tests: takes apart what the gateway has sent. It shares no code with
 * the gateway's own parser, so that the two cannot be wrong in the same way, and throws on anything that a
 * canonical message would not have.
 */
import assert from 'node:assert/strict';

export interface Message {
  /** `GET /x HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly startLine: string;
  /** As they came, order and case kept. */
  readonly lines: readonly (readonly [string, string])[];
  /** Framing removed. */
  readonly body: Buffer;
  readonly trailers: readonly (readonly [string, string])[];
  /** Start line, lines and body exactly as received. */
  readonly raw: Buffer;
  /** The values of one field, compared without case. */
  all(name: string): string[];
  /** The only value of a field; undefined when absent. Throws when there are several. */
  one(name: string): string | undefined;
}

export interface Response extends Message {
  readonly status: number;
  readonly reason: string;
}

export interface Request extends Message {
  readonly method: string;
  readonly target: string;
}

interface Head {
  readonly startLine: string;
  readonly lines: [string, string][];
  readonly end: number;
}

const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([^\0\r\n]*)$/;

/** Undefined while the head is not complete. */
export function readHead(octets: Buffer, from: number): Head | undefined {
  const at = octets.indexOf('\r\n\r\n', from);
  if (at < 0) return undefined;
  const [startLine, ...lines] = octets.toString('latin1', from, at).split('\r\n') as [string, ...string[]];
  return { startLine, lines: lines.map(readLine), end: at + 4 };
}

function readLine(line: string): [string, string] {
  const found = LINE.exec(line);
  assert.ok(found !== null, `not a field line: ${JSON.stringify(line)}`);
  return [found[1]!, found[2]!];
}

function valuesOf(lines: readonly (readonly [string, string])[], name: string): string[] {
  const lower = name.toLowerCase();
  return lines.filter(([key]) => key.toLowerCase() === lower).map(([, value]) => value);
}

function message(
  octets: Buffer,
  from: number,
  head: Head,
  body: Buffer,
  trailers: [string, string][],
  end: number,
): Message {
  return {
    startLine: head.startLine,
    lines: head.lines,
    body,
    trailers,
    raw: octets.subarray(from, end),
    all: (name) => valuesOf(head.lines, name),
    one(name) {
      const values = valuesOf(head.lines, name);
      assert.ok(values.length < 2, `${name} is there ${values.length} times`);
      return values[0];
    },
  };
}

/** The body behind a head. Undefined while it is not complete. */
function readBody(
  octets: Buffer,
  head: Head,
  bodiless: boolean,
  ended: boolean | undefined,
): { body: Buffer; trailers: [string, string][]; end: number } | undefined {
  const lengths = valuesOf(head.lines, 'content-length');
  const codings = valuesOf(head.lines, 'transfer-encoding');
  assert.ok(lengths.length + codings.length < 2, `one framing field at most: ${head.startLine}`);
  if (bodiless) return { body: Buffer.alloc(0), trailers: [], end: head.end };
  if (codings.length === 1) {
    assert.equal(codings[0], 'chunked');
    return readChunks(octets, head.end);
  }
  if (lengths.length === 1) {
    assert.match(lengths[0]!, /^(0|[1-9][0-9]*)$/);
    const end = head.end + Number(lengths[0]);
    return octets.length < end ? undefined : { body: octets.subarray(head.end, end), trailers: [], end };
  }
  if (ended === undefined) return { body: Buffer.alloc(0), trailers: [], end: head.end };
  return ended ? { body: octets.subarray(head.end), trailers: [], end: octets.length } : undefined;
}

function readChunks(
  octets: Buffer,
  from: number,
): { body: Buffer; trailers: [string, string][]; end: number } | undefined {
  const pieces: Buffer[] = [];
  let pos = from;
  for (;;) {
    const lineEnd = octets.indexOf('\r\n', pos);
    if (lineEnd < 0) return undefined;
    const size = octets.toString('latin1', pos, lineEnd);
    assert.match(size, /^(0|[1-9a-f][0-9a-f]*)$/, 'a canonical chunk size');
    pos = lineEnd + 2;
    if (size === '0') {
      const trailers: [string, string][] = [];
      for (;;) {
        const end = octets.indexOf('\r\n', pos);
        if (end < 0) return undefined;
        if (end === pos) return { body: Buffer.concat(pieces), trailers, end: pos + 2 };
        trailers.push(readLine(octets.toString('latin1', pos, end)));
        pos = end + 2;
      }
    }
    const length = Number.parseInt(size, 16);
    if (octets.length < pos + length + 2) return undefined;
    pieces.push(octets.subarray(pos, pos + length));
    pos += length;
    assert.equal(octets.toString('latin1', pos, pos + 2), '\r\n');
    pos += 2;
  }
}

/** The response at `from`; `ended` when no more will come. Undefined while it is not complete. */
export function readResponse(
  octets: Buffer,
  from: number,
  method: string,
  ended: boolean,
): { response: Response; end: number } | undefined {
  const head = readHead(octets, from);
  if (head === undefined) return undefined;
  const found = /^HTTP\/1\.1 ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)$/.exec(head.startLine);
  assert.ok(found !== null, `not a status line: ${JSON.stringify(head.startLine)}`);
  const status = Number(found[1]);
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const rest = readBody(octets, head, bodiless, ended);
  if (rest === undefined) return undefined;
  const base = message(octets, from, head, rest.body, rest.trailers, rest.end);
  return { response: { ...base, status, reason: found[2]! }, end: rest.end };
}

/** The request at `from`. Undefined while it is not complete. */
export function readRequest(octets: Buffer, from: number): { request: Request; end: number } | undefined {
  const head = readHead(octets, from);
  if (head === undefined) return undefined;
  const found = /^([A-Z-]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(head.startLine);
  assert.ok(found !== null, `not a request line: ${JSON.stringify(head.startLine)}`);
  assert.equal(valuesOf(head.lines, 'host').length, 1, 'exactly one Host');
  const rest = readBody(octets, head, false, undefined);
  if (rest === undefined) return undefined;
  const base = message(octets, from, head, rest.body, rest.trailers, rest.end);
  return { request: { ...base, method: found[1]!, target: found[2]! }, end: rest.end };
}
