/** The plugin and the test in docs/plugins.md work as they are printed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadPlugins } from '../registry.ts';
import { createPluginHarness } from '../testkit.ts';

const folder = mkdtempSync(join(tmpdir(), 'docs-plugins-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const text = readFileSync(join(import.meta.dirname, '../../../docs/plugins.md'), 'utf8');
const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

test('the plugin', async () => {
  const path = join(folder, 'office-hours.ts');
  writeFileSync(path, blocks[0]!);
  const registry = await loadPlugins({ bundled: [], paths: [path] });
  const plugin = await registry.definition('office-hours');
  const now = Date.UTC(2026, 0, 1, 16, 59, 59);
  const harness = createPluginHarness(plugin, { until: 17 }, { now });
  assert.equal((await harness.run({ path: '/orders' })).status, 200);
  harness.clock.advance(1000);
  assert.equal((await harness.run({ path: '/orders' })).exit?.message, 'We are closed');
});

test('the priorities', async () => {
  const registry = await loadPlugins({ bundled: 'all', paths: [] });
  for (const [, name, priority] of text.matchAll(/([a-z]+-?[a-z]+) (\d+)[,.]/g)) {
    if (registry.has(name!))
      assert.equal((await registry.definition(name!)).priority, Number(priority), name);
  }
  assert.match(text, /key-auth 1250/);
});
