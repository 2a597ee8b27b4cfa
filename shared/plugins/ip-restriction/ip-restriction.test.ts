/** ip-restriction: lists, precedence, refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import ipRestriction from './index.ts';
import schema from './schema.ts';

const status = async (config: Record<string, unknown>, ip: string) =>
  (await createPluginHarness(ipRestriction, config).run({ ip })).status;

test('is Kong’s: priority and protocols', () => {
  assert.equal(ipRestriction.priority, 990);
  assert.deepEqual(schema.defaultProtocols, ['http', 'https', 'tcp', 'tls', 'grpc', 'grpcs']);
});

test('deny', async () => {
  const config = { deny: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] };
  assert.equal(await status(config, '10.255.0.1'), 403);
  assert.equal(await status(config, '192.0.2.7'), 403);
  assert.equal(await status(config, '192.0.2.8'), 200);
  assert.equal(await status(config, '2001:db8:1::5'), 403);
  assert.equal(await status(config, '2001:db9::'), 200);
  assert.equal(await status(config, '::ffff:10.1.1.1'), 403);
});

test('allow', async () => {
  const config = { allow: ['10.0.0.0/8', '::1'] };
  assert.equal(await status(config, '10.0.0.1'), 200);
  assert.equal(await status(config, '11.0.0.1'), 403);
  assert.equal(await status(config, '::1'), 200);
  assert.equal(await status(config, '::ffff:a00:1'), 200, 'the mapped 10.0.0.1 in hexadecimal');
  assert.equal(await status(config, 'unix:'), 403, 'what is no address is not allowed');
});

test('deny stands above allow; an empty list restricts nothing', async () => {
  const config = { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] };
  assert.equal(await status(config, '10.0.0.1'), 200);
  assert.equal(await status(config, '10.1.0.1'), 403);
  assert.equal(await status({ allow: [], deny: ['192.0.2.1'] }, '10.0.0.1'), 200);
});

test('the refusal: default, and status and message of one’s own', async () => {
  const refused = await createPluginHarness(ipRestriction, { deny: ['192.0.2.1'] }).run();
  assert.equal(refused.exit?.message, 'IP address not allowed: 192.0.2.1');
  const harness = createPluginHarness(ipRestriction, { deny: ['192.0.2.1'], status: 404, message: 'Gone' });
  const own = await harness.run();
  assert.deepEqual([own.status, own.exit?.message], [404, 'Gone']);
  assert.deepEqual(harness.logs, [
    { level: 'warn', message: 'IP address not allowed', fields: { ip: '192.0.2.1' } },
  ]);
});

test('the schema refuses what is no range, and no list at all', () => {
  const { custom } = schema.config.fields.allow.elements.options;
  assert.equal(custom('10.0.0.0/33'), "invalid ip or cidr range: '10.0.0.0/33'");
  assert.equal(custom('10.0.0.0/8'), undefined);
  assert.equal(schema.config.fields.deny.elements.options.custom('x'), "invalid ip or cidr range: 'x'");
  const found: string[] = [];
  schema.checks[0]!.run({ config: { allow: null, deny: [] } }, (path, text) => found.push(path, text));
  assert.deepEqual(found, [
    '@entity',
    "at least one of these fields must be non-empty: 'config.allow', 'config.deny'",
  ]);
});
