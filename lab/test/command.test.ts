/** `cardinal lab` as people call it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { processTree } from '../measure/proc.ts';
import { resultOf } from '../report/results.ts';
import { wholeRun } from './entries.ts';

const CARDINAL = join(import.meta.dirname, '../../bin/cardinal.js');

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-command-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function lab(cwd: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CARDINAL, 'lab', ...args], {
    cwd,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

test('wrong usage is answered with what there is', (t) => {
  const cwd = folderFor(t);
  const verb = lab(cwd, 'rnu');
  assert.equal(verb.status, 64);
  assert.match(verb.err, /there is no cardinal lab rnu[\s\S]*run, report, diff, predict/);
  assert.equal(lab(cwd, 'diff', 'only-one').status, 64);
  const none = lab(cwd, 'report');
  assert.equal(none.status, 65);
  assert.match(none.err, /there is no run in lab-results[\s\S]*cardinal lab run --quick/);
});

test('a configuration that cannot run in every pattern is refused before anything is started', (t) => {
  const cwd = folderFor(t);
  const refused: readonly [string, RegExp][] = [
    ['_format_version: "3.0"\nservices: [{name: a, url: "http://a"}]\n', /it has services; .*the lab's own/],
    [
      '_format_version: "3.0"\nplugins: [{name: key-auth, service: a}]\n',
      /line 2|plugin key-auth is for a service|service/,
    ],
    ['_format_version: "3.0"\nplugins: [{name: key-outh}]\n', /key-outh/],
  ];
  for (const [yaml, message] of refused) {
    writeFileSync(join(cwd, 'own.yml'), yaml);
    const run = lab(
      cwd,
      'run',
      '--config',
      'own.yml',
      '--out',
      join(cwd, `out-${refused.findIndex(([one]) => one === yaml)}`),
    );
    assert.equal(run.status, 65, run.err);
    assert.match(run.err, message);
  }
});

test('a port that is taken is named, with its owner', async (t) => {
  const cwd = folderFor(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const child = spawn(
    process.execPath,
    [CARDINAL, 'lab', 'run', '--quick', '--port-base', String(port), '--out', 'out'],
    {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(status, 69, err);
  assert.match(err, new RegExp(`port ${port} is taken by pid ${process.pid}`));
  assert.match(err, /--port-base/);
});

test('Ctrl+C: what there is is kept and marked, and no process is left', async (t) => {
  const cwd = folderFor(t);
  const args = ['lab', 'run', '--quick', '--topologies', 'T2', '--policies', 'none', '--out', 'out'];
  const child = spawn(process.execPath, [CARDINAL, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let tree: { pid: number }[] = [];
  while (tree.length < 5 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    tree = processTree(child.pid!);
  }
  child.kill('SIGINT');
  assert.equal(await ended, 130, err);
  assert.match(err, /partial[\s\S]*--resume out/);
  const result = JSON.parse(readFileSync(join(cwd, 'out/lab.json'), 'utf8'));
  assert.equal(result.partial, true);
  assert.match(readFileSync(join(cwd, 'out/report.md'), 'utf8'), /PARTIAL/);
  assert.deepEqual(
    tree.filter(({ pid }) => existsSync(`/proc/${pid}/exe`)).map(({ pid }) => pid),
    [],
  );
});

test('results are shown, compared and predicted from', (t) => {
  const cwd = folderFor(t);
  writeFileSync(join(cwd, 'lab.json'), JSON.stringify(resultOf(wholeRun())));
  const report = lab(cwd, 'report', 'lab.json', '--markdown');
  assert.equal(report.status, 0, report.err);
  assert.match(report.out, /### Latency by pattern and depth, policies: standard/);
  assert.match(report.out, /R\* = 0\.1\d ms/);
  const same = lab(cwd, 'diff', 'lab.json', 'lab.json');
  assert.equal(same.status, 0, same.err);
  assert.match(same.out, /48 of 48 comparisons: no measurable difference/);
  writeFileSync(
    join(cwd, 'slow.json'),
    JSON.stringify(resultOf(wholeRun((one) => ({ ...one, us: one.us * 2 })))),
  );
  assert.equal(lab(cwd, 'diff', 'lab.json', 'slow.json').status, 2);
  const graph = { entry: 'a', services: { a: {}, b: {} }, calls: [{ from: 'a', to: 'b' }] };
  writeFileSync(join(cwd, 'graph.json'), JSON.stringify(graph));
  const predicted = lab(cwd, 'predict', 'graph.json', 'lab.json', '-o', 'json');
  assert.equal(predicted.status, 0, predicted.err);
  assert.equal(JSON.parse(predicted.out).edges.length, 1);
  writeFileSync(join(cwd, 'lab.json'), '{}');
  const broken = lab(cwd, 'report', 'lab.json');
  assert.equal(broken.status, 65);
  assert.match(broken.err, /no result of the lab/);
});
