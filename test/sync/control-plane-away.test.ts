/** What a microgateway promises for when its control plane is away: nobody who was known notices. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KeepAliveLoad } from '../harness/keep-alive-load.ts';
import { eventually, fetchFrom, folder } from '../process/cardinal-process.ts';
import { FakeControlPlane } from './fake-control-plane.ts';
import { application, ordersConfiguration, startMicrogateway } from './fixture.ts';

test('joined, configured, reported; then the control plane is killed under load: no request fails', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  const cwd = await folder(t);
  const node = await startMicrogateway(t, plane, await application(t), { cwd });
  const ack = await plane.frame('ack');
  assert.equal(ack.digest, plane.newest?.manifest.digest);
  assert.equal(await node.ask('ann-key'), 200);
  assert.equal(await node.ask('eve-key'), 401);
  const live = await node.sync();
  assert.equal(live.connected, true);
  assert.equal(live.source, 'live');
  assert.equal(live.generation, 1);
  assert.equal(live.perClass.routes.state, 'fresh');
  assert.equal(live.canRunOfflineUntil, null);
  assert.equal((await fetchFrom(node.status, '/status')).json.sync.digest, ack.digest);

  const port = Number(node.inbound.split(':')[1]);
  const load = new KeepAliveLoad(
    port,
    4,
    'GET /orders HTTP/1.1\r\nHost: a\r\napikey: ann-key\r\n\r\n',
    (text) => (text.startsWith('HTTP/1.1 200') ? undefined : text.slice(0, 100)),
  );
  await eventually(
    async () => load.requests,
    (count) => count > 200,
  );
  await plane.stop();
  const away = await eventually(
    () => node.sync(),
    (sync) => sync.connected === false && sync.lastError !== null,
  );
  assert.equal(away.source, 'live');
  const until = load.requests + 500;
  await eventually(
    async () => load.requests,
    (count) => count > until,
  );
  const { failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.equal(await node.ask('eve-key'), 401);
  assert.equal((await fetchFrom(node.status, '/readyz')).status, 200);
  const metrics = (await fetchFrom(node.status, '/metrics')).text;
  assert.match(metrics, /^cardinal_sync_connected 0$/m);
  assert.match(metrics, /^cardinal_sync_generation 1$/m);

  await plane.listen();
  node.cardinal.child.kill('SIGHUP');
  await eventually(
    () => node.sync(),
    (sync) => sync.connected === true,
  );
  assert.equal(plane.joins, 1, 'the certificate is used again');
  const hellos = plane.frames.filter((frame) => frame.type === 'hello');
  assert.deepEqual(hellos.at(-1)?.have, { generation: 1, digest: ack.digest });
  node.cardinal.child.kill('SIGTERM');
  assert.equal((await node.cardinal.finished).code, 0);
});

test('started again while the control plane is away: served from disk, with the policies that were sent', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  const cwd = await folder(t);
  const to = await application(t);
  const first = await startMicrogateway(t, plane, to, { cwd });
  await plane.frame('ack');
  first.cardinal.child.kill('SIGKILL');
  await first.cardinal.finished;
  await plane.stop();

  const again = await startMicrogateway(t, plane, to, { cwd, token: '' });
  assert.equal(await again.ask('ann-key'), 200);
  assert.equal(await again.ask('eve-key'), 401);
  assert.equal((await fetchFrom(again.status, '/readyz')).status, 200);
  const sync = await eventually(
    () => again.sync(),
    (answer) => answer.lastError !== null,
  );
  assert.equal(sync.source, 'disk');
  assert.equal(sync.stale, sync.perClass.routes.state !== 'fresh');
  assert.equal(sync.connected, false);
  assert.equal(sync.generation, 1);

  const folderOf = join(cwd, '.cardinal');
  for (const name of ['identity.json', 'node.id', 'generations/000000000001.generation'])
    assert.equal((await stat(join(folderOf, name))).mode & 0o777, 0o600, name);
  for (const name of ['', 'generations'])
    assert.equal((await stat(join(folderOf, name))).mode & 0o777, 0o700, name);

  await plane.listen();
  again.cardinal.child.kill('SIGHUP');
  await eventually(
    () => again.sync(),
    (answer) => answer.source === 'live',
  );
  assert.equal(plane.joins, 1);
  assert.deepEqual(await readdir(join(folderOf, 'generations')), ['000000000001.generation']);
});

test('the newest generation on disk is broken: the one before it is served, and counted', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration({ path: '/old' }));
  const cwd = await folder(t);
  const to = await application(t);
  const first = await startMicrogateway(t, plane, to, { cwd });
  await plane.frame('ack');
  plane.publish(await ordersConfiguration({ path: '/new' }));
  await plane.frame('ack', 0, ({ generation }) => generation === 2);
  assert.equal(await first.ask('ann-key', '/new'), 200);
  first.cardinal.child.kill('SIGKILL');
  await first.cardinal.finished;
  await plane.stop();
  const newest = join(cwd, '.cardinal/generations/000000000002.generation');
  const text = await readFile(newest, 'utf8');
  await writeFile(newest, text.replace('"/new"', '"/own"'));

  const again = await startMicrogateway(t, plane, to, { cwd, token: '' });
  assert.equal(await again.ask('ann-key', '/old'), 200);
  assert.equal(await again.ask('ann-key', '/own'), 404);
  const line = await again.cardinal.line('a generation on disk cannot be used');
  assert.match(String(line['reason']), /digest/);
  assert.match((await fetchFrom(again.status, '/metrics')).text, /^cardinal_sync_disk_fallbacks_total 1$/m);
});

test('nothing on disk and no control plane: not ready, with the reason, until it answers', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  await plane.stop();
  const node = await startMicrogateway(t, plane, await application(t), { cwd: await folder(t) });
  const answer = await eventually(
    () => fetchFrom(node.status, '/readyz'),
    ({ json }) => json.reasons?.[0]?.message.includes('ECONNREFUSED'),
  );
  assert.equal(answer.status, 503);
  assert.equal(answer.json.reasons[0].reason, 'no_configuration');
  assert.equal((await fetchFrom(node.status, '/livez')).status, 200);
  assert.equal(await node.ask('ann-key'), 503);
  await plane.listen();
  node.cardinal.child.kill('SIGHUP');
  await eventually(
    () => fetchFrom(node.status, '/readyz'),
    ({ status }) => status === 200,
  );
  assert.equal(await node.ask('ann-key'), 200);
});

test('a file beside a control plane serves while there is nothing else', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration({ path: '/sent' }));
  await plane.stop();
  const cwd = await folder(t, {
    'kong.json': JSON.stringify({
      _format_version: '3.0',
      services: [
        {
          name: 'orders',
          url: 'http://orders.internal',
          routes: [{ name: 'orders', paths: ['/bundled'], strip_path: false }],
        },
      ],
    }),
  });
  const to = await application(t);
  const node = await startMicrogateway(t, plane, to, { cwd, args: ['--config', 'kong.json'] });
  assert.equal(await node.ask('x', '/bundled'), 200);
  assert.equal((await node.sync()).source, 'bundle');
  await plane.listen();
  node.cardinal.child.kill('SIGHUP');
  await eventually(
    () => node.ask('ann-key', '/sent'),
    (status) => status === 200,
  );
  assert.equal(await node.ask('x', '/bundled'), 404);
});
