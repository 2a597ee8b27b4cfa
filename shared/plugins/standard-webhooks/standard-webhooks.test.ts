/** standard-webhooks: genuine messages, and every way not to be one. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import plugin from './index.ts';

const SECRET = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NOW = 1_700_000_000;
const BODY = '{"id":1}';
const harness = createPluginHarness(plugin, { secret_v1: SECRET }, { now: NOW * 1000 });
const sign = (id: string, time: number | string, body = BODY, secret = SECRET) =>
  `v1,${createHmac('sha256', secret).update(`${id}.${time}.${body}`).digest('base64')}`;
const status = async (headers: Record<string, string> | [string, string][], body = BODY) => {
  const result = await harness.run({ method: 'POST', headers, body });
  if (result.exit !== undefined) assert.equal(result.exit.message, 'Bad request');
  return result.status;
};
const signed = (time: number | string = NOW, signature = sign('m1', time)) => ({
  'webhook-id': 'm1',
  'webhook-timestamp': String(time),
  'webhook-signature': signature,
});

test('is Kong’s: priority', () => {
  assert.equal(plugin.priority, 760);
});

test('genuine messages pass; also old ones within the tolerance, and those of the future', async () => {
  assert.equal(await status(signed()), 200);
  assert.equal(await status(signed(NOW - 300)), 200);
  assert.equal(await status(signed(NOW + 10_000)), 200);
  assert.equal(await status(signed(NOW, `v1,AAAA v2,x ${sign('m1', NOW)}`)), 200);
});

test('everything else is a 400', async () => {
  assert.equal(await status(signed(NOW - 301)), 400);
  assert.equal(await status(signed(), '{"id":2}'), 400);
  assert.equal(await status(signed(NOW, sign('m2', NOW))), 400);
  assert.equal(await status(signed(NOW, sign('m1', NOW, BODY, 'other'))), 400);
  for (const signature of [
    '',
    'v1,',
    'v1',
    sign('m1', NOW).slice(3),
    `v2,${sign('m1', NOW).slice(3)}`,
    'v1,!!!',
  ])
    assert.equal(await status(signed(NOW, signature)), 400, signature);
  for (const time of ['', 'soon', '1.5', `${NOW}x`, '-1'])
    assert.equal(await status(signed(time)), 400, time);
  for (const missing of ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const) {
    const { [missing]: _, ...rest } = signed();
    assert.equal(await status(rest), 400, missing);
  }
  assert.equal(await status([...Object.entries(signed()), ['webhook-id', 'm1']]), 400, 'an id twice');
  assert.equal(await status(signed(), 'x'.repeat(8 * 1024 * 1024 + 1)), 400);
});
