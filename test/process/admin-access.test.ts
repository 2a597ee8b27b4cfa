/** Tokens and a running gateway together: cardinal token and cardinal gateway as real processes on one store. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, fetchFrom, folder, run, serve } from './cardinal-process.ts';

test('a token opens the Admin API to other machines, and closes it to those who have none', async (t) => {
  const cwd = await folder(t);
  const listen = [
    '--proxy-listen',
    '127.0.0.1:0',
    '--status-listen',
    '127.0.0.1:0',
    '--cluster-listen',
    'off',
    '--admin-listen',
    '0.0.0.0:0',
  ];
  const refused = await run(['gateway', ...listen], { cwd });
  assert.equal(refused.code, 78);
  assert.match(refused.stderr, /or let it ask for a token: cardinal token create --role admin/);

  const made = await run(['token', 'create', '--role', 'admin', '--name', 'ada'], { cwd });
  assert.equal(made.code, 0, made.stderr);
  const admin = made.stdout.trim();
  const { process: cardinal, ready } = await serve(t, ['gateway', ...listen, '--workers', '1'], { cwd });
  const address = `127.0.0.1:${String((ready['admin'] as string[])[0])
    .split(':')
    .pop()}`;
  const ask = (
    token: string | undefined,
    options: { method?: string; headers?: Record<string, string> } = {},
  ) =>
    fetchFrom(address, options.method === undefined ? '/status' : '/_cardinal/tokens', {
      ...options,
      headers: { ...options.headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    });
  assert.equal((await ask(undefined)).status, 401);
  assert.equal((await ask(admin)).status, 200);
  assert.equal((await ask(admin, { headers: { Host: 'evil.example' } })).status, 403);

  // What another process changes in the store counts here within a second.
  const reader = await run(['token', 'create', '--role', 'read', '-o', 'json'], { cwd });
  const { id, token } = JSON.parse(reader.stdout);
  await eventually(
    () => ask(token),
    (answer) => answer.status === 200,
  );
  assert.equal((await ask(token, { method: 'POST' })).status, 403);
  assert.equal((await run(['token', 'revoke', id], { cwd })).code, 0);
  await eventually(
    () => ask(token),
    (answer) => answer.status === 401,
  );

  const env = { CARDINAL_ADMIN_TOKEN: admin };
  const there = ['--admin-url', `http://${address}`];
  const over = await run(['token', 'create', '--role', 'write', '--name', 'ci', ...there], { cwd, env });
  assert.equal(over.code, 0, over.stderr);
  assert.match((await run(['token', 'list'], { cwd })).stdout, /write +ci +never/);

  cardinal.child.kill('SIGTERM');
  assert.equal((await cardinal.finished).code, 0);
  const log = join(cwd, '.cardinal/audit.log');
  assert.equal((await stat(log)).mode & 0o777, 0o600);
  const text = await readFile(log, 'utf8');
  assert.match(text, /"event":"token_created","actor":"ada".*"status":201/);
  for (const secret of [admin, token, over.stdout.trim()]) {
    assert.ok(!text.includes(secret.split('.')[2]));
    assert.ok(!cardinal.stderr.includes(secret.split('.')[2]));
  }
});
