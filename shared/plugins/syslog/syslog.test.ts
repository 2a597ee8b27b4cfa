/** syslog and loggly: the message around the record, severities, what is left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import loggly from '../loggly/index.ts';
import { udpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness } from '../testkit.ts';
import syslog from './index.ts';

test('are Kong’s: priorities', () => {
  assert.deepEqual([syslog.priority, loggly.priority], [4, 6]);
});

test('syslog: an RFC 5424 message', async (t) => {
  const to = await udpReceiver(t);
  const harness = createPluginHarness(syslog, {
    host: '127.0.0.1',
    port: to.port,
    facility: 'local3',
    client_errors_severity: 'warning',
    server_errors_severity: 'err',
  });
  t.after(() => harness.close());
  for (const status of [200, 404, 503]) await harness.run({}, { status });
  const messages = await to.until(3);
  const head = (pri: number) =>
    `<${pri}>1 2026-01-01T00:00:00.000Z test-node kong ${process.pid} - - {"request":`;
  const facility = 19 * 8;
  for (const [at, severity] of [6, 4, 3].entries())
    assert.ok(messages[at]!.startsWith(head(facility + severity)), messages[at]!.slice(0, 100));
  assert.equal(JSON.parse(messages[0]!.slice(messages[0]!.indexOf('{'))).response.status, 200);
});

test('syslog: messages below log_level are not sent', async (t) => {
  const to = await udpReceiver(t);
  const harness = createPluginHarness(syslog, {
    host: '127.0.0.1',
    port: to.port,
    log_level: 'warning',
    server_errors_severity: 'crit',
  });
  t.after(() => harness.close());
  for (const status of [200, 404, 503]) await harness.run({}, { status });
  const [only] = await to.until(1);
  await harness.close();
  assert.ok(only!.startsWith('<10>1 '));
  assert.equal(to.got.length, 1);
});

test('loggly: token and tags', async (t) => {
  const to = await udpReceiver(t);
  const harness = createPluginHarness(loggly, {
    host: '127.0.0.1',
    port: to.port,
    key: 'k-1',
    tags: ['a', 'b c'],
  });
  t.after(() => harness.close());
  await harness.run();
  const [message] = await to.until(1);
  assert.ok(
    message!.startsWith(
      '<14>1 2026-01-01T00:00:00.000Z test-node kong - - [k-1@41058 tag="a" tag="b c"] {"request":',
    ),
    message!.slice(0, 120),
  );
});

test('what is wrong with a configuration', () => {
  assert.throws(() => createPluginHarness(loggly, {}), /config\.key: required field missing/);
  assert.throws(() => createPluginHarness(loggly, { key: 'a b' }), /no token has/);
  assert.throws(() => createPluginHarness(loggly, { key: 'a', tags: ['a"]'] }), /must not contain quotes/);
  assert.throws(() => createPluginHarness(syslog, { log_level: 'warn' }), /expected one of: emerg, alert/);
  assert.throws(() => createPluginHarness(syslog, { facility: 'x' }), /expected one of: kern/);
});
