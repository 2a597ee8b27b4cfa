/** Reads a configuration file: the suffix says what it is, and what cannot be read is a finding like any other. */
import { finding } from './finding.ts';
import { LineIndex } from './line-index.ts';
import {
  DEFAULT_MAX_LENGTH,
  type ReadFailure,
  type ReadOptions,
  type ReadResult,
  readDeclarative,
} from './read.ts';

const { open } = process.getBuiltinModule('node:fs/promises');

const FORMATS: ReadonlyMap<string, 'yaml' | 'json'> = new Map([
  ['yml', 'yaml'],
  ['yaml', 'yaml'],
  ['json', 'json'],
]);

export type FileOptions = Omit<ReadOptions, 'format' | 'file'>;

export async function readConfigFile(path: string, options: FileOptions): Promise<ReadResult> {
  return (await checkConfigFile(path, options)).result;
}

/** Like `readConfigFile`, with the text as well (undefined when there is none), for excerpts in messages. */
export async function checkConfigFile(
  path: string,
  options: FileOptions,
): Promise<{ readonly result: ReadResult; readonly text: string | undefined }> {
  const suffix = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = FORMATS.get(suffix);
  if (format === undefined) {
    return unreadable('CD1002', `unknown file type: ${path} (Accepted types: json, yaml)`, path);
  }
  const maxBytes = options.maxLength ?? DEFAULT_MAX_LENGTH;
  let bytes: Buffer;
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxBytes) {
      return unreadable('CD1003', `${path} has ${size} bytes; at most ${maxBytes} are read`, path);
    }
    bytes = await file.readFile();
  } catch (error) {
    return unreadable('CD1001', `cannot read ${path}: ${reasonOf(error)}`, path);
  }
  const text = decode(bytes);
  const result = await readConfigBytes(bytes, { ...options, format, file: path });
  return { result, text };
}

/** Reads a configuration that has arrived as bytes. */
export async function readConfigBytes(bytes: Uint8Array, options: ReadOptions): Promise<ReadResult> {
  const text = decode(bytes);
  return text === undefined ? notUtf8(bytes, options.file ?? '-') : readDeclarative(text, options);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function notUtf8(bytes: Uint8Array, file: string): ReadFailure {
  // The replacement character stands where the first wrong byte was.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const start = Math.max(text.indexOf('\ufffd'), 0);
  const message = 'the document is not UTF-8';
  const found = finding('CD1004', message, file, new LineIndex(text), { start, end: start + 1 });
  return failure(found, message);
}

function unreadable(code: 'CD1001' | 'CD1002' | 'CD1003', message: string, file: string) {
  return { result: failure(finding(code, message, file, undefined, undefined), message), text: undefined };
}

function failure(found: ReturnType<typeof finding>, message: string): ReadFailure {
  return {
    ok: false,
    findings: [found],
    fields: { error: message },
    entityErrors: { entities: [], rest: [] },
  };
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a directory'],
]);

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS.get(code) ?? (error instanceof Error ? error.message : String(error));
}
