/** Where the Admin API is, as whom it is asked, and what is said when that does not work. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, run, schemas } from './cli.ts';
import { fakeAdminApi } from './fake-admin-api.ts';

test('the address and the token: flag, then environment', async (t) => {
  const api = await fakeAdminApi(t, schemas);
  const asked = async (argv: string[], env: Record<string, string>) => {
    const said = await run(['dump', ...argv], env);
    assert.equal(said.code, 0, said.err);
    return api.headers.authorization;
  };
  assert.equal(await asked(['--admin-url', api.url], {}), undefined);
  assert.equal(
    await asked([], { CARDINAL_ADMIN_URL: api.url, CARDINAL_ADMIN_TOKEN: 'from-env' }),
    'Bearer from-env',
  );
  assert.equal(await asked([], { KONG_ADMIN_URL: `${api.url}/`, CARDINAL_ADMIN_TOKEN: ' ' }), undefined);
  assert.equal(
    await asked(['--admin-url', api.url, '--admin-token', 'flag'], {
      CARDINAL_ADMIN_URL: 'http://127.0.0.1:1',
      CARDINAL_ADMIN_TOKEN: 'env',
    }),
    'Bearer flag',
  );
});

test('what is no address, and what holds credentials', async () => {
  for (const url of ['nonsense', 'ftp://127.0.0.1', '127.0.0.1:8001']) {
    const { code, err } = await run(['dump', '--admin-url', url]);
    assert.equal(code, 64);
    assert.match(err, /^error: --admin-url: not an address like http:\/\/127\.0\.0\.1:8001\n/);
  }
  const { code, err } = await run(['dump'], { CARDINAL_ADMIN_URL: 'http://me:hidden@127.0.0.1' });
  assert.equal(code, 64);
  assert.match(err, /CARDINAL_ADMIN_URL: an address holds no credentials/);
  assert.ok(!err.includes('hidden'));
});

test('nobody listens, nobody speaks, somebody else answers', async (t) => {
  const tcp = createTcpServer();
  await new Promise<void>((resolve) => tcp.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = tcp.address() as AddressInfo;
  await new Promise((resolve) => tcp.close(resolve));
  const refused = await run(['dump', '--admin-url', `http://127.0.0.1:${port}`]);
  assert.equal(refused.code, 69);
  assert.match(
    refused.err,
    /^error: cannot reach the Admin API at http:\/\/127\.0\.0\.1:\d+ \(--admin-url\): nothing listens there\n {2}= help: is it running\? cardinal gateway\n/,
  );

  const page = createServer((_request, response) => response.end('<html>'));
  await new Promise<void>((resolve) => page.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(() => page.close());
  const other = await run([
    'dump',
    '--admin-url',
    `http://127.0.0.1:${(page.address() as AddressInfo).port}`,
  ]);
  assert.equal(other.code, 1);
  assert.match(other.err, /answers, but not like an Admin API/);
  page.closeAllConnections();
});

test('no token, too weak a token', async (t) => {
  const api = await fakeAdminApi(t, schemas);
  api.intercept = () => ({ status: 401, body: { message: 'the Admin API asks for a token' } });
  const none = await run(['dump', '--admin-url', api.url]);
  assert.equal(none.code, 1);
  assert.match(
    none.err,
    /does not let us in: the Admin API asks for a token\n {2}= help: CARDINAL_ADMIN_TOKEN or --admin-token/,
  );
  api.intercept = () => ({ status: 403, body: { message: 'this needs the role read' } });
  const weak = await run(['dump', '--admin-url', api.url]);
  assert.equal(weak.code, 1);
  assert.match(weak.err, /^error: GET \/\w+: this needs the role read/);
});

test('dump overwrites a file only when it is told to', async (t) => {
  const api = await fakeAdminApi(t, schemas);
  const files = await folder(t);
  const path = join(files.path, 'kong.yml');
  await writeFile(path, 'mine');
  const refused = await run(['dump', '-o', 'kong.yml', '--admin-url', api.url], {}, files.path);
  assert.equal(refused.code, 64);
  assert.match(refused.err, /^error: kong\.yml is there already\n {2}= help: overwrite it: --yes\n/);
  assert.equal(await readFile(path, 'utf8'), 'mine');
  assert.deepEqual(api.requests, []);
  const written = await run(['dump', '-o', 'kong.yml', '--yes', '--admin-url', api.url], {}, files.path);
  assert.equal(written.code, 0);
  assert.equal(written.out, '');
  assert.equal(await readFile(path, 'utf8'), '_format_version: "3.0"\n');
  await mkdir(join(files.path, 'folder'));
  const folderRefused = await run(['dump', '-o', 'folder', '--yes', '--admin-url', api.url], {}, files.path);
  assert.equal(folderRefused.code, 1);
  assert.match(folderRefused.err, /^error: cannot write folder: /);
});
