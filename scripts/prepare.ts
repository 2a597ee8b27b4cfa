/**
 * What `npm ci` ends with: the admin UI is built, so that a clone serves it. Where what builds it was not installed
 * (`--omit=dev`), that is said, and nothing fails: the gateway runs without its page.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const say = (line: string) => void process.stdout.write(`${line}\n`);

if (!existsSync(join(ROOT, 'admin-ui/build/run.ts'))) {
  say('admin UI: its source is not here, it is not built');
} else if (!existsSync(join(ROOT, 'node_modules/vite/package.json'))) {
  say('admin UI: not built, what builds it is not installed (npm ci without --omit=dev brings it)');
} else {
  const { status, error } = spawnSync(process.execPath, [join(ROOT, 'admin-ui/build/run.ts')], {
    stdio: 'inherit',
  });
  if (error !== undefined) say(`admin UI: not built: ${error.message}`);
  process.exitCode = status ?? 1;
}
