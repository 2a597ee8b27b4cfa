/** correlation-id: generators, who wins, echo, log field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import correlationId from './index.ts';
import schema from './schema.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

test('is Kong’s: priority and protocols', () => {
  assert.equal(correlationId.priority, 100_001);
  assert.deepEqual(schema.protocols, ['grpc', 'grpcs', 'http', 'https']);
});

test('uuid#counter is the default: one uuid a worker, counting up', async () => {
  const harness = createPluginHarness(correlationId);
  const first = (await harness.run()).upstream!.headers['kong-request-id'] as string;
  const second = (await harness.run()).upstream!.headers['kong-request-id'] as string;
  assert.match(first, new RegExp(`^${UUID}#\\d+$`));
  const [uuid, count] = first.split('#');
  assert.equal(second, `${uuid}#${Number(count) + 1}`);
});

test('uuid', async () => {
  const harness = createPluginHarness(correlationId, { generator: 'uuid' });
  const ids = [await harness.run(), await harness.run()].map(
    (result) => result.upstream!.headers['kong-request-id'] as string,
  );
  for (const id of ids) assert.match(id, new RegExp(`^${UUID}$`));
  assert.notEqual(ids[0], ids[1]);
});

test('tracker: address, port, worker, connection, request on it, time', async () => {
  const harness = createPluginHarness(correlationId, { generator: 'tracker' }, { now: 1_700_000_000_123 });
  const connection = { localIp: '10.0.0.5', localPort: 8443, serial: 7, requests: 3 };
  const id = (await harness.run({ connection })).upstream!.headers['kong-request-id'];
  assert.equal(id, `10.0.0.5-8443-${process.pid}-7-3-1700000000.123`);
  const other = await harness.run({});
  assert.match(
    other.upstream!.headers['kong-request-id'] as string,
    /^gateway\.test-8000-\d+-50000-\d+-1700000000\.123$/,
  );
});

test('the client’s own id stays, an empty one does not', async () => {
  const harness = createPluginHarness(correlationId, { header_name: 'X-Trace' });
  const own = await harness.run({ headers: { 'x-trace': 'mine' } });
  assert.equal(own.upstream!.headers['x-trace'], 'mine');
  assert.equal(own.logFields['correlation_id'], 'mine');
  const empty = await harness.run({ headers: { 'x-trace': '' } });
  assert.match(empty.upstream!.headers['x-trace'] as string, /#\d+$/);
  assert.equal(empty.logFields['correlation_id'], empty.upstream!.headers['x-trace']);
  assert.equal(empty.upstream!.headers['kong-request-id'], undefined);
});

test('echo_downstream gives the client the same id', async () => {
  const silent = await createPluginHarness(correlationId).run();
  assert.equal(silent.headers['kong-request-id'], undefined);
  const harness = createPluginHarness(correlationId, { echo_downstream: true });
  const made = await harness.run();
  assert.equal(made.headers['kong-request-id'], made.upstream!.headers['kong-request-id']);
  const own = await harness.run({ headers: { 'Kong-Request-ID': 'mine' } });
  assert.equal(own.headers['kong-request-id'], 'mine');
});

test('echo_downstream also where access has not run', async () => {
  const harness = createPluginHarness(correlationId, { echo_downstream: true }, { route: null });
  assert.match((await harness.run()).headers['kong-request-id'] as string, /#\d+$/);
});

test('a header name that could not be sent is refused', () => {
  assert.equal(schema.config.fields.header_name.options.custom('X Id'), "bad header name 'X Id'");
  assert.equal(schema.config.fields.header_name.options.custom("x!'id"), undefined);
});
