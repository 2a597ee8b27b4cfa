/** Files and a running gateway together: cardinal apply, diff and dump as real processes. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fetchFrom, folder, kongFile, run, serve } from './cardinal-process.ts';

async function gateway(t: TestContext, cwd: string, ...more: string[]) {
  const names = ['proxy', 'admin', 'status'];
  const listen = names.flatMap((name) => [`--${name}-listen`, '127.0.0.1:0']);
  const args = ['gateway', ...listen, '--cluster-listen', 'off', '--workers', '1', ...more];
  const { ready } = await serve(t, args, { cwd });
  return { admin: (ready['admin'] as string[])[0], proxy: (ready['proxy'] as string[])[0] };
}

test('apply then diff, dump then diff, say nothing; what was applied is served', async (t) => {
  const cwd = await folder(t, {
    'kong.json': kongFile('orders', 'payments'),
    'less.json': kongFile('orders'),
  });
  const g = await gateway(t, cwd);
  const env = { CARDINAL_ADMIN_URL: `http://${g.admin}` };
  const command = (...args: string[]) => run(args, { cwd, env });
  const applied = await command('apply', 'kong.json');
  assert.equal(applied.code, 0, applied.stderr);
  assert.match(applied.stderr, /ok {2}created 4, changed 0, deleted 0/);
  assert.equal((await fetchFrom(g.proxy, '/orders')).status, 502);
  const clean = await command('diff', 'kong.json', '--non-zero-exit-code');
  assert.equal(clean.code, 0, clean.stdout);
  assert.equal((await command('dump', '-o', 'dump.yml')).code, 0);
  assert.equal((await command('diff', 'dump.yml', '--non-zero-exit-code')).code, 0);

  assert.equal((await command('diff', 'less.json', '--non-zero-exit-code')).code, 2);
  assert.equal((await command('apply', 'less.json')).code, 0);
  assert.equal((await fetchFrom(g.proxy, '/payments')).status, 404);
  await writeFile(join(cwd, 'wrong.json'), kongFile('orders').replace('"url"', '"urll"'));
  assert.equal((await command('apply', 'wrong.json')).code, 65);
});

test('a gateway with a configuration file can be compared, and says why it takes no changes', async (t) => {
  const cwd = await folder(t, { 'kong.json': kongFile('orders') });
  const g = await gateway(t, cwd, '--config', 'kong.json');
  const env = { CARDINAL_ADMIN_URL: `http://${g.admin}` };
  assert.equal((await run(['diff', 'kong.json', '--non-zero-exit-code'], { cwd, env })).code, 0);
  const applied = await run(['apply', 'kong.json'], { cwd, env });
  assert.equal(applied.code, 1);
  assert.match(applied.stderr, /takes its configuration from a file, not entity by entity/);
});
