/** A gateway in the role data_plane: it serves what its control plane serves, and goes on without it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEcho } from '../harness/echo-server.ts';
import { eventually, fetchFrom, folder, run, serve } from '../process/cardinal-process.ts';

const LISTEN = [
  '--proxy-listen',
  '127.0.0.1:0',
  '--admin-listen',
  '127.0.0.1:0',
  '--status-listen',
  '127.0.0.1:0',
];

async function start(t: TestContext, cwd: string, args: readonly string[]) {
  const { process: cardinal, ready } = await serve(t, ['gateway', ...LISTEN, '--workers', '1', ...args], {
    cwd,
  });
  const [proxy, admin, status, cluster] = ['proxy', 'admin', 'status', 'cluster'].map(
    (name) => (ready[name] as string[])[0] as string,
  ) as [string, string, string, string];
  const send = (method: string, path: string, body?: object) =>
    fetchFrom(admin, path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { cardinal, proxy, status, cluster, send };
}

test('configured by its control plane, not by anybody else, and serving without it', async (t) => {
  const echo = await startEcho(t);
  const [planeFolder, dataFolder] = [await folder(t), await folder(t)];
  const plane = await start(t, planeFolder, ['--cluster-listen', '127.0.0.1:0', '--role', 'control_plane']);
  await plane.send('PUT', '/services/app', { url: `http://127.0.0.1:${echo.port}` });
  await plane.send('PUT', '/services/app/routes/app', { paths: ['/app'] });
  const token = await run(['token', 'create', '--role', 'gateway'], { cwd: planeFolder });
  assert.equal(token.code, 0, token.stderr);

  const url = `https://${plane.cluster}`;
  const joining = ['--role', 'data_plane', '--control-plane', url, '--token', token.stdout.trim()];
  const node = await start(t, dataFolder, joining);
  const answers = async (status: number, path: string) =>
    eventually(
      () => fetchFrom(node.proxy, path),
      (answer) => answer.status === status,
    );
  await answers(200, '/app');
  assert.equal((await fetchFrom(node.status, '/readyz')).status, 200);
  const [row] = (await plane.send('GET', '/_cardinal/nodes')).json.data;
  assert.deepEqual([row.role, row.service, row.state], ['gateway', null, 'current']);

  // Whoever reaches its Admin API looks, and changes nothing.
  assert.equal((await node.send('GET', '/services/app')).json.name, 'app');
  assert.equal((await node.send('PUT', '/services/other', { host: 'other' })).status, 405);
  const posted = await node.send('POST', '/config', { _format_version: '3.0' });
  assert.equal(posted.status, 400, posted.text);
  assert.equal((await fetchFrom(node.proxy, '/app')).status, 200);

  await plane.send('PUT', '/services/app/routes/app', { paths: ['/moved'] });
  await answers(200, '/moved');
  assert.equal((await fetchFrom(node.proxy, '/app')).status, 404);

  plane.cardinal.child.kill('SIGKILL');
  await plane.cardinal.finished;
  assert.equal((await fetchFrom(node.proxy, '/moved')).status, 200);
  node.cardinal.child.kill('SIGTERM');
  assert.equal((await node.cardinal.finished).code, 0);
  // No token: its identity and what it served are on disk.
  const again = await start(t, dataFolder, ['--role', 'data_plane', '--control-plane', url]);
  assert.equal((await fetchFrom(again.proxy, '/moved')).status, 200);
  const { json: sync } = await fetchFrom(again.status, '/status/sync');
  assert.deepEqual([sync.source, sync.connected], ['disk', false]);
});

test('settings of a data plane belong together: one message, 64', async (t) => {
  const cwd = await folder(t);
  for (const [args, message] of [
    [['--role', 'data_plane'], '--control-plane URL (or CARDINAL_CONTROL_PLANE) is missing'],
    [['--control-plane', 'https://127.0.0.1:1'], 'are for a gateway in the role data_plane'],
    [
      ['--role', 'data_plane', '--control-plane', 'https://127.0.0.1:1', '--store', 'memory'],
      'a data plane has no store of its own',
    ],
  ] as const) {
    const { code, stderr } = await run(['gateway', ...LISTEN, ...args], { cwd });
    assert.equal(code, 64, stderr);
    assert.ok(stderr.includes(message), stderr);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
  const micro = ['microgateway', '--service', 'a', '--to', 'http://127.0.0.1:9', '--calls', 'b'];
  const { code, stderr } = await run(micro, { cwd });
  assert.equal(code, 64, stderr);
  assert.match(stderr, /--calls/);
});
