/**
 * Named values in a request body: urlencoded, JSON object (top level) or multipart form. Reads one name at
 * a time and removes one name; what stays is byte for byte what came, except that a JSON body is written
 * anew (numbers keep their digits). A body that does not parse has no values.
 */

export interface BodyArgs {
  /** The value; several when the name is repeated; undefined when there is none or it is not text. */
  get(name: string): string | string[] | undefined;
  /** Everything, as JSON-ready data. */
  all(): unknown;
  /** The body without that name; undefined when it is not in there. */
  without(name: string): Buffer | undefined;
}

export function parseBodyArgs(contentType: string | undefined, body: Buffer): BodyArgs | undefined {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') return new UrlencodedArgs(body);
  if (type === 'application/json') return parseJson(body);
  if (type === 'multipart/form-data') return parseMultipart(contentType!, body);
  return undefined;
}

class UrlencodedArgs implements BodyArgs {
  readonly #parts: string[];

  constructor(body: Buffer) {
    this.#parts = body.toString('latin1').split('&');
  }

  get(name: string): string | string[] | undefined {
    const values = this.#parts.flatMap((part) => pair(part).getAll(name));
    return values.length > 1 ? values : values[0];
  }

  all(): unknown {
    return grouped(this.#parts.flatMap((part) => [...pair(part)]));
  }

  without(name: string): Buffer | undefined {
    const left = this.#parts.filter((part) => !pair(part).has(name));
    return left.length === this.#parts.length ? undefined : Buffer.from(left.join('&'), 'latin1');
  }
}

function grouped(entries: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of entries) {
    const known = all[name];
    all[name] = known === undefined ? value : [known, value].flat();
  }
  return all;
}

function pair(part: string): URLSearchParams {
  // A leading `?` would be taken off.
  return new URLSearchParams(part.startsWith('?') ? `%3F${part.slice(1)}` : part);
}

type JsonReviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const JSON_EXACT = JSON as unknown as {
  parse(text: string, reviver: JsonReviver): unknown;
  rawJSON(text: string): unknown;
};

function parseJson(body: Buffer): BodyArgs | undefined {
  let parsed: unknown;
  const text = body.toString('utf8');
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const object = parsed as Record<string, unknown>;
  return {
    get(name) {
      const value = Object.hasOwn(object, name) ? object[name] : undefined;
      if (typeof value === 'string') return value;
      return Array.isArray(value) ? value.map(String) : undefined;
    },
    all: () => object,
    without(name) {
      if (!Object.hasOwn(object, name)) return undefined;
      const exact = JSON_EXACT.parse(text, (_key, value, context) =>
        typeof value === 'number' && context.source !== undefined
          ? JSON_EXACT.rawJSON(context.source)
          : value,
      ) as Record<string, unknown>;
      delete exact[name];
      return Buffer.from(JSON.stringify(exact));
    },
  };
}

interface Part {
  readonly name: string | undefined;
  readonly value: string;
  /** Of the delimiter line before it, and of the next one. */
  readonly start: number;
  readonly end: number;
}

const MAX_PARTS = 1000;

function parseMultipart(contentType: string, body: Buffer): BodyArgs | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  const parts = readParts(body, `--${boundary}`);
  return {
    get(name) {
      const values = parts.filter((part) => part.name === name).map((part) => part.value);
      return values.length > 1 ? values : values[0];
    },
    all: () => grouped(parts.map((part) => [part.name ?? '', part.value] as const)),
    without(name) {
      const removed = parts.filter((part) => part.name === name);
      if (removed.length === 0) return undefined;
      const pieces: Buffer[] = [];
      let from = 0;
      for (const part of removed) {
        pieces.push(body.subarray(from, part.start));
        from = part.end;
      }
      pieces.push(body.subarray(from));
      return Buffer.concat(pieces);
    },
  };
}

function readParts(body: Buffer, delimiter: string): Part[] {
  const parts: Part[] = [];
  let start = nextDelimiter(body, delimiter, 0);
  while (start !== -1 && parts.length < MAX_PARTS) {
    const line = start + delimiter.length;
    if (body.toString('latin1', line, line + 2) === '--') break;
    const end = nextDelimiter(body, delimiter, line);
    if (end === -1) break;
    const head = body.indexOf('\r\n', line);
    const blank = body.indexOf('\r\n\r\n', head);
    if (head !== -1 && blank !== -1 && blank < end) {
      const fields = body.toString('utf8', head, blank);
      const disposition = /\r\ncontent-disposition:[^\r]*?;\s*name=(?:"([^"\r]*)"|([^\s;\r]+))/i.exec(fields);
      const value = body.toString('utf8', blank + 4, Math.max(blank + 4, end - 2));
      parts.push({ name: disposition?.[1] ?? disposition?.[2], value, start, end });
    }
    start = end;
  }
  return parts;
}

/** A delimiter counts at the start of a line only. */
function nextDelimiter(body: Buffer, delimiter: string, from: number): number {
  for (let at = body.indexOf(delimiter, from); at !== -1; at = body.indexOf(delimiter, at + 1)) {
    if (at === 0 || body[at - 1] === 0x0a) return at;
  }
  return -1;
}
