/** A microgateway process and the control plane of the gateway: what one says the other understands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configured, SHOP, start } from '../../gateway/control-plane/test/running.ts';
import { eventually, fetchFrom, folder } from '../process/cardinal-process.ts';
import { application, startMicrogateway } from './fixture.ts';

test('joined, scoped, changed, refused, resumed', async (t) => {
  const plane = await start(t, { yaml: SHOP });
  const token = await plane.token({ role: 'microgateway', service: 'orders', calls: ['users'] });
  const url = `https://127.0.0.1:${plane.port}`;
  const cwd = await folder(t);
  const node = await startMicrogateway(t, { url, token }, await application(t), {
    cwd,
    args: ['--calls', 'users,secret'],
  });
  const only = async () => (await plane.controlPlane.nodes())[0] as Record<string, unknown>;
  const shown = await eventually(only, (row) => row?.['generation'] === 2);
  assert.equal(shown['sync_status'] ?? shown['syncStatus'], 'normal');
  assert.equal(await node.ask('key-of-alice'), 200);
  assert.equal(await node.ask('nobody'), 401);
  const sync = await node.sync();
  assert.equal(sync.source, 'live');
  assert.deepEqual(sync.refusedCalls, ['secret']);
  assert.equal(sync.hash, plane.source.served.configuration.hash);

  plane.source.serve(await configured(SHOP.replace('key-of-alice', 'new-key-of-alice')));
  await eventually(
    () => node.ask('new-key-of-alice'),
    (status) => status === 200,
  );
  assert.equal(await node.ask('key-of-alice'), 401);

  // The service it stands beside is gone: the edge would say 404, and so does the node.
  plane.source.serve(await configured(SHOP.replaceAll('orders', 'purchases')));
  await eventually(
    () => node.ask('new-key-of-alice'),
    (status) => status === 404,
  );
  const back = plane.source.serve(await configured(SHOP.replace('key-of-alice', 'new-key-of-alice')));
  await eventually(
    () => node.sync(),
    (answer) => answer.generation === back,
  );
  assert.equal(await node.ask('new-key-of-alice'), 200);
  node.cardinal.child.kill('SIGHUP');
  await eventually(
    async () =>
      node.cardinal.logLines().filter(({ message }) => message === 'connected to the control plane'),
    (lines) => lines.length === 2,
  );
  await eventually(
    () => node.sync(),
    (answer) => answer.connected && answer.stale === false,
  );
  await plane.controlPlane.close();
  await eventually(
    () => node.sync(),
    (answer) => answer.connected === false,
  );
  assert.equal(await node.ask('new-key-of-alice'), 200);
  assert.equal((await fetchFrom(node.status, '/readyz')).status, 200);
});
