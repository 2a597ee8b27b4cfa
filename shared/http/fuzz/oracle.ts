/**
 * Reads a stream with llhttp, exactly as node:http uses it: the parser object of `_http_common`, no
 * leniency flags. `oracle.test.ts` holds it against a whole node:http server.
 */
import { createRequire } from 'node:module';
import { emptyReading, type Reading, type ReadMessage } from './reading.ts';

interface LlhttpError extends Error {
  readonly code: string;
  readonly reason: string;
}

interface Llhttp {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(octets: Buffer): number | LlhttpError;
  finish(): number | LlhttpError | undefined;
  close(): void;
  [callback: number]: ((...args: never[]) => number | undefined) | null;
}

interface LlhttpClass {
  new (): Llhttp;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnMessageBegin: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const { HTTPParser } = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: LlhttpClass;
};

/** By llhttp's own numbers (`HTTP_METHOD_MAP` and its neighbours in llhttp.h). */
const METHODS = (
  'DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND ' +
  'UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK ' +
  'UNLINK SOURCE PRI DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RECORD FLUSH QUERY'
).split(' ');

/** Ours is smaller: where the two differ is not what is looked for. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** `method` of the requests that are answered; undefined to read requests. */
export function readWithLlhttp(octets: Buffer, method: string | undefined): Reading {
  const reading = emptyReading();
  const parser = new HTTPParser();
  parser.initialize(
    method === undefined ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
    {},
    MAX_HEADER_BYTES,
    HTTPParser.kLenientNone,
  );
  let lines: string[] = [];
  let url = '';
  let current: ReadMessage | undefined;
  let closing = false;
  parser[HTTPParser.kOnMessageBegin] = () => {
    lines = [];
    url = '';
    current = undefined;
    return undefined;
  };
  // Called with what has been collected: every 32 lines, and for trailers.
  parser[HTTPParser.kOnHeaders] = (more: string[], target: string) => {
    lines.push(...more);
    url += target;
    return undefined;
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    major: number,
    minorVersion: number,
    more: string[] | undefined,
    methodNumber: number | undefined,
    target: string | undefined,
    status: number | undefined,
    reason: string | undefined,
    upgrade: boolean,
    keepAlive: boolean,
  ) => {
    if (more !== undefined) lines.push(...more);
    if (target !== undefined) url = target;
    const start = method === undefined ? `${METHODS[methodNumber!]} ${url}` : `${status} ${reason}`;
    current = {
      start,
      minorVersion: major * 10 + minorVersion - 10,
      lines,
      body: '',
      trailers: [],
      complete: false,
    };
    lines = [];
    reading.messages.push(current);
    if (upgrade) reading.upgrade = true;
    closing = !keepAlive;
    // RFC 9112 6.3: the reader of responses has to say where no body follows.
    const bodiless =
      method === 'HEAD' || (status !== undefined && (status < 200 || status === 204 || status === 304));
    return bodiless ? 1 : 0;
  };
  parser[HTTPParser.kOnBody] = (piece: Buffer) => {
    current!.body += piece.toString('latin1');
    return undefined;
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    current!.complete = true;
    current!.trailers = lines;
    return undefined;
  };
  let result = parser.execute(octets);
  if (typeof result === 'number') result = parser.finish() ?? 0;
  if (typeof result !== 'number') {
    if (result.code === 'HPE_CLOSED_CONNECTION') reading.end = 'closed';
    // The end of the stream within a message is not a malformed one.
    else if (result.code !== 'HPE_INVALID_EOF_STATE') {
      reading.end = 'refused';
      reading.reason = `${result.code}: ${result.reason}`;
    }
  } else if (closing && current?.complete === true) reading.end = 'closed';
  parser.close();
  return reading;
}
