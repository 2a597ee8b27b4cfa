/** fault-injection: shares, headers, conditions, the bound. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import plugin from './index.ts';

const run = (config: Record<string, unknown>, headers = {}) =>
  createPluginHarness(plugin, config).run({ headers });

test('an abort: status and message', async () => {
  const { status, exit } = await run({ abort: { http_status: 503 } });
  assert.deepEqual([status, exit?.message], [503, 'fault filter abort']);
  assert.equal((await run({ abort: { http_status: 418, message: 'no tea' } })).exit?.message, 'no tea');
});

test('shares', async (t) => {
  const random = t.mock.method(Math, 'random', () => 0.4999);
  assert.equal((await run({ abort: { http_status: 503, percentage: 50 } })).status, 503);
  random.mock.mockImplementation(() => 0.5);
  assert.equal((await run({ abort: { http_status: 503, percentage: 50 } })).status, 200);
  random.mock.mockImplementation(() => 0);
  assert.equal((await run({ abort: { http_status: 503, percentage: 0 } })).status, 200);
});

test('headers say what to do, as far as they may', async (t) => {
  const random = t.mock.method(Math, 'random', () => 0.3);
  const config = { abort: { header_abort: true, percentage: 60 } };
  const asks = (status: string, share?: string) =>
    run(config, {
      'x-envoy-fault-abort-request': status,
      ...(share === undefined ? {} : { 'x-envoy-fault-abort-request-percentage': share }),
    });
  assert.equal((await asks('404')).status, 404);
  assert.equal((await asks('404', '20')).status, 200);
  for (const nonsense of ['', 'x', '-1', '99', '1e3'])
    assert.equal((await asks(nonsense)).status, 200, nonsense);
  assert.equal((await asks('99999')).status, 599);
  random.mock.mockImplementation(() => 0.7);
  assert.equal((await asks('404', '100')).status, 200, 'a header cannot raise the share');
  assert.equal(
    (await run({ abort: { http_status: 503 } }, { 'x-envoy-fault-abort-request': '404' })).status,
    503,
  );
});

test('only requests with all the headers', async () => {
  const config = { abort: { http_status: 503 }, headers: { 'x-chaos': 'yes', 'x-b': '1' } };
  assert.equal((await run(config, { 'X-Chaos': 'yes', 'X-B': '1' })).status, 503);
  assert.equal((await run(config, { 'X-Chaos': 'yes' })).status, 200);
  assert.equal((await run(config, { 'X-Chaos': 'no', 'X-B': '1' })).status, 200);
});

test('a delay: the request waits, and then goes on or fails; more than so many do not wait', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const harness = createPluginHarness(plugin, {
      delay: { fixed_delay: 100, header_delay: true },
      max_active_faults: 2,
    });
    const ended: string[] = [];
    const ask = (name: string, headers = {}) => void harness.run({ headers }).then(() => ended.push(name));
    ask('a');
    ask('b', { 'x-envoy-fault-delay-request': '300' });
    ask('c');
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    await settle();
    assert.deepEqual(ended, ['c']);
    mock.timers.tick(100);
    await settle();
    assert.deepEqual(ended, ['c', 'a']);
    mock.timers.tick(200);
    await settle();
    assert.deepEqual(ended, ['c', 'a', 'b']);
    const text = harness.metricsText();
    assert.match(text, /cardinal_faults_injected_total\{kind="delay"\} 2/);
    assert.match(text, /cardinal_faults_injected_total\{kind="overflow"\} 1/);
    const both = createPluginHarness(plugin, {
      delay: { fixed_delay: 5 },
      abort: { http_status: 500 },
    }).run();
    await settle();
    mock.timers.tick(5);
    assert.equal((await both).status, 500);
  } finally {
    mock.timers.reset();
  }
});

test('what is wrong with a configuration', () => {
  assert.throws(
    () => createPluginHarness(plugin, {}),
    /at least one of these fields must be non-empty: 'config\.delay', 'config\.abort'/,
  );
  assert.throws(() => createPluginHarness(plugin, { abort: { http_status: 100 } }), /between 200 and 599/);
  assert.throws(
    () => createPluginHarness(plugin, { delay: { fixed_delay: 600_001 } }),
    /between 0 and 600000/,
  );
});
