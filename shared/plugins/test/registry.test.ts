/** What is bundled, what is loaded when, users' files and everything that can be wrong with one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bundledPluginNames, loadPlugins, PluginLoadError, WITH_ENTITIES } from '../registry.ts';
import { createPluginHarness } from '../testkit.ts';

const folder = mkdtempSync(join(tmpdir(), 'user-plugins-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(source: string, extension = 'ts'): string {
  const path = join(folder, `plugin-${files++}.${extension}`);
  writeFileSync(path, source);
  return path;
}

test('all bundled plugins load, under their folders’ names, with their own schemas', async () => {
  const registry = await loadPlugins({ bundled: 'all', paths: [] });
  assert.deepEqual(registry.names(), bundledPluginNames());
  for (const name of ['key-auth', 'rate-limiting', 'correlation-id', 'request-termination']) {
    assert.ok(registry.has(name), name);
  }
  for (const name of registry.names()) {
    const definition = await registry.definition(name);
    assert.equal(definition.name, name);
    assert.equal(definition.schema.config, registry.schema(name)?.config);
    assert.match(definition.version, /^\d+\.\d+\.\d+$/);
    assert.equal(registry.loaded(name), definition);
    assert.equal(definition.schema.config.options.required, true, `${name}: config is always expanded`);
    for (const [field, { options }] of Object.entries(definition.schema.config.fields)) {
      assert.equal(typeof options.description, 'string', `${name}.${field} has a description`);
    }
  }
});

test('only what is asked for; code only when it is used', async () => {
  const registry = await loadPlugins({ bundled: ['file-log'], paths: [] });
  assert.deepEqual(registry.names(), ['file-log']);
  assert.equal(registry.schema('key-auth'), undefined);
  assert.equal(registry.loaded('file-log'), undefined);
  await assert.rejects(registry.definition('key-auth'), /there is no plugin 'key-auth'/);
  await assert.rejects(
    loadPlugins({ bundled: ['file-lag'], paths: [] }),
    /there is no bundled plugin 'file-lag'; there are .*file-log/,
  );
  const script = `
    import { loadPlugins } from ${JSON.stringify(new URL('../registry.ts', import.meta.url).href)};
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await loadPlugins({ bundled: 'all', paths: [] });
    console.log(loaded.filter((url) => /plugins\\/[a-z-]+\\/index|shared\\/(?:observe|state)\\//.test(url)).join() || 'none');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(stdout.trim(), 'none', 'schemas alone load no plugin code');
});

test('entities by collection', async () => {
  const registry = await loadPlugins({ bundled: ['key-auth', 'file-log'], paths: [] });
  const entities = registry.entitySchemas();
  assert.deepEqual(Object.keys(entities), ['keyauth_credentials']);
  assert.equal(entities['keyauth_credentials']?.plugin, 'key-auth');
  assert.equal(entities['constructor'], undefined);
});

const PLUGIN = `
export default (sdk) => sdk.definePlugin({
  name: 'stamp', version: '1.0.0', priority: 5,
  schema: { config: sdk.field.record({ text: sdk.field.string({ default: 'hi' }) }, { required: true }) },
  create: (config) => ({ access: (exchange) => exchange.request.headers.set('X-Stamp', config.text) }),
});`;

test('a user’s plugin: TypeScript or JavaScript, a file or a folder', async () => {
  const typed = PLUGIN.replace('(sdk)', "(sdk: import('@cardinal/shared/plugin-sdk').PluginSdk)");
  const inFolder = join(folder, 'in-folder');
  mkdirSync(inFolder);
  writeFileSync(join(inFolder, 'index.js'), PLUGIN);
  for (const path of [file(typed), file(PLUGIN, 'js'), file(PLUGIN, 'mjs'), inFolder]) {
    const registry = await loadPlugins({ bundled: ['file-log'], paths: [path] });
    assert.deepEqual(registry.names(), ['file-log', 'stamp']);
    const definition = await registry.definition('stamp');
    const result = await createPluginHarness(definition).run();
    assert.equal(result.upstream!.headers['x-stamp'], 'hi');
  }
});

test('the example', async () => {
  const path = join(import.meta.dirname, '../../../examples/plugins/hello-header');
  const registry = await loadPlugins({ bundled: 'all', paths: [path] });
  assert.equal((await registry.definition('hello-header')).priority, 500);
});

test('a plugin without the sdk is a plain object', async () => {
  const path = file(`export default {
    name: 'plain', version: '1', priority: 0,
    schema: { config: { type: 'record', fields: {}, options: { required: true } } },
    create: () => ({}),
  };`);
  const registry = await loadPlugins({ bundled: [], paths: [path] });
  assert.equal((await registry.definition('plain')).priority, 0);
});

const broken: [string, string, RegExp][] = [
  ['no default export', 'export const a = 1;', /: has no default export; write `export default/],
  ['no object', 'export default 5;', /: its default export is no plugin/],
  ['nothing returned', 'export default () => {};', /: its default export is no plugin/],
  ['no name', PLUGIN.replace("name: 'stamp',", ''), /: `name` is missing/],
  ['bad name', PLUGIN.replace("'stamp'", "'../x'"), /: `name` is missing or has other characters/],
  ['no version', PLUGIN.replace("version: '1.0.0',", ''), /: `version` is missing/],
  ['no priority', PLUGIN.replace('priority: 5', "priority: '5'"), /: `priority` is missing/],
  ['no schema', PLUGIN.replace('schema:', 'scheme:'), /: `schema\.config` is missing/],
  ['no create', PLUGIN.replace('create:', 'make:'), /: `create\(config, kit\)` is missing/],
  [
    'throws',
    '\nexport default () => { throw new Error("no luck"); };',
    /:2: its default export threw: no luck$/,
  ],
  ['throws at load', '\n\nthrow new Error("early");\nexport default 1;', /:3: cannot be loaded: early$/],
  ['bad syntax', '\nexport default {{;', /:2: cannot be loaded: /],
  ['enum', 'enum A { B }\nexport default A;', /: cannot be loaded: .*enum/],
  ['missing import', 'import "./not-there.ts";\nexport default 1;', /: cannot be loaded: Cannot find module/],
];
for (const [what, source, message] of broken) {
  test(`a broken plugin says where and what: ${what}`, async () => {
    const path = file(source);
    await assert.rejects(loadPlugins({ bundled: [], paths: [path] }), (error: Error) => {
      assert.ok(error instanceof PluginLoadError);
      assert.ok(error.message.startsWith(path), error.message);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n| at /);
      return true;
    });
  });
}

test('paths that hold no plugin, and names that are taken', async () => {
  const load = (bundled: string[], ...paths: string[]) => loadPlugins({ bundled, paths });
  await assert.rejects(load([], join(folder, 'nope.ts')), /nope\.ts: there is no such file$/);
  await assert.rejects(load([], file('', 'txt')), /a plugin is a \.ts or \.js file/);
  await assert.rejects(load([], folder), /the folder has no index\.ts and no index\.js/);
  const taken = file(PLUGIN.replace("'stamp'", "'file-log'"));
  await assert.rejects(load(['file-log'], taken), /its name 'file-log' is taken by a bundled plugin/);
  const [one, two] = [file(PLUGIN), file(PLUGIN)];
  await assert.rejects(load([], one, two), new RegExp(`is taken by ${one}; choose another name`));
  const entities = "schema: { entities: { keyauth_credentials: { fields: {}, adminPath: 'x' } },";
  await assert.rejects(
    load(['key-auth'], file(PLUGIN.replace('schema: {', entities))),
    /its entities 'keyauth_credentials' are those of the plugin 'key-auth'/,
  );
});

test('which bundled plugins have entities of their own is known without their schemas', async () => {
  const registry = await loadPlugins({ bundled: 'all', paths: [] });
  const owners = registry.names().filter((name) => registry.schema(name)?.entities !== undefined);
  assert.deepEqual([...WITH_ENTITIES].sort(), owners);
});
