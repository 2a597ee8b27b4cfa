import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundledPluginVersion } from '../bundled-version.ts';
import { openCatalog } from '../catalog.ts';
import { bundledPluginNames, loadPlugins } from '../registry.ts';

test('the version that is read without loading a plugin is the one that its code has', async () => {
  const registry = await loadPlugins({ bundled: 'all', paths: [] });
  const names = bundledPluginNames();
  assert.ok(names.length > 0);
  for (const name of names)
    assert.equal(await bundledPluginVersion(name), (await registry.definition(name)).version, name);
});

test('there is no version of a plugin that is not there', async () => {
  await assert.rejects(bundledPluginVersion('unheard-of'));
});

test('a catalog knows the versions of all its plugins, own ones too, without loading any', async () => {
  const own = fileURLToPath(new URL('../../../examples/plugins/hello-header', import.meta.url));
  const catalog = await openCatalog(['bundled'], [own]);
  for (const { name } of catalog.schemas) assert.match(await catalog.version(name), /^\d+\.\d+\.\d+$/, name);
  assert.equal(catalog.definitions.size, 0);
  assert.ok(catalog.schemas.some(({ name }) => name === 'hello-header'));
});
