/** tcp-log: lines, connections that are kept and that break, TLS that is not there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tcpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness } from '../testkit.ts';
import tcpLog from './index.ts';

test('is Kong’s: priority', () => {
  assert.equal(tcpLog.priority, 7);
});

test('a line for each request, over one connection', async (t) => {
  const to = await tcpReceiver(t);
  const harness = createPluginHarness(tcpLog, { host: '127.0.0.1', port: to.port });
  t.after(() => harness.close());
  await harness.run({ path: '/1' });
  await to.until(1);
  await harness.run({ path: '/2' });
  const uris = (await to.until(2)).map((line) => JSON.parse(line).request.uri);
  assert.deepEqual(uris, ['/1', '/2']);
  assert.equal(to.connections.length, 1);
});

test('a connection that broke is made again', async (t) => {
  const to = await tcpReceiver(t);
  const harness = createPluginHarness(tcpLog, { host: '127.0.0.1', port: to.port });
  t.after(() => harness.close());
  await harness.run({ path: '/1' });
  await to.until(1);
  to.connections[0]!.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await harness.run({ path: '/2' });
  await to.until(2);
  assert.equal(to.connections.length, 2);
});

test('a server without TLS when TLS is asked for', async (t) => {
  const to = await tcpReceiver(t);
  const harness = createPluginHarness(tcpLog, { host: '127.0.0.1', port: to.port, tls: true, timeout: 30 });
  assert.equal((await harness.run()).status, 200);
  await harness.close();
  assert.match(harness.metricsText(), /dropped_entries_total\{plugin="tcp-log",reason="delivery_failed"\} 1/);
});
