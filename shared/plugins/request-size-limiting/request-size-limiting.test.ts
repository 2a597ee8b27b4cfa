/** request-size-limiting: units, both framings, expectations, requests without a length. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type TestRequest } from '../testkit.ts';
import plugin from './index.ts';

const run = (config: Record<string, unknown>, request: TestRequest = {}) =>
  createPluginHarness(plugin, config).run({ method: 'POST', ...request });
const length = (bytes: number, more = {}): TestRequest => ({
  headers: { 'Content-Length': String(bytes), ...more },
});

test('is Kong’s: priority and default', () => {
  assert.equal(plugin.priority, 951);
  assert.deepEqual(
    { ...createPluginHarness(plugin, {}).config },
    {
      allowed_payload_size: 128,
      size_unit: 'megabytes',
      require_content_length: false,
    },
  );
});

test('the units', async () => {
  for (const [size_unit, bytes] of [
    ['bytes', 1],
    ['kilobytes', 1024],
    ['megabytes', 1_048_576],
  ] as const) {
    const config = { allowed_payload_size: 3, size_unit };
    assert.equal((await run(config, length(3 * bytes))).status, 200, size_unit);
    const refused = await run(config, length(3 * bytes + 1));
    assert.deepEqual([refused.status, refused.exit?.message], [413, 'Request size limit exceeded']);
  }
});

test('a client that asks first hears 417', async () => {
  const config = { allowed_payload_size: 1, size_unit: 'bytes' };
  const refused = await run(config, length(2, { Expect: '100-Continue' }));
  assert.deepEqual([refused.status, refused.exit?.message], [417, 'Request size limit exceeded']);
});

test('chunked bodies are counted', async () => {
  const config = { allowed_payload_size: 4, size_unit: 'bytes', require_content_length: true };
  const chunked = { headers: { 'Transfer-Encoding': 'chunked' } };
  assert.equal((await run(config, { ...chunked, body: '1234' })).status, 200);
  const refused = await run(config, { ...chunked, body: '12345' });
  assert.deepEqual([refused.status, refused.exit?.message], [413, 'Request size limit exceeded']);
});

test('require_content_length', async () => {
  assert.equal((await run({}, {})).status, 200);
  const refused = await run({ require_content_length: true });
  assert.deepEqual(
    [refused.status, refused.exit?.message],
    [411, 'A valid Content-Length header is required'],
  );
});
