/** canary: shares, growth, stickiness, groups, choice by header. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type HarnessOptions, type TestRequest } from '../testkit.ts';
import plugin from './index.ts';

const HOST = { upstream_host: 'canary.test' };
const open = (config: Record<string, unknown>, options: HarnessOptions = {}) =>
  createPluginHarness(plugin, { ...HOST, ...config }, options);
type Harness = ReturnType<typeof open>;
const goes = async (harness: Harness, request: TestRequest = {}) =>
  (await harness.run(request)).upstream!.destination !== undefined;
const ips = Array.from({ length: 400 }, (_, at) => `192.0.${at >> 8}.${at & 255}`);
async function chosen(harness: Harness): Promise<Set<string>> {
  const found = new Set<string>();
  for (const ip of ips) if (await goes(harness, { ip })) found.add(ip);
  return found;
}

test('where it goes: host, port and path', async () => {
  const { upstream } = await open({ percentage: 100, upstream_port: 8081, upstream_uri: '/v2' }).run({
    path: '/a?b=c',
  });
  assert.deepEqual({ ...upstream!.destination }, { host: 'canary.test', port: 8081 });
  assert.deepEqual([upstream!.path, upstream!.query], ['/v2', 'b=c']);
  const path = await createPluginHarness(plugin, { percentage: 100, upstream_uri: '/v2' }).run();
  assert.deepEqual([path.upstream!.path, path.upstream!.destination], ['/v2', undefined]);
});

test('a share, by address: who is in stays in while it grows', async () => {
  const ten = await chosen(open({ percentage: 10, hash: 'ip' }));
  const thirty = await chosen(open({ percentage: 30, hash: 'ip' }));
  assert.ok(ten.size > 20 && ten.size < 60, `${ten.size}`);
  assert.ok(thirty.size > 90 && thirty.size < 150, `${thirty.size}`);
  for (const ip of ten) assert.ok(thirty.has(ip));
  assert.deepEqual(await chosen(open({ percentage: 10, hash: 'ip' })), ten);
  assert.equal((await chosen(open({ percentage: 0, hash: 'ip' }))).size, 0);
  assert.equal((await chosen(open({ percentage: 100, hash: 'ip' }))).size, ips.length);
});

test('start and duration', async () => {
  const start = Date.UTC(2026, 0, 1) / 1000;
  const harness = open({ start, duration: 100, hash: 'ip' }, { now: (start - 5) * 1000 });
  assert.equal((await chosen(harness)).size, 0);
  harness.clock.advance(55_000);
  const half = await chosen(harness);
  assert.ok(half.size > 160 && half.size < 240, `${half.size}`);
  harness.clock.advance(55_000);
  assert.equal((await chosen(harness)).size, ips.length);
});

test('by consumer, else by address; by header, else anew', async (t) => {
  const harness = open({ percentage: 50 }, { consumers: [{ username: 'ann' }] });
  const [ann] = harness.consumers;
  const verdicts = new Set<boolean>();
  for (const ip of ips) verdicts.add(await goes(harness, { ip, consumer: ann! }));
  assert.equal(verdicts.size, 1, 'the address does not matter');
  assert.equal((await chosen(harness)).size > 100, true);
  const byHeader = open({ percentage: 50, hash: 'header', hash_header: 'X-User' });
  const random = t.mock.method(Math, 'random', () => 0.6);
  const before = await goes(byHeader, { headers: { 'x-user': 'u1' } });
  assert.equal(await goes(byHeader), false);
  random.mock.mockImplementation(() => 0.4);
  assert.equal(await goes(byHeader), true);
  assert.equal(await goes(byHeader, { headers: { 'x-user': 'u1' } }), before);
  assert.equal(await goes(open({ percentage: 50, hash: 'none' })), true);
});

test('by choice of the client', async () => {
  const harness = open({ percentage: 0, canary_by_header_name: 'X-Canary' });
  assert.equal(await goes(harness, { headers: { 'x-canary': 'always' } }), true);
  assert.equal(await goes(harness, { headers: { 'x-canary': 'yes' } }), false);
  const all = open({ percentage: 100, canary_by_header_name: 'X-Canary' });
  assert.equal(await goes(all, { headers: { 'x-canary': 'never' } }), false);
});

test('by group', async () => {
  const options: HarnessOptions = {
    consumers: [{ username: 'ann' }, { username: 'bob' }],
    credentials: { acls: [{ consumer: 'ann', group: 'beta' }] },
  };
  const allow = open({ hash: 'allow', groups: ['beta'] }, options);
  const deny = open({ hash: 'deny', groups: ['beta'] }, options);
  const [[annIn, bobIn], [annOut, bobOut]] = (await Promise.all(
    [allow, deny].map((harness) =>
      Promise.all(harness.consumers.map((consumer) => goes(harness, { consumer }))),
    ),
  )) as [boolean[], boolean[]];
  assert.deepEqual([annIn, bobIn, annOut, bobOut], [true, false, false, true]);
  assert.deepEqual([await goes(allow), await goes(deny)], [false, true]);
});

test('what is wrong with a configuration', () => {
  const refused = (config: Record<string, unknown>, reason: RegExp) =>
    assert.throws(() => createPluginHarness(plugin, config), reason);
  refused({ percentage: 5 }, /'config\.upstream_host', 'config\.upstream_port', 'config\.upstream_uri'/);
  refused(HOST, /'config\.percentage', 'config\.start'/);
  refused({ ...HOST, percentage: 101 }, /between 0 and 100/);
  refused({ ...HOST, percentage: 1, hash: 'header' }, /config\.hash_header: required field missing/);
  refused({ ...HOST, hash: 'allow' }, /config\.groups: required field missing/);
});
