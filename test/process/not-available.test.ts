/** What is valid in Kong and not available here: the same answer from `validate`, a start and `POST /config`. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetchFrom, folder, run, serve } from './cardinal-process.ts';

const MESSAGE =
  'the policy cluster needs a database that requests write to, and there is none; use redis, which counts over all nodes, or local, which counts within one';
const FILE = `_format_version: "3.0"
plugins:
  - name: rate-limiting
    config:
      minute: 5
      policy: cluster
`;

test('policy: cluster is refused with its place, everywhere', async (t) => {
  const cwd = await folder(t, {
    'kong.yml': FILE,
    'local.yml': FILE.replace('policy: cluster', 'policy: local'),
  });
  const validated = await run(['validate', 'kong.yml', '-o', 'json'], { cwd });
  assert.equal(validated.code, 65, validated.stdout);
  const { findings } = JSON.parse(validated.stdout) as { findings: Record<string, unknown>[] };
  assert.equal(findings.length, 1);
  const { message, line, column, path } = findings[0]!;
  assert.ok(String(message).includes(MESSAGE), String(message));
  assert.deepEqual({ line, column, path }, { line: 6, column: 15, path: 'plugins[0].config.policy' });
  assert.equal((await run(['validate', 'local.yml'], { cwd })).code, 0);

  const off = ['--status-listen', 'off', '--workers', '1', '--proxy-listen', '127.0.0.1:0'];
  const started = await run(['gateway', ...off, '--admin-listen', 'off', '--config', 'kong.yml'], { cwd });
  assert.equal(started.code, 65);
  assert.match(started.stderr, /--> kong\.yml:6:15/);

  const { ready } = await serve(t, ['gateway', ...off, '--store', 'off', '--admin-listen', '127.0.0.1:0'], {
    cwd,
  });
  const posted = await fetchFrom((ready['admin'] as string[])[0], '/config', {
    method: 'POST',
    headers: { 'Content-Type': 'text/yaml' },
    body: FILE,
  });
  assert.equal(posted.status, 400);
  assert.deepEqual(posted.json.fields, { plugins: [{ config: { policy: MESSAGE } }] });
});

test('modules of pre-function are refused unless the setting allows them', async (t) => {
  const cwd = await folder(t, {
    'm.mjs': "export default { access: (exchange) => exchange.exit(200, 'from the module') };",
  });
  await writeFile(
    join(cwd, 'kong.yml'),
    `_format_version: "3.0"
plugins: [{ name: pre-function, config: { module: ${cwd}/m.mjs } }]
services: [{ name: s, url: "http://127.0.0.1:1", routes: [{ paths: [/] }] }]
`,
  );
  const refused = await run(['validate', 'kong.yml'], { cwd });
  assert.equal(refused.code, 65);
  assert.match(
    refused.stdout + refused.stderr,
    /running modules is switched off; the setting function_modules/,
  );
  const args = [
    '--status-listen',
    'off',
    '--admin-listen',
    'off',
    '--workers',
    '1',
    '--proxy-listen',
    '127.0.0.1:0',
  ];
  const { ready } = await serve(t, ['gateway', ...args, '--function-modules', '--config', 'kong.yml'], {
    cwd,
  });
  assert.equal((await fetchFrom((ready['proxy'] as string[])[0], '/')).text, 'from the module');
});
