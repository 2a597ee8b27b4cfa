/** A run's result file: everything the journal has, in one document of a known version. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CliError, systemErrorText } from '../../shared/cli/cli-error.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { readJournal } from '../run/journal.ts';
import { type JournalEntry, SCHEMA_VERSION } from '../run/records.ts';

export interface ResultFile {
  readonly schemaVersion: number;
  /** The run was cut off, or is still going on. */
  readonly partial: boolean;
  readonly entries: readonly JournalEntry[];
}

export function resultOf(entries: readonly JournalEntry[]): ResultFile {
  return { schemaVersion: SCHEMA_VERSION, partial: !entries.some(({ type }) => type === 'end'), entries };
}

/** `path`: a result file, a folder with one, or a folder with a journal alone. Throws a `CliError`. */
export function readResult(path: string): ResultFile {
  let file = path;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    file = join(path, 'lab.json');
    if (!existsSync(file)) return resultOf(readJournal(join(path, 'journal.jsonl')).entries);
  }
  let result: ResultFile;
  try {
    result = JSON.parse(readFileSync(file, 'utf8')) as ResultFile;
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is no JSON' : systemErrorText(error);
    throw new CliError(`${file}: ${why}`, { exitCode: EXIT.config });
  }
  if (result.schemaVersion !== SCHEMA_VERSION || result.entries?.[0]?.type !== 'start') {
    throw new CliError(`${file} is no result of the lab, version ${SCHEMA_VERSION}`, {
      exitCode: EXIT.config,
      help: ['cardinal lab run writes one: lab-results/<time>/lab.json'],
    });
  }
  return result;
}

/** The newest run below `folder`. Throws a `CliError` when there is none. */
export function lastRun(folder: string, cwd: string): string {
  const runs = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => existsSync(join(folder, name, 'journal.jsonl')))
        .sort()
    : [];
  const last = runs.at(-1);
  if (last === undefined) {
    throw new CliError(`there is no run in ${relative(cwd, folder) || '.'}`, {
      exitCode: EXIT.config,
      help: ['make one: cardinal lab run --quick', 'or name the result: cardinal lab report DIR'],
    });
  }
  return join(folder, last);
}
