/** No setting may exist that nothing reads. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { SETTINGS } from '../../shared/config/settings/table.ts';
import { productFiles, ROOT } from './imports.ts';

function textOf(folders: readonly string[]): string {
  const files = folders
    .flatMap((folder) => productFiles(folder))
    .filter((file) => !file.endsWith('settings/table.ts'));
  return files.map((file) => readFileSync(resolve(ROOT, file), 'utf8')).join('\n');
}

test('every setting is read by a composition or handed to the engine', () => {
  const text = textOf(['shared', 'gateway', 'microgateway']);
  const unread = [...SETTINGS.keys()].filter((name) => !new RegExp(`\\bsettings\\.${name}\\b`).test(text));
  assert.deepEqual(unread, []);
});

test('every setting that is handed to the engine is read there', () => {
  const declaration = readFileSync(resolve(ROOT, 'shared/proxy/engine-settings.ts'), 'utf8');
  const fields = [...declaration.matchAll(/^ {2}readonly (\w+):/gm)].map((match) => match[1] as string);
  assert.ok(fields.length > 15);
  const text = textOf(['shared/proxy']);
  assert.deepEqual(
    fields.filter((field) => !new RegExp(`\\bsettings\\.${field}\\b`).test(text)),
    [],
  );
});
