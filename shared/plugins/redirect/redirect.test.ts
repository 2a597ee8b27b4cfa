/** redirect: fixed places, the request's own path, and that no request chooses the host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import redirect from './index.ts';

const to = async (config: Record<string, unknown>, path = '/a?b=c') => {
  const result = await createPluginHarness(redirect, config).run({ path });
  assert.equal(result.body, 'redirecting');
  assert.equal(result.upstream, undefined);
  return [result.status, result.headers['location']];
};

test('is Kong’s: priority', () => {
  assert.equal(redirect.priority, 779);
});

test('to a fixed place', async () => {
  assert.deepEqual(await to({ location: 'https://x.example/y?z=1' }), [301, 'https://x.example/y?z=1']);
  assert.deepEqual(await to({ location: 'https://x.example', status_code: 308 }), [308, 'https://x.example']);
});

test('keep_incoming_path', async () => {
  const config = { location: 'https://x.example:8443/y?z=1', keep_incoming_path: true };
  assert.deepEqual(await to(config), [301, 'https://x.example:8443/a?b=c']);
  assert.deepEqual(await to(config, '/'), [301, 'https://x.example:8443/']);
  assert.deepEqual(await to(config, '//evil.example/'), [301, 'https://x.example:8443//evil.example/']);
  assert.deepEqual(await to(config, 'http://evil.example/p'), [301, 'https://x.example:8443/p']);
  assert.deepEqual(await to(config, 'http://evil.example'), [301, 'https://x.example:8443/']);
});

test('what is wrong with a configuration', () => {
  assert.throws(() => createPluginHarness(redirect, {}), /config\.location: required field missing/);
  assert.throws(() => createPluginHarness(redirect, { location: '/x' }), /missing scheme in url/);
  assert.throws(() => createPluginHarness(redirect, { location: 'https://a/\r\nX: y' }), /no header value/);
  assert.throws(
    () => createPluginHarness(redirect, { location: 'https://a', status_code: 99 }),
    /between 100 and 599/,
  );
});
