/**
 * `npm run -w admin-ui build`: the page into `dist/`, each file beside its compressed forms, and `files.json`, the list
 * of what may be served. Fails when a budget is exceeded.
 */
import { resolve } from 'node:path';
import { build, type Rolldown } from 'vite';
import { checkBudgets } from './budgets.ts';
import { compressAll } from './compress.ts';

const root = resolve(import.meta.dirname, '..');
const startedAt = performance.now();
const output = (await build({
  configFile: resolve(root, 'vite.config.ts'),
  logLevel: 'warn',
})) as Rolldown.RolldownOutput;
const sizes = compressAll(resolve(root, 'dist'));
const { lines, exceeded } = checkBudgets(output.output, sizes);
for (const line of lines) process.stdout.write(`${line}\n`);
process.stdout.write(`admin UI built in ${Math.round(performance.now() - startedAt)} ms\n`);
if (exceeded) {
  process.stderr.write('error: the admin UI is larger than its budgets (admin-ui/build/budgets.ts)\n');
  process.exitCode = 1;
}
