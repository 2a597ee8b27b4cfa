/** udp-log: one datagram for each request, and records that are longer than one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { udpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness } from '../testkit.ts';
import udpLog from './index.ts';

test('is Kong’s: priority', () => {
  assert.equal(udpLog.priority, 8);
});

test('a datagram for each request; a record that is too long is counted', async (t) => {
  const to = await udpReceiver(t);
  const harness = createPluginHarness(udpLog, { host: '127.0.0.1', port: to.port });
  t.after(() => harness.close());
  await harness.run({ path: '/1' });
  await harness.run({ headers: { 'X-Long': 'x'.repeat(70_000) } });
  await harness.run({ path: '/3' });
  const uris = (await to.until(2)).map((text) => JSON.parse(text).request.uri);
  assert.deepEqual(uris, ['/1', '/3']);
  await harness.close();
  assert.match(harness.metricsText(), /dropped_entries_total\{plugin="udp-log",reason="too_long"\} 1/);
});

test('a name that does not resolve costs records, not requests', async () => {
  const harness = createPluginHarness(udpLog, { host: 'nowhere.invalid', port: 9 });
  assert.equal((await harness.run()).status, 200);
  await harness.close();
  assert.match(harness.metricsText(), /plugin="udp-log",reason="delivery_failed"\} 1/);
});
