import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { settingsDocument } from '../document.ts';
import { SETTINGS } from '../table.ts';

test('docs/settings.md is what the table says (npm run docs)', () => {
  const written = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
  assert.equal(written, settingsDocument());
  for (const name of SETTINGS.keys()) assert.ok(written.includes(`### \`${name}\``), name);
});
