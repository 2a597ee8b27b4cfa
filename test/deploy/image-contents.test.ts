/**
 * The gateway and the microgateway start from what their images hold, and nothing else: the files that the Dockerfile copies
 * and .dockerignore leaves, the packages that `npm ci --omit=dev` would install. The step that warms the compile cache is
 * run on them, which starts and stops what is in them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../docs/documents.ts';
import { copyOf, imageInstructions, readDockerfile } from './dockerfile.ts';
import { readIgnored } from './ignored.ts';

interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Paths in the lock file of all that these workspaces need when they run. */
function packagesOf(workspaces: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (from: string): void => {
    for (const name of Object.keys(lock.packages[from]?.dependencies ?? {})) {
      const path = resolvedFrom(from, name);
      if (found.has(path)) continue;
      found.add(path);
      const { link, resolved } = lock.packages[path] as Locked;
      add(link === true ? (resolved as string) : path);
    }
  };
  for (const workspace of workspaces) add(workspace);
  return found;
}

/** As Node looks for a package: beside the one that asks, then further up. */
function resolvedFrom(from: string, name: string): string {
  for (let folder = from; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const nested = `${folder}/node_modules/${name}`;
    if (nested in lock.packages) return nested;
  }
  return `node_modules/${name}`;
}

function build(t: TestContext, image: string, workspaces: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'cardinal-image-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ignored = readIgnored();
  for (const instruction of imageInstructions(readDockerfile(), image)) {
    if (instruction.name !== 'COPY') continue;
    const { from, sources, target } = copyOf(instruction);
    if (from !== undefined) continue;
    for (const source of sources) {
      const place = target.endsWith('/') ? join(target, source.split('/').at(-1) as string) : target;
      cpSync(join(ROOT, source), join(folder, place), {
        recursive: true,
        filter: (path) => !ignored(relative(ROOT, path)),
      });
    }
  }
  for (const path of packagesOf(workspaces)) {
    const { link, resolved } = lock.packages[path] as Locked;
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (link === true) symlinkSync(join(folder, resolved as string), place);
    else
      cpSync(join(ROOT, path), place, { recursive: true, filter: (file) => !file.endsWith('/node_modules') });
  }
  return folder;
}

/** Exit code and what it wrote. */
function node(folder: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'] ?? '', CARDINAL_STATUS_LISTEN: '0.0.0.0:8100' };
    const child = spawn(process.execPath, args, { cwd: folder, env });
    let output = '';
    child.stdout.on('data', (piece) => (output += piece));
    child.stderr.on('data', (piece) => (output += piece));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

for (const [image, workspaces, kinds] of [
  ['microgateway', ['microgateway', 'shared'], ['microgateway']],
  ['gateway', ['gateway', 'microgateway', 'shared'], ['gateway', 'microgateway']],
] as const) {
  test(`the ${image} image holds what it needs to start, and is warm afterwards`, async (t) => {
    const folder = build(t, image, workspaces);
    const warmed = await node(folder, ['deploy/image/warm-compile-cache.ts', ...kinds]);
    assert.equal(warmed.code, 0, warmed.output);
    const caches = readdirSync(join(folder, 'node_modules/.cache/cardinal'));
    // A microgateway has flags of V8 of its own, and with them a cache of its own.
    assert.ok(caches.length >= kinds.length, caches.join());
    const version = await node(folder, ['bin/cardinal.js', 'version']);
    assert.equal(version.code, 0, version.output);
  });
}

test('the microgateway image carries none of the packages of the gateway', () => {
  const names = packagesOf(['microgateway', 'shared']);
  assert.ok(names.has('node_modules/yaml'));
  // Plugins count in Redis beside a service as well.
  const both = new Set(Object.keys(lock.packages['shared']?.dependencies ?? {}));
  for (const name of Object.keys(lock.packages['gateway']?.dependencies ?? {})) {
    const needed = name.startsWith('@cardinal/') || both.has(name);
    assert.equal(names.has(`node_modules/${name}`), needed, name);
  }
});

test('an image without its code does not pass for one', async (t) => {
  const folder = build(t, 'microgateway', ['microgateway', 'shared']);
  rmSync(join(folder, 'shared/router'), { recursive: true });
  const warmed = await node(folder, ['deploy/image/warm-compile-cache.ts', 'microgateway']);
  assert.notEqual(warmed.code, 0);
});
