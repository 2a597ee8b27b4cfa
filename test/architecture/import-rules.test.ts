/** Who may import whom. The rules are those of the architecture; a broken one is named with its file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Import, importsOf, productFiles } from './imports.ts';

function violations(folder: string, forbidden: (one: Import, file: string) => boolean): string[] {
  const found: string[] = [];
  for (const file of productFiles(folder)) {
    for (const one of importsOf(file)) if (forbidden(one, file)) found.push(`${file} imports ${one.target}`);
  }
  return found;
}

const within =
  (...folders: string[]) =>
  (target: string) =>
    folders.some((folder) => target.startsWith(`${folder}/`));

test('the imports are read: a module that imports in every way', () => {
  const targets = importsOf('gateway/run.ts').map(({ target }) => target);
  assert.ok(targets.includes('gateway/workers/pool.ts'));
  assert.ok(
    importsOf('gateway/command.ts').some(({ target, dynamic }) => dynamic && target === 'gateway/run.ts'),
  );
  assert.ok(importsOf('gateway/command.ts').some(({ typeOnly }) => typeOnly));
  assert.ok(productFiles('shared').length > 50);
});

test('shared knows neither composition', () => {
  const composition = within('gateway', 'microgateway', 'admin-ui', 'lab', 'bench', 'bin');
  assert.deepEqual(
    violations('shared', ({ target }) => composition(target)),
    [],
  );
});

test('gateway and microgateway do not know each other, nor what measures them', () => {
  assert.deepEqual(
    violations('gateway', ({ target }) => within('microgateway', 'lab', 'bench')(target)),
    [],
  );
  assert.deepEqual(
    violations('microgateway', ({ target }) => within('gateway', 'lab', 'bench')(target)),
    [],
  );
});

test('the data plane knows no files, no store, no process, no control plane', () => {
  const outside = within(
    'shared/config/declarative',
    'shared/config/source',
    'shared/config/settings',
    'shared/cli',
    'shared/process',
    'shared/control-plane',
    'shared/store',
  );
  const modules = new Set([
    'node:fs',
    'node:fs/promises',
    'node:sqlite',
    'node:child_process',
    'express',
    'ioredis',
    'yaml',
  ]);
  for (const folder of ['shared/proxy', 'shared/http', 'shared/router', 'shared/upstream']) {
    const wrong = violations(folder, ({ target }, file) => {
      // Names come from the system's own files; nothing else of a data plane is on a disk.
      if (file.startsWith('shared/upstream/dns/')) return outside(target);
      return outside(target) || modules.has(target);
    });
    assert.deepEqual(wrong, [], folder);
  }
});

test('plugins know the plugin contract and what stands beside them, nothing of the engine', () => {
  const engine = within(
    'shared/proxy',
    'shared/router',
    'shared/upstream',
    'shared/config/source',
    'shared/cli',
    'shared/process',
  );
  const folders = productFiles('shared/plugins').filter((file) => file.split('/').length > 3);
  assert.ok(folders.length > 5);
  const wrong = folders.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => engine(target))
      .map(({ target }) => `${file} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
});

test('settings, command line and process modules do not need the engine', () => {
  const engine = within('shared/router', 'shared/upstream', 'shared/http');
  for (const folder of ['shared/config/settings', 'shared/cli', 'shared/process']) {
    assert.deepEqual(
      violations(folder, ({ target, typeOnly }) => !typeOnly && engine(target)),
      [],
      folder,
    );
  }
});
