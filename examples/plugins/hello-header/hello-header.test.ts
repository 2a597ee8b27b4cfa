/** The example, tested the way a user's plugin would be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdk } from '@cardinal/shared/plugin-sdk';
import { createPluginHarness } from '@cardinal/shared/plugin-testkit';
import makePlugin from './index.ts';

const hello = makePlugin(sdk);

test('greets the consumer upstream and the client', async () => {
  const harness = createPluginHarness(hello, { greeting: 'Good day,' }, { consumers: [{ username: 'ann' }] });
  const result = await harness.run({ consumer: harness.consumers[0]! });
  assert.equal(result.upstream!.headers['x-hello'], 'Good day, ann');
  assert.equal(result.headers['x-hello'], 'Good day, ann');
  assert.match(harness.metricsText(), /^hello_header_total 1$/m);
});

test('a request without a consumer is a stranger’s; another header; silent to the client', async () => {
  const harness = createPluginHarness(hello, { header: 'X-Greeting', respond: false });
  const result = await harness.run();
  assert.equal(result.upstream!.headers['x-greeting'], 'Hello stranger');
  assert.equal(result.headers['x-greeting'], undefined);
});
