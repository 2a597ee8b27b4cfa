/** Warnings about fields that are taken for the sake of Kong's files and change nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCatalog } from '../../../plugins/catalog.ts';
import { pluginRegistry } from '../../plugin-registry.ts';
import { readDeclarative } from '../read.ts';

const plugins = pluginRegistry((await openCatalog(['bundled'], [])).schemas);

async function warningsOf(name: string, config: string) {
  const text = `_format_version: "3.0"\nplugins:\n  - name: ${name}\n    config: ${config}\n`;
  const result = await readDeclarative(text, { format: 'yaml', plugins, now: 0 });
  assert.ok(result.ok, JSON.stringify(result));
  return result.warnings.map(({ code, line, path }) => [code, line, path]);
}

test('a field without effect that is set is told, with its place', async () => {
  for (const [name, config, field] of [
    ['rate-limiting-advanced', '{ limit: [5], window_size: [60], dictionary_name: mine }', 'dictionary_name'],
    ['session', '{ secret: a-secret, stale_ttl: 60 }', 'stale_ttl'],
    ['http-log', '{ http_endpoint: "http://127.0.0.1/", retry_count: 10 }', 'retry_count'],
  ] as const) {
    assert.deepEqual(await warningsOf(name, config), [['CD1506', 4, `plugins[0].config.${field}`]], name);
  }
});

test('its default is not told, nor what is not set', async () => {
  const limit = 'limit: [5], window_size: [60]';
  assert.deepEqual(await warningsOf('rate-limiting-advanced', `{ ${limit} }`), []);
  const preset = 'dictionary_name: kong_rate_limiting_counters';
  assert.deepEqual(await warningsOf('rate-limiting-advanced', `{ ${limit}, ${preset} }`), []);
  assert.deepEqual(await warningsOf('session', '{ secret: a-secret, stale_ttl: 10 }'), []);
});
