/**
 * The parts of a `multipart/form-data` body that is in memory (RFC 7578, RFC 2046 section 5.1). Strict: line ends
 * are CRLF, the closing delimiter must be there, every part must have a name.
 */

export interface Part {
  readonly name: string;
  /** Lower-case, without parameters; empty when the part does not say. */
  readonly type: string;
  readonly content: Buffer;
}

const MAX_PART_HEAD_BYTES = 8 * 1024;
const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))\s*(?:;|$)/i;
const HEAD_END = '\r\n\r\n';

/** Undefined when it is not such a body; the string `too many` when it has more parts than that. */
export function multipartParts(
  contentType: string,
  body: Buffer,
  mostParts: number,
): readonly Part[] | 'too many' | undefined {
  const match = BOUNDARY.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  const first = `--${boundary}`;
  const delimiter = `\r\n${first}`;
  const preamble = body.subarray(0, first.length).toString('latin1') === first ? 0 : body.indexOf(delimiter);
  if (preamble === -1) return undefined;
  let at = preamble === 0 ? first.length : preamble + delimiter.length;
  const parts: Part[] = [];
  while (body[at] !== 0x2d || body[at + 1] !== 0x2d) {
    const start = afterPadding(body, at);
    if (start === -1) return undefined;
    const end = body.indexOf(delimiter, start - 2);
    if (end === -1) return undefined;
    if (parts.length === mostParts) return 'too many';
    const part = readPart(body.subarray(start, Math.max(start, end)));
    if (part === undefined) return undefined;
    parts.push(part);
    at = end + delimiter.length;
  }
  return parts;
}

/** Behind the blanks and the line end that may follow a delimiter; -1 when something else follows. */
function afterPadding(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at++;
  return body[at] === 0x0d && body[at + 1] === 0x0a ? at + 2 : -1;
}

function readPart(octets: Buffer): Part | undefined {
  const headEnd = octets.indexOf(HEAD_END);
  if (headEnd === -1 || headEnd > MAX_PART_HEAD_BYTES) return undefined;
  let name: string | undefined;
  let type = '';
  for (const line of octets.subarray(0, headEnd).toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) return undefined;
    const field = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (field === 'content-disposition') name = partName(value);
    else if (field === 'content-type') type = (value.split(';', 1)[0] as string).trim().toLowerCase();
  }
  if (name === undefined) return undefined;
  return { name, type, content: octets.subarray(headEnd + HEAD_END.length) };
}

const NAME = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))/i;

function partName(disposition: string): string | undefined {
  if (!/^form-data\s*(?:;|$)/i.test(disposition)) return undefined;
  const match = NAME.exec(disposition);
  // Browsers escape line ends and quotes with percent signs (RFC 7578, section 2).
  const quoted = match?.[1]?.replace(/\\(.)/g, '$1');
  return (quoted ?? match?.[2])?.replace(/%0D|%0A|%22/gi, (octet) =>
    String.fromCharCode(Number.parseInt(octet.slice(1), 16)),
  );
}
