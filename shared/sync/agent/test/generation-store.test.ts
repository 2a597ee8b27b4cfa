import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pluginRegistry } from '../../../config/plugin-registry.ts';
import { signManifest } from '../../manifest.ts';
import type { GenerationManifest } from '../../protocol.ts';
import { type FoundGeneration, type LoadOptions, openGenerationStore } from '../generation-store.ts';
import { digestOf, EntityReader, type HeldEntities } from '../held-entities.ts';
import { type Generation, IncomingGeneration } from '../incoming-generation.ts';
import { checkService } from '../manifest-checks.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const reader = new EntityReader(pluginRegistry([]));

function consumer(id: number, username: string) {
  return {
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    created_at: 1,
    updated_at: 1,
    username,
    custom_id: null,
    tags: null,
  };
}

async function generation(number: number, names: readonly string[]): Promise<Generation> {
  const entities: HeldEntities = new Map(
    names.map((name, i) => {
      const held = reader.read('consumers', consumer(i, name));
      return [held.key, held];
    }),
  );
  const manifest: GenerationManifest = {
    generation: number,
    digest: digestOf(entities),
    configurationHash: 'h',
    service: 'orders',
    calls: [],
    issuedAt: number,
  };
  const incoming = new IncomingGeneration(reader, 1e6, undefined);
  await incoming.add({
    puts: [{ collection: 'consumers', entities: [...entities.values()].map(({ entity }) => entity) }],
    deletes: [],
  });
  return incoming.finish(manifest, signManifest(manifest, privateKey));
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'generations-'));
  t.after(() => rm(path, { recursive: true }));
  return join(path, 'made', 'when-needed');
}

async function all(
  path: string,
  more: Partial<LoadOptions> = {},
): Promise<{ found: FoundGeneration[]; bad: string[] }> {
  const bad: string[] = [];
  const found: FoundGeneration[] = [];
  const options: LoadOptions = {
    reader,
    budgetBytes: 100_000,
    signingKeys: [publicKey as KeyObject],
    accept: (manifest) => checkService(manifest, 'orders'),
    onBad: (name, reason) => void bad.push(`${name}: ${reason}`),
    ...more,
  };
  for await (const one of openGenerationStore(path).good(options)) found.push(one);
  return { found, bad };
}

test('the last three are kept, newest first, for the owner alone', async (t) => {
  const path = await folder(t);
  assert.deepEqual(await all(path), { found: [], bad: [] });
  const store = openGenerationStore(path);
  for (let i = 1; i <= 5; i++) await store.save(await generation(i, [`user-${i}`]), undefined);
  const { found, bad } = await all(path);
  assert.deepEqual(bad, []);
  assert.deepEqual(
    found.map(({ generation: one }) => [
      one.manifest.generation,
      one.configuration.consumers.map(({ username }) => username),
    ]),
    [
      [5, ['user-5']],
      [4, ['user-4']],
      [3, ['user-3']],
    ],
  );
  assert.equal((await readdir(path)).length, 3);
  for (const name of await readdir(path)) assert.equal((await stat(join(path, name))).mode & 0o777, 0o600);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
});

test('the same entities under a newer manifest take the place of the file that was', async (t) => {
  const path = await folder(t);
  const store = openGenerationStore(path);
  await store.save(await generation(1, ['ann']), undefined);
  const second = await store.save(await generation(2, ['bob']), undefined);
  await store.save(await generation(3, ['bob']), second);
  const { found } = await all(path);
  assert.deepEqual(
    found.map((one) => one.generation.manifest.generation),
    [3, 1],
  );
});

test('when it was last known to be current survives', async (t) => {
  const path = await folder(t);
  const store = openGenerationStore(path);
  const name = await store.save(await generation(1, ['ann']), undefined);
  await store.confirm(name, 1_700_000_000_000);
  assert.equal((await all(path)).found[0]?.freshAt, 1_700_000_000_000);
});

const BROKEN: Readonly<Record<string, [(text: string) => string, RegExp]>> = {
  'cut short': [(text) => text.slice(0, -5), /ends too early/],
  'a line less': [(text) => `${text.split('\n').slice(0, -2).join('\n')}\n`, /digest/],
  empty: [() => '', /JSON/],
  'a name changed': [(text) => text.replace('"ann"', '"own"'), /digest/],
  'the number changed': [(text) => text.replace('"generation":1', '"generation":9'), /signature/],
  'another format': [(text) => text.replace('cardinal-generation/1', 'cardinal-generation/9'), /format/],
  'zeros, as after a power cut': [(text) => '\0'.repeat(text.length), /JSON/],
  'larger than anything that was taken': [(text) => text + ' '.repeat(1_300_000), /larger/],
  'a key of the prototype': [(text) => text.replace('"custom_id"', '"__proto__"'), /unknown field/],
};

for (const [what, [change, reason]] of Object.entries(BROKEN)) {
  test(`not believed: ${what}; the one before it is`, async (t) => {
    const path = await folder(t);
    const store = openGenerationStore(path);
    await store.save(await generation(0, ['before', 'it']), undefined);
    const name = await store.save(await generation(1, ['bob', 'ann']), undefined);
    await writeFile(join(path, name), change(await readFile(join(path, name), 'utf8')));
    const { found, bad } = await all(path);
    assert.deepEqual(
      found.map((one) => one.generation.manifest.generation),
      [0],
    );
    assert.equal(bad.length, 1);
    assert.match(bad[0] ?? '', reason);
  });
}

test('signed by a key that is not trusted, or for another service: not used', async (t) => {
  const path = await folder(t);
  await openGenerationStore(path).save(await generation(1, ['ann']), undefined);
  assert.deepEqual((await all(path, { signingKeys: [] })).found, []);
  const other = generateKeyPairSync('ed25519').publicKey;
  assert.deepEqual((await all(path, { signingKeys: [other] })).found, []);
  assert.equal((await all(path, { signingKeys: [other, publicKey] })).found.length, 1);
  const { bad } = await all(path, { accept: (manifest) => checkService(manifest, 'payments') });
  assert.match(bad[0] ?? '', /it is for service orders/);
});

test('a bad file makes room before a good one does', async (t) => {
  const path = await folder(t);
  const store = openGenerationStore(path);
  const names: string[] = [];
  for (let i = 1; i <= 3; i++) names.push(await store.save(await generation(i, [`user-${i}`]), undefined));
  await writeFile(join(path, names[2]!), 'broken');
  const options = { reader, budgetBytes: 1e6, signingKeys: [publicKey], accept: () => {}, onBad: () => {} };
  for await (const _ of store.good(options)) break;
  await store.save(await generation(4, ['user-4']), undefined);
  const { found } = await all(path);
  assert.deepEqual(
    found.map((one) => one.generation.manifest.generation),
    [4, 2, 1],
  );
});
