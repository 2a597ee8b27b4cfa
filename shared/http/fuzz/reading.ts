/**
 * What a parser makes of a stream of octets, in a form in which two parsers can be compared.
 */

/** One message, as far as it was read. Everything is latin1. */
export interface ReadMessage {
  /** `POST /x` or `200 OK`. */
  readonly start: string;
  readonly minorVersion: number;
  /** Name and value of each field line, in order: n0, v0, n1, v1, ... */
  readonly lines: readonly string[];
  body: string;
  trailers: readonly string[];
  /** Read to its end. */
  complete: boolean;
}

export interface Reading {
  /** Those whose head was accepted. */
  readonly messages: ReadMessage[];
  /**
   * `open`: more would be read. `refused`: what came is not HTTP. `closed`: the last message ends the
   * connection, and octets behind it are not looked at.
   */
  end: 'open' | 'refused' | 'closed';
  /** Why it was refused. */
  reason: string;
  /** `Upgrade` was asked for: what follows is another protocol, and parsers differ in whose business that is. */
  upgrade: boolean;
}

export function emptyReading(): Reading {
  return { messages: [], end: 'open', reason: '', upgrade: false };
}

export function describe(reading: Reading): string {
  const messages = reading.messages.map((m) =>
    JSON.stringify([
      m.start,
      m.minorVersion,
      m.lines,
      m.body,
      m.trailers,
      m.complete ? 'complete' : 'partial',
    ]),
  );
  return `${messages.join('\n')}\n=> ${reading.end}${reading.reason === '' ? '' : ` (${reading.reason})`}`;
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** The two parsers saw the same head. */
export function sameHead(a: ReadMessage, b: ReadMessage): boolean {
  return a.start === b.start && a.minorVersion === b.minorVersion && sameLines(a.lines, b.lines);
}

/** The whole message is the same. */
export function sameMessage(a: ReadMessage, b: ReadMessage): boolean {
  return (
    sameHead(a, b) && a.complete === b.complete && a.body === b.body && sameLines(a.trailers, b.trailers)
  );
}

/** Equal in everything, the verdict included. */
export function sameReading(a: Reading, b: Reading): boolean {
  return (
    a.end === b.end &&
    a.reason === b.reason &&
    a.messages.length === b.messages.length &&
    a.messages.every((message, i) => sameMessage(message, b.messages[i]!))
  );
}
