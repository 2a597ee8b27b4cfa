/** acl: who may pass, what a refusal looks like, what the upstream is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type HarnessOptions, type TestRequest } from '../testkit.ts';
import acl from './index.ts';
import schema from './schema.ts';

const options: HarnessOptions = {
  consumers: [{ username: 'ann' }, { username: 'bob' }, { username: 'guest' }],
  credentials: {
    acls: [
      { group: 'staff', consumer: 'ann' },
      { group: 'admin', consumer: 'ann' },
      { group: 'banned', consumer: 'bob' },
    ],
  },
};

/** As if an earlier plugin had authenticated that consumer; `anonymous`: without a credential. */
function run(config: Record<string, unknown>, who?: string, request: TestRequest = {}, anonymous = false) {
  const harness = createPluginHarness(acl, config, options);
  const consumer = harness.consumers.find(({ username }) => username === who);
  const credential = anonymous || consumer === undefined ? undefined : { id: 'c', created_at: 0 };
  return harness.run({
    ...request,
    ...(consumer && { consumer }),
    ...(credential && { credential }),
  });
}

test('is Kong’s: name, priority, scope, protocols, entities', () => {
  assert.equal(acl.priority, 950);
  assert.deepEqual(schema.noScope, ['consumer']);
  assert.deepEqual(schema.protocols, ['grpc', 'grpcs', 'http', 'https']);
  assert.deepEqual(schema.entities.acls.cacheKey, ['consumer', 'group']);
});

test('exactly one of allow and deny', () => {
  const only = /exactly one of these fields must be non-empty: 'config.allow', 'config.deny'/;
  assert.throws(() => createPluginHarness(acl, { allow: ['a'], deny: ['b'] }), only);
  for (const config of [{}, { allow: [] }, { deny: [], allow: [] }]) {
    assert.throws(() => createPluginHarness(acl, config), only);
    assert.throws(
      () => createPluginHarness(acl, config),
      /at least one of these fields must be non-empty: 'config.allow', 'config.deny'/,
    );
  }
});

test('allow: members pass, others get 403', async () => {
  const passed = await run({ allow: ['admin'] }, 'ann');
  assert.equal(passed.status, 200);
  assert.equal(passed.upstream!.headers['x-consumer-groups'], 'staff, admin');
  for (const who of ['bob', 'guest']) {
    const refused = await run({ allow: ['admin'] }, who);
    assert.equal(refused.status, 403);
    assert.equal(refused.exit!.message, 'You cannot consume this service');
    assert.equal(refused.upstream, undefined);
  }
  assert.equal((await run({ allow: ['Admin', 'adm'] }, 'ann')).status, 403, 'names are compared as they are');
});

test('deny: members get 403, others pass', async () => {
  assert.equal((await run({ deny: ['banned'] }, 'bob')).status, 403);
  assert.equal(
    (await run({ deny: ['banned'] }, 'ann')).upstream!.headers['x-consumer-groups'],
    'staff, admin',
  );
  assert.equal((await run({ deny: ['banned'] }, 'guest')).upstream!.headers['x-consumer-groups'], undefined);
});

test('nobody is 401; the anonymous consumer without groups is 401 for allow and passes deny', async () => {
  for (const config of [{ allow: ['admin'] }, { deny: ['banned'] }]) {
    const nobody = await run(config);
    assert.equal(nobody.status, 401);
    assert.equal(nobody.exit!.message, 'Unauthorized');
  }
  assert.equal((await run({ allow: ['admin'] }, 'guest', {}, true)).status, 401);
  assert.equal((await run({ deny: ['banned'] }, 'guest', {}, true)).status, 200);
  assert.equal((await run({ allow: ['staff'] }, 'ann', {}, true)).status, 200, 'with groups');
  assert.equal((await run({ allow: ['other'] }, 'ann', {}, true)).status, 403, 'with other groups');
});

test('a credential without a consumer is 403', async () => {
  const harness = createPluginHarness(acl, { allow: ['admin'] }, options);
  const result = await harness.run({ credential: { id: 'ldap', created_at: 0 } });
  assert.equal(result.status, 403);
});

test('groups headers of the client are gone, in every spelling', async () => {
  const headers = {
    'X-Consumer-Groups': 'root',
    X_Consumer_Groups: 'root',
    'x-authenticated_groups': 'root',
  };
  const shown = await run({ allow: ['admin'] }, 'ann', { headers });
  assert.deepEqual({ ...shown.upstream!.headers }, { 'x-consumer-groups': 'staff, admin' });
  const hidden = await run({ allow: ['admin'], hide_groups_header: true }, 'ann', { headers });
  assert.deepEqual({ ...hidden.upstream!.headers }, {});
  const none = await run({ deny: ['x'] }, 'guest', { headers });
  assert.deepEqual({ ...none.upstream!.headers }, {});
});

test('authenticated groups count without a consumer, with one only when always_use_authenticated_groups', async () => {
  const ask = async (config: Record<string, unknown>, who: string | undefined, groups: unknown) => {
    const harness = createPluginHarness(acl, config, options);
    const consumer = harness.consumers.find(({ username }) => username === who);
    let verdict = 'passed';
    let sent: readonly [string, string] | undefined;
    const exchange = {
      consumer,
      credential: { id: 'c', created_at: 0 },
      noted: (name: string) => (name === 'authenticated_groups' ? groups : undefined),
      fail: (status: number) => (verdict = String(status)),
      request: { headers: { forEachName() {}, append: (...line: [string, string]) => (sent = line) } },
    };
    harness.instance.access!(exchange as never);
    return [verdict, sent?.join(': ')];
  };
  assert.deepEqual(await ask({ allow: ['t'] }, undefined, ['t', 'u']), [
    'passed',
    'X-Authenticated-Groups: t, u',
  ]);
  assert.deepEqual(await ask({ allow: ['t'] }, undefined, ['u']), ['403', undefined]);
  assert.deepEqual(await ask({ deny: ['t'] }, undefined, ['t']), ['403', undefined]);
  assert.deepEqual(await ask({ allow: ['t'] }, undefined, 'no list'), ['403', undefined]);
  assert.deepEqual(await ask({ allow: ['staff'] }, 'ann', ['t']), [
    'passed',
    'X-Consumer-Groups: staff, admin',
  ]);
  const always = { allow: ['t'], always_use_authenticated_groups: true };
  assert.deepEqual(await ask(always, 'ann', ['t']), ['passed', 'X-Authenticated-Groups: t']);
  assert.deepEqual(await ask({ ...always, allow: ['staff'] }, 'ann', ['t']), ['403', undefined]);
  assert.deepEqual(await ask({ ...always, allow: ['staff'] }, 'ann', undefined), [
    'passed',
    'X-Consumer-Groups: staff, admin',
  ]);
});
