/**
 * What a run has found so far, one JSON line each, written before the run goes on. Lines are only ever appended; a
 * line that was cut by a crash is not counted, and its step is done again.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { CliError, systemErrorText } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import type { JournalEntry } from './records.ts';
import { SCHEMA_VERSION } from './records.ts';

export class Journal {
  readonly entries: JournalEntry[];
  private readonly keys: Set<string>;
  private readonly descriptor: number;

  private constructor(descriptor: number, entries: JournalEntry[]) {
    this.descriptor = descriptor;
    this.entries = entries;
    this.keys = new Set(entries.map(keyOf));
  }

  static create(path: string): Journal {
    if (existsSync(path)) throw new CliError(`${path} exists already`, { help: ['go on with it: --resume'] });
    return new Journal(openSync(path, 'ax', 0o644), []);
  }

  /** Throws a `CliError` when it is no journal of this version. */
  static resume(path: string): Journal {
    const { entries, bytes } = readJournal(path);
    truncateSync(path, bytes);
    return new Journal(openSync(path, 'a'), entries);
  }

  has(entry: Pick<JournalEntry, 'type'> & { readonly key: string }): boolean {
    return this.keys.has(keyOf(entry));
  }

  append(entry: JournalEntry): void {
    writeSync(this.descriptor, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.descriptor);
    this.entries.push(entry);
    this.keys.add(keyOf(entry));
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** The whole lines of a journal, and how many bytes they are. */
export function readJournal(path: string): { entries: JournalEntry[]; bytes: number } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`${path}: ${systemErrorText(error)}`, { exitCode: EXIT.config });
  }
  const end = text.lastIndexOf('\n') + 1;
  const entries: JournalEntry[] = [];
  for (const [at, line] of text.slice(0, end).split('\n').slice(0, -1).entries()) {
    try {
      entries.push(JSON.parse(line) as JournalEntry);
    } catch {
      throw new CliError(`${path}: line ${at + 1} is no JSON`, { exitCode: EXIT.config });
    }
  }
  const [first] = entries;
  if (first?.type !== 'start' || first.schemaVersion !== SCHEMA_VERSION)
    throw new CliError(`${path} is no journal of this version of the lab`, { exitCode: EXIT.config });
  return { entries, bytes: Buffer.byteLength(text.slice(0, end)) };
}

function keyOf({ type, key }: { readonly type: string; readonly key: string }): string {
  return `${type}|${key}`;
}
