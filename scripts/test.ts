/**
 * `npm test`: brings what the tests need, then runs all of them; node's summary is the last thing printed.
 * `npm test -- FILE_OR_FOLDER...` runs those tests alone, without the checks of types and format.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bringTools } from './tools.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const EVERYTHING = [
  'scripts/checks.test.ts',
  '{shared,gateway,microgateway,admin-ui,lab,bench,examples,scripts/test,test}/**/*.test.ts',
];
/** A test that takes longer hangs. */
const TEST_TIMEOUT_MS = 120_000;

const chosen = process.argv.slice(2);
const patterns = chosen.length === 0 ? EVERYTHING : chosen.map(patternOf);
bringTools();
const { status, error } = spawnSync(
  process.execPath,
  [
    '--test',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    `--test-concurrency=${Math.min(4, availableParallelism())}`,
    ...patterns,
  ],
  { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
);
if (error !== undefined) process.stderr.write(`error: the tests could not be run: ${error.message}\n`);
process.exitCode = status ?? 1;

function patternOf(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? `${path.replace(/\/$/, '')}/**/*.test.ts` : path;
}
