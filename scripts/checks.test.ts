/** Types, format and lint of the whole repository, as tests: so that they stand in the same summary. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

function passes(program: string, ...args: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(`node_modules/.bin/${program}`, args, {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${error?.message ?? ''}${stdout}${stderr}`);
}

test('types', () => passes('tsc', '--noEmit'));

test('types of the admin UI', () => passes('tsc', '--noEmit', '-p', 'admin-ui'));

test('format and lint', () => passes('biome', 'check', '--colors=off', '.'));
