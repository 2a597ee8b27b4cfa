/** The files of a run, from its journal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../run/records.ts';

export function writeReports(directory: string, entries: readonly JournalEntry[]): string[] {
  const json = join(directory, 'lab.json');
  writeFileSync(json, `${JSON.stringify({ entries })}\n`);
  return [json];
}
