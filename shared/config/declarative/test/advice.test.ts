/** Warnings about the paths of routes: what is valid, and hardly what was meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeclarative } from '../read.ts';
import { plugins } from './fixture-plugins.ts';

async function warningsOf(paths: string) {
  const text = `_format_version: "3.0"\nroutes:\n  - name: r\n    paths:\n      - ${paths}\n`;
  const result = await readDeclarative(text, { format: 'yaml', plugins, now: 0 });
  assert.ok(result.ok, JSON.stringify(result));
  return result.warnings.map(({ code, line, column, suggestion }) => [code, line, column, suggestion]);
}

test('a prefix that looks like a regular expression', async () => {
  assert.deepEqual(await warningsOf('/users/\\d+$'), [['CD1501', 5, 9, '~/users/\\d+$']]);
  assert.deepEqual(await warningsOf('/users/(?<id>.*)'), [['CD1501', 5, 9, '~/users/(?<id>.*)']]);
  assert.deepEqual(await warningsOf('/users/(a.*'), [], 'it would not be one either');
});

test('a prefix that no request has', async () => {
  for (const path of ['/a?b=c', '"/a#b"', '/a%00', '/%FF']) {
    assert.deepEqual(await warningsOf(path), [['CD1505', 5, 9, undefined]], path);
  }
  assert.deepEqual(await warningsOf('/a\\b'), [], 'a request for /a%5Cb has it');
});
