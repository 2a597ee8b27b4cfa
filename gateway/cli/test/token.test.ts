/** cardinal token: on the store itself, and through an Admin API. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseJoinToken } from '../../../shared/sync/join-token.ts';
import { harness } from '../../admin/access/test/harness.ts';
import { AdminTokens } from '../../admin/access/tokens.ts';
import { openStore } from '../../store/open.ts';
import { command } from '../token-command.ts';
import { folder, run } from './cli.ts';

const token = (argv: readonly string[], cwd?: string, env: Record<string, string> = {}) =>
  run(['token', ...argv], env, cwd, { token: command });

test('create, list and revoke in the store of a data directory', async (t) => {
  const { path } = await folder(t);
  const second = await token(['create', '--role', 'read', '-o', 'json'], path);
  const document = JSON.parse(second.out);
  assert.deepEqual([document.schemaVersion, document.role, document.expires_at], [1, 'read', null]);
  const made = await token(['create', '--role', 'admin', '--name', 'ada', '--expires', '30d'], path);
  assert.equal(made.code, 0, made.err);
  const text = made.out.trim();
  assert.match(text, /^cat1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{43}$/);
  assert.match(
    made.err,
    /^ok {2}admin token ada with the id [0-9a-f]{16} in .*\.cardinal\/cardinal\.db; it expires 20/,
  );
  assert.ok(!made.err.includes(text));
  const store = await openStore(`sqlite:${join(path, '.cardinal/cardinal.db')}`);
  t.after(() => store.close());
  const known = await new AdminTokens(store).verify(text);
  assert.deepEqual([known?.name, known?.role, known?.createdBy], ['ada', 'admin', 'cardinal token']);

  const list = await token(['list'], path);
  assert.equal(list.out.trimEnd().split('\n').length, 3);
  assert.match(list.out, /^ID +ROLE +FOR +EXPIRES +USED\n/);
  assert.match(
    list.out,
    new RegExp(`^${known?.id} +admin +ada +20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\dZ +not yet$`, 'm'),
  );
  assert.ok(!list.out.includes(text.split('.')[2] as string));
  assert.deepEqual(JSON.parse((await token(['list', '-o', 'json'], path)).out).data.length, 2);

  // At the store the last administrator can go as well.
  assert.equal((await token(['revoke', known?.id as string], path)).code, 0);
  const gone = await token(['revoke', known?.id as string], path);
  assert.equal(gone.code, 1);
  assert.match(gone.err, /^error: there is no token with the id [0-9a-f]{16} in /);
});

test('the store: flag, environment, data directory, beside a configuration file', async (t) => {
  const { path } = await folder(t);
  const create = ['create', '--role', 'admin'];
  const count = async (location: string) => {
    const store = await openStore(`sqlite:${join(path, location)}`);
    const { length } = await store.documents('admin_token');
    await store.close();
    return length;
  };
  for (const [argv, env, file] of [
    [['--store', 'sqlite:own.db'], {}, 'own.db'],
    [[], { CARDINAL_STORE: 'sqlite:env.db' }, 'env.db'],
    [['--data-dir', 'data'], {}, 'data/cardinal.db'],
    [['--config', 'kong.yml'], { CARDINAL_DATA_DIR: 'beside' }, 'beside/cardinal.db'],
    [['--store', 'off', '--data-dir', 'off'], {}, 'off/cardinal.db'],
  ] as const) {
    const said = await token([...create, ...argv], path, env as Record<string, string>);
    assert.equal(said.code, 0, said.err);
    assert.equal(await count(file), 1, file);
  }
  const memory = await token([...create, '--store', 'memory'], path);
  assert.equal(memory.code, 64);
  assert.match(
    memory.err,
    /known to its own process alone\n {2}= help: through the running gateway: --admin-url/,
  );
  const broken = await token([...create, '--store', 'sqlite:own.db/x'], path);
  assert.equal(broken.code, 65);
  assert.match(broken.err, /^error: the store cannot be used: /);
});

test('tokens with which data planes join', async (t) => {
  const { path } = await folder(t);
  const argv = [
    'create',
    '--role',
    'microgateway',
    '--service',
    'orders',
    '--calls',
    'payments, catalog',
    '--uses',
    '1',
  ];
  const made = await token([...argv, '--expires', '1h'], path);
  assert.equal(made.code, 0, made.err);
  const parsed = parseJoinToken(made.out);
  assert.ok(parsed !== undefined);
  await token(['create', '--role', 'gateway', '--calls', '*'], path);
  const { data } = JSON.parse((await token(['list', '-o', 'json'], path)).out);
  const own = data.find((one: { id: string }) => one.id === parsed.claims.id);
  assert.deepEqual([own.service, own.calls, own.uses_left], ['orders', ['payments', 'catalog'], 1]);
  const list = await token(['list'], path);
  assert.match(list.out, /microgateway {2}orders, calls payments,catalog +20\S+ +1 left\n/);
  assert.match(list.out, /gateway {7}any service, calls \* +never +any number\n/);
  assert.equal((await token(['revoke', parsed.claims.id], path)).code, 0);
  assert.match((await token(['list'], path)).out, /orders, calls payments,catalog {2}over/);
});

test('through a running Admin API, with its rules', async (t) => {
  const h = await harness(t);
  const { text, token: first } = await h.token('admin');
  const there = ['--admin-url', `http://${h.address}`];
  const env = { CARDINAL_ADMIN_TOKEN: text };
  const made = await token(['create', '--role', 'write', '--name', 'ci', ...there], undefined, env);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^cat1\./);
  const list = await token(['list', ...there], undefined, env);
  assert.match(list.out, /write +ci +never +not yet/);
  const last = await token(['revoke', first.id, ...there], undefined, env);
  assert.equal(last.code, 1);
  assert.match(last.err, /^error: it is the last token with the role admin/);
  const missing = await token(['revoke', 'nothing', ...there], undefined, env);
  assert.match(missing.err, /^error: there is no token with the id nothing/);
  const stranger = await token(['list', ...there]);
  assert.equal(stranger.code, 1);
  assert.match(stranger.err, /does not let us in/);
  const writer = await token(['list', ...there, '--admin-token', made.out.trim()]);
  assert.match(writer.err, /^error: this needs the role admin; the token has the role write/);
});

test('what is wrong with a call is said before anything is opened', async (t) => {
  const { path } = await folder(t);
  for (const [argv, message] of [
    [[], /an argument is missing/],
    [['make'], /there are create, list and revoke/],
    [['create'], /--role ROLE is missing/],
    [['create', '--role', 'root'], /--role must be one of read, write, admin, microgateway, gateway/],
    [['create', '--role', 'read', '--service', 'x'], /a token with the role read has no --service/],
    [['create', '--role', 'gateway', '--name', 'x'], /a token with the role gateway has no --name/],
    [['create', '--role', 'read', '--expires', 'soon'], /--expires must be like 12h/],
    [['create', '--role', 'gateway', '--uses', '0'], /--uses must be a whole number/],
    [['create', '--role', 'read', 'extra'], /unexpected argument 'extra'/],
    [['revoke'], /needs an ID/],
    [['list', '--role', 'read'], /--role is for cardinal token create/],
    [['list', '--store', 'memory', '--admin-url', 'http://127.0.0.1:1'], /--store and --admin-url exclude/],
  ] as const) {
    const said = await token(argv, path);
    assert.equal(said.code, 64, said.err);
    assert.match(said.err, message);
    assert.equal(said.out, '');
  }
});
