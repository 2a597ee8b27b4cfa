/**
 * What must hold for every stream of octets. Each check returns a finding or nothing; none of them knows
 * how the octets were made.
 */
import { emittedRequest, emittedResponse } from './emission.ts';
import { readWithLlhttp } from './oracle.ts';
import { RequestReader, ResponseReader, read } from './ours.ts';
import { describe, type Reading, type ReadMessage, sameHead, sameMessage, sameReading } from './reading.ts';

export interface Case {
  readonly octets: Buffer;
  /** Where it is cut when it is fed in pieces: ascending offsets. */
  readonly cuts: readonly number[];
  /** Of the requests that are answered; undefined when the octets are requests. */
  readonly method: string | undefined;
}

export interface Finding {
  /** Which property does not hold. */
  readonly property: string;
  readonly detail: string;
}

/**
 * Where we differ from llhttp on purpose. A TAB behind `chunked` is optional white space (RFC 9110 5.5); llhttp
 * refuses it in requests, and reads such a response to the end of the connection. Proxy-Connection means
 * nothing (RFC 9112 C.2.2); llhttp takes it for Connection.
 */
const DIFFERS = /transfer-encoding[^\n]*\t *\r\n|proxy-connection/i;

function reader(method: string | undefined): RequestReader | ResponseReader {
  return method === undefined ? new RequestReader() : new ResponseReader(method);
}

/** The first property that does not hold for the case. */
export function check(one: Case): Finding | undefined {
  const { octets, method } = one;
  let whole: Reading;
  const mine = reader(method);
  let emission: Finding | undefined;
  mine.onMessage = (message) => {
    emission ??= checkEmission(mine, message, method);
  };
  try {
    whole = read(mine, octets, []);
    const pieces = read(reader(method), octets, one.cuts);
    if (!sameReading(whole, pieces))
      return {
        property: 'the same in any pieces',
        detail: `whole:\n${describe(whole)}\npieces:\n${describe(pieces)}`,
      };
  } catch (error) {
    return { property: 'never throws', detail: String((error as Error).stack) };
  }
  const theirs = readWithLlhttp(octets, method);
  // Behind an upgrade the octets are not HTTP; whose decision that is differs.
  if (whole.upgrade || theirs.upgrade || DIFFERS.test(octets.toString('latin1'))) return undefined;
  const finding = compare(whole, theirs);
  if (finding !== undefined) {
    return { property: finding, detail: `ours:\n${describe(whole)}\nllhttp:\n${describe(theirs)}` };
  }
  return emission;
}

function compare(ours: Reading, theirs: Reading): string | undefined {
  for (let i = 0; i < ours.messages.length; i++) {
    const mine = ours.messages[i]!;
    const other = theirs.messages[i];
    if (other === undefined) return 'a head that llhttp refuses is refused';
    if (!sameHead(mine, other)) return 'heads are read alike';
    if (mine.complete && !other.complete) return 'a body that llhttp refuses is refused';
    if (mine.complete && !sameMessage(mine, other)) return 'bodies are read alike';
    const refusedHere = ours.end === 'refused' && i === ours.messages.length - 1;
    if (!mine.complete && !refusedHere) {
      if (other.complete) return 'messages end at the same octet';
      if (mine.body !== other.body && theirs.end !== 'refused') return 'bodies are read alike';
      if (theirs.end === 'refused' && !mine.body.startsWith(other.body) && !other.body.startsWith(mine.body))
        return 'bodies are read alike';
    }
  }
  if (ours.end === 'open' && theirs.messages.length > ours.messages.length)
    return 'as many messages are seen';
  return undefined;
}

function checkEmission(
  mine: RequestReader | ResponseReader,
  message: ReadMessage,
  method: string | undefined,
): Finding | undefined {
  if (mine instanceof ResponseReader)
    return readBack(emittedResponse(mine.parsed, message.body), message.body, method);
  for (const trusted of [false, true]) {
    const emitted = emittedRequest(mine.parsed, message.body, trusted);
    const finding = emitted === undefined ? undefined : readBack(emitted, message.body, undefined);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function readBack(
  emitted: { start: string; octets: Buffer },
  body: string,
  method: string | undefined,
): Finding | undefined {
  const ours = read(reader(method), emitted.octets, []);
  const theirs = readWithLlhttp(emitted.octets, method);
  for (const reading of [ours, theirs]) {
    const [only, more] = reading.messages;
    if (
      only === undefined ||
      more !== undefined ||
      reading.end === 'refused' ||
      only.start !== emitted.start ||
      !only.complete ||
      only.body !== body
    ) {
      return {
        property: 'what is sent on is read as meant',
        detail: `sent: ${JSON.stringify(emitted.octets.toString('latin1'))}\nours:\n${describe(ours)}\nllhttp:\n${describe(theirs)}`,
      };
    }
  }
  const a = ours.messages[0]!;
  const b = theirs.messages[0]!;
  return sameMessage(a, b)
    ? undefined
    : {
        property: 'what is sent on is read alike',
        detail: `ours:\n${describe(ours)}\nllhttp:\n${describe(theirs)}`,
      };
}
