/** pre-function and post-function: modules of every kind, everything that can be wrong with one, and the switch. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { validatePlugin } from '../../config/entities/plugins.ts';
import { pluginRegistry } from '../../config/plugin-registry.ts';
import type { AnyPluginDefinition, PluginInstance } from '../contract.ts';
import postFunction from '../post-function/index.ts';
import { loadPlugins } from '../registry.ts';
import { createPluginHarness } from '../testkit.ts';
import preFunction from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'functions-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(source: string, extension = 'mjs'): string {
  const path = join(folder, `function-${files++}.${extension}`);
  writeFileSync(path, source);
  return path;
}
const open = (module: string, options?: unknown) => createPluginHarness(preFunction, { module, options });

test('are Kong’s: priorities', () => {
  assert.deepEqual([preFunction.priority, postFunction.priority], [1_000_000, -1000]);
});

const MAKES = `export default (kit, options) => ({
  access(exchange) { exchange.request.headers.set('X-From', options?.from ?? kit.plugin.name); },
  response(exchange) { exchange.response.headers.set('X-Seen', '1'); },
});`;

test('modules: functions and objects, JavaScript and TypeScript', async () => {
  const typed = MAKES.replace('(kit, options)', '(kit: any, options?: any)').replaceAll(
    '(exchange)',
    '(exchange: any)',
  );
  const common = MAKES.replace('export default', 'module.exports =');
  for (const path of [file(MAKES), file(typed, 'ts'), file(common, 'cjs')]) {
    const result = await open(path).run();
    assert.equal(result.upstream!.headers['x-from'], 'pre-function');
    assert.equal(result.headers['x-seen'], '1');
  }
  assert.equal((await open(file(MAKES), { from: 'options' }).run()).upstream!.headers['x-from'], 'options');
  const plain = file("export default { access: (exchange) => exchange.fail(418, 'tea') };");
  assert.equal((await open(plain).run()).status, 418);
});

const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ['throws when loaded', "throw new Error('early');", /cannot be loaded: early/],
  ['no syntax', 'export default {{', /cannot be loaded: /],
  [
    'throws when called',
    "export default () => { throw new Error('late'); };",
    /its default export threw: late/,
  ],
  ['nothing', 'export default 5;', /gives no object with phases/],
  ['no phase', 'export default {};', /has no phase/],
  [
    'another phase',
    'export default { header_filter() {} };',
    /'header_filter' is no phase; there are rewrite, access/,
  ],
  ['no function', 'export default { access: 1 };', /access is no function/],
];
for (const [what, source, reason] of BROKEN) {
  test(`a broken module refuses the configuration: ${what}`, () => {
    const path = file(source);
    assert.throws(
      () => open(path),
      (error: Error) => error.message.startsWith(path) && reason.test(error.message),
    );
  });
}

test('what is wrong with a configuration', () => {
  assert.throws(() => open('relative.js'), /must be the absolute path/);
  assert.throws(() => open('/not/there.js'), /\/not\/there\.js: cannot be loaded/);
  assert.throws(
    () => createPluginHarness(preFunction, { module: '/a.js', access: ['return 1'] }),
    /Lua is not run here/,
  );
});

test('switched off: no configuration is valid, and none can be started', async () => {
  const module = file(MAKES);
  for (const functionModules of [false, true]) {
    const registry = await loadPlugins({
      bundled: ['pre-function', 'post-function'],
      paths: [],
      functionModules,
    });
    for (const name of registry.names()) {
      const inForce = { name, schema: registry.schema(name) } as unknown as AnyPluginDefinition;
      const { problems } = validatePlugin({ name, config: { module } }, pluginRegistry([inForce]));
      const definition = (await registry.definition(name)) as unknown as {
        create(...args: unknown[]): PluginInstance;
      };
      const create = () => definition.create({ module, options: null }, { plugin: { name } });
      if (functionModules) {
        assert.deepEqual(problems, []);
        assert.equal(typeof create().access, 'function');
      } else {
        assert.deepEqual(
          problems.map(({ path, message }) => `${path.join('.')}: ${message.slice(0, 34)}`),
          ['config.module: running modules is switched off; t'],
        );
        assert.throws(create, /running modules is switched off/);
      }
    }
  }
});
