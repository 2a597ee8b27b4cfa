/** The files of a run, from its journal: JSON with all raw data, HTML and Markdown for people. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../run/records.ts';
import { analyse } from './analysis.ts';
import { htmlOf } from './html.ts';
import { markdownOf } from './markdown.ts';
import { resultOf } from './results.ts';

/** The paths of what was written. */
export function writeReports(directory: string, entries: readonly JournalEntry[]): string[] {
  const analysis = analyse(entries);
  const files: readonly (readonly [string, string])[] = [
    ['lab.json', `${JSON.stringify(resultOf(entries))}\n`],
    ['report.html', htmlOf(analysis)],
    ['report.md', markdownOf(analysis)],
  ];
  return files.map(([name, text]) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  });
}
