/** decK's way with the Admin API: nothing is left to do after a sync, over the express application and a process. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { bench } from '../../gateway/admin/test/fixture.ts';
import { folder, serve } from '../process/cardinal-process.ts';
import { DeckClient } from './deck-client.ts';
import { changedState, wantedState } from './deck-state.ts';

async function check(client: DeckClient, withTestPlugins: boolean): Promise<void> {
  const wanted = wantedState(withTestPlugins);
  const entities = Object.values(wanted).reduce((sum, list) => sum + list.length, 0);
  assert.equal(await client.sync(wanted), entities);
  assert.deepEqual(await client.differences(wanted), []);
  assert.equal(await client.sync(wanted), 0);
  const changed = changedState(wanted);
  assert.equal(await client.sync(changed), 3);
  assert.deepEqual(await client.differences(changed), []);
  assert.equal(await client.sync({ ...changed, routes: [], plugins: [] }), 24 + 18);
}

test('a sync leaves nothing to do', async (t) => {
  const { app } = bench();
  const server = createServer(app).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  await check(new DeckClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), true);
});

test('the same with a gateway that stores and serves what it is told', async (t) => {
  const cwd = await folder(t);
  const listen = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--status-listen', 'off'];
  const { ready } = await serve(t, ['gateway', ...listen, '--workers', '2'], { cwd });
  await check(new DeckClient(`http://${String((ready['admin'] as string[])[0])}`), false);
});
