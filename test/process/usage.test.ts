/** What the command line says about itself and about mistakes in how it is called. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { folder, kongFile, run } from './cardinal-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('the overview is short and lists every command; each command has help with examples', async () => {
  const { code, stdout } = await run([]);
  assert.equal(code, 0);
  assert.ok(stdout.split('\n').length < 40);
  assert.equal((await run(['help'])).stdout, stdout);
  assert.equal((await run(['--help'])).stdout, stdout);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1] as string);
  assert.deepEqual(commands, [
    'gateway',
    'microgateway',
    'validate',
    'diff',
    'apply',
    'dump',
    'token',
    'explain',
    'tap',
    'stats',
    'requests',
    'lab',
    'health',
    'version',
    'help',
  ]);
  for (const command of commands.slice(0, -1)) {
    const help = await run([command, '--help']);
    assert.equal(help.code, 0, command);
    const example = new RegExp(`^Examples\\n(?:.*\\n)*? .*cardinal ${command}`, 'm');
    assert.match(help.stdout, example);
    assert.match(help.stdout, /^Exit codes\n {4}0 {2}success/m);
    assert.equal((await run(['help', command])).stdout, help.stdout);
    assert.equal(help.stderr, '');
  }
});

test('help of a serving command shows default and environment name of a setting', async () => {
  const { stdout } = await run(['gateway', '--help']);
  assert.match(
    stdout,
    /--proxy-listen HOST:PORT\n {6}Addresses for client traffic\.\n {6}default 0\.0\.0\.0:8000; CARDINAL_PROXY_LISTEN\n/,
  );
  assert.ok(!stdout.includes('--outbound-listen'));
  assert.ok((await run(['microgateway', '-h'])).stdout.includes('--outbound-listen'));
});

test('unknown commands and flags: one message, a suggestion, 64, no stack trace', async () => {
  const cases: [string[], RegExp][] = [
    [['gatway'], /^error: unknown command gatway\n {2}= help: did you mean cardinal gateway\?\n/],
    [['--workers'], /^error: unknown flag --workers\n/],
    [
      ['gateway', '--worker', '2'],
      /^error: unknown flag --worker for cardinal gateway\n {2}= help: did you mean --workers\?\n/,
    ],
    [['gateway', '--workers', 'lots'], /^error: --workers: must be auto or a whole number/],
    [['validate'], /^error: an argument is missing\n/],
    [
      ['microgateway', '--to', 'http://127.0.0.1:1'],
      /^error: --service NAME \(or CARDINAL_SERVICE\) is missing\n/,
    ],
    [['microgateway', '--service', 'a'], /^error: --to URL \(or CARDINAL_TO\) is missing\n/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 64, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.ok(!/\n {4}at /.test(stderr), stderr);
  }
});

test('a wrong setting of the environment is named, with 78', async () => {
  const wrong = await run(['gateway'], { env: { CARDINAL_DRAIN_TIMEOUT: 'soon' } });
  assert.equal(wrong.code, 78);
  assert.match(
    wrong.stderr,
    /^error: CARDINAL_DRAIN_TIMEOUT: must be a duration .*\n {2}= help: the flag for it: --drain-timeout\n$/,
  );
  const unknown = await run(['gateway'], { env: { CARDINAL_PROXY_LISTN: '127.0.0.1:0' } });
  assert.equal(unknown.code, 78);
  assert.match(unknown.stderr, /did you mean CARDINAL_PROXY_LISTEN\?/);
  const plugin = await run(['gateway'], { env: { KONG_PLUGINS: 'bundled,key-auht' } });
  assert.equal(plugin.code, 78);
  assert.match(plugin.stderr, /there is no plugin 'key-auht'\n {2}= help: did you mean key-auth\?/);
});

test('the version, for people and for scripts', async () => {
  assert.match((await run(['version'])).stdout, /^cardinal \d+\.\d+\.\d+\n$/);
  const { version, node } = JSON.parse((await run(['version', '-o', 'json'])).stdout);
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal(node, process.versions.node);
});

test('npx cardinal and npm run cardinal run it', async () => {
  const execute = promisify(execFile);
  const npx = await execute('npx', ['cardinal', 'version'], { cwd: ROOT });
  assert.match(npx.stdout, /^cardinal \d/);
  const npm = await execute('npm', ['run', '-s', 'cardinal', '--', 'version'], { cwd: ROOT });
  assert.equal(npm.stdout, npx.stdout);
});

const OLD_NODE = '/usr/bin/node';
test('an older Node hands over to the pinned one, with arguments and exit code', {
  skip: !existsSync(OLD_NODE),
}, async () => {
  const entry = `${ROOT}bin/cardinal.js`;
  const { stdout } = await promisify(execFile)(OLD_NODE, [entry, 'version', '-o', 'json']);
  assert.equal(JSON.parse(stdout).node, process.versions.node);
  await assert.rejects(promisify(execFile)(OLD_NODE, [entry, 'gateway', '--nope']), { code: 64 });
});

test('validate: valid, invalid with places, unreadable', async (t) => {
  const cwd = await folder(t, {
    'good.json': kongFile('a', 'b'),
    'bad.yml':
      '_format_version: "3.0"\nservices:\n- name: a\n  url: http://h\n  routs: []\n- name: b\n  hst: x\n',
  });
  const good = await run(['validate', 'good.json'], { cwd });
  assert.equal(good.code, 0);
  assert.match(good.stdout, /^ok {2}good\.json is valid \(checked 4 entities in \d+ ms\)\n$/);

  const bad = await run(['validate', 'bad.yml'], { cwd });
  assert.equal(bad.code, 65);
  assert.match(bad.stdout, /^error\[CD\d+\]: unknown field `routs`/);
  assert.match(bad.stdout, /--> bad\.yml:5:3\n/);
  assert.match(bad.stdout, /5 \| {3}routs: \[\]\n {2}\| {3}\^{5}/);
  assert.match(bad.stdout, /\n\d errors in bad\.yml \(checked in \d+ ms\)\n$/);

  const json = JSON.parse((await run(['validate', 'bad.yml', '-o', 'json'], { cwd })).stdout);
  assert.equal(json.schemaVersion, 1);
  assert.equal(json.valid, false);
  assert.equal(json.findings[0].line, 5);

  const github = await run(['validate', 'bad.yml', '--format', 'github'], { cwd });
  assert.equal(github.code, 65);
  assert.match(github.stdout, /^::error file=bad\.yml,line=5,col=3,/);

  const missing = await run(['validate', 'none.yml'], { cwd });
  assert.equal(missing.code, 65);
  assert.match(missing.stdout, /cannot read none\.yml: no such file/);
});
