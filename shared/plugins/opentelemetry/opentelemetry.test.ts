/** opentelemetry: spans as OTLP, sampling, propagation, what a collector that is gone costs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness } from '../testkit.ts';
import opentelemetry from './index.ts';

type Field = { readonly field: number; readonly bytes: Buffer; readonly number: bigint };

/** A protobuf message, read without knowing what it is. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) found.push({ field, bytes: Buffer.alloc(0), number: varint() });
    else if (wire === 1) {
      found.push({ field, bytes: message.subarray(at, at + 8), number: message.readBigUInt64LE(at) });
      at += 8;
    } else {
      const length = Number(varint());
      found.push({ field, bytes: message.subarray(at, at + length), number: 0n });
      at += length;
    }
  }
  return found;
}
const one = (message: Buffer, field: number) => fields(message).find((found) => found.field === field)!;
const all = (message: Buffer, field: number) =>
  fields(message)
    .filter((found) => found.field === field)
    .map(({ bytes }) => bytes);
const attributes = (message: Buffer, field: number) =>
  Object.fromEntries(
    all(message, field).map((pair) => {
      const value = fields(one(pair, 2).bytes)[0]!;
      return [
        one(pair, 1).bytes.toString(),
        value.field === 1 ? value.bytes.toString() : Number(value.number),
      ];
    }),
  );
const spans = (body: Buffer) => {
  const resourceSpans = one(body, 1).bytes;
  return {
    resource: attributes(one(resourceSpans, 1).bytes, 1),
    scope: one(one(one(resourceSpans, 2).bytes, 1).bytes, 1).bytes.toString(),
    spans: all(one(resourceSpans, 2).bytes, 2).map((span) => ({
      trace: one(span, 1).bytes.toString('hex'),
      id: one(span, 2).bytes.toString('hex'),
      parent: one(span, 4)?.bytes.toString('hex'),
      name: one(span, 5).bytes.toString(),
      kind: Number(one(span, 6).number),
      start: one(span, 7).number,
      end: one(span, 8).number,
      attributes: attributes(span, 9),
      failed: one(span, 15) !== undefined,
    })),
  };
};

const SOON = { max_coalescing_delay: 0.01 };
const TRACE = '0af7651916cd43dd8448eb211c80319c';

test('is Kong’s: priority', () => {
  assert.equal(opentelemetry.priority, 14);
});

test('a sampled request: its spans, and what upstream and client are told', async (t) => {
  const to = await httpReceiver(t);
  const harness = createPluginHarness(opentelemetry, {
    traces_endpoint: `http://127.0.0.1:${to.port}/v1/traces`,
    headers: { 'X-Token': 't' },
    resource_attributes: { 'service.name': 'edge', env: 'test' },
    http_response_header_for_traceid: 'X-Trace-Id',
    queue: SOON,
  });
  t.after(() => harness.close());
  const start = harness.clock.now;
  const attempt = (port: number, at: number, failure?: { code: string; status: number }) => ({
    ip: '10.0.0.1',
    port,
    balancerStart: start + at,
    balancerLatencyMs: 0,
    failure,
  });
  const result = await harness.run(
    { path: '/x?secret=1', headers: { traceparent: `00-${TRACE}-1111111111111111-01` } },
    {
      status: 502,
      timings: { total: 12.5, gateway: 2, upstream: 8 },
      attempts: [attempt(1, 1, { code: 'connect_failed', status: 502 }), attempt(2, 4)],
    },
  );
  await to.until(1);
  const request = to.requests[0]!;
  assert.deepEqual(
    [request.method, request.url, request.headers['content-type'], request.headers['x-token']],
    ['POST', '/v1/traces', 'application/x-protobuf', 't'],
  );
  const got = spans(request.body);
  assert.deepEqual(got.resource, {
    'service.version': '0.0.0-test',
    'service.instance.id': '88888888-8888-4888-8888-888888888888',
    'service.name': 'edge',
    env: 'test',
  });
  assert.equal(got.scope, 'kong-internal');
  const [root, access, failed, last] = got.spans;
  assert.deepEqual(
    got.spans.map(({ name, kind }) => `${name} ${kind}`),
    ['kong 2', 'kong.access 1', 'kong.balancer 3', 'kong.balancer 3'],
  );
  for (const span of got.spans) assert.equal(span.trace, TRACE);
  assert.equal(root!.parent, '1111111111111111');
  for (const span of [access, failed, last]) assert.equal(span!.parent, root!.id);
  assert.equal(result.upstream!.headers['traceparent'], `00-${TRACE}-${last!.id}-01`);
  assert.equal(result.headers['x-trace-id'], TRACE);
  assert.deepEqual({ ...(result.logFields['trace_id'] as object) }, { w3c: TRACE });
  const ns = (ms: number) => BigInt(start) * 1_000_000n + BigInt(Math.round(ms * 1e6));
  assert.deepEqual([root!.start, root!.end], [ns(0), ns(12.5)]);
  assert.deepEqual([access!.start, access!.end], [ns(0), ns(1)]);
  assert.deepEqual([failed!.start, failed!.end, last!.start, last!.end], [ns(1), ns(4), ns(4), ns(12.5)]);
  assert.deepEqual([root!.failed, failed!.failed, last!.failed], [true, true, false]);
  assert.equal(root!.attributes['http.status_code'], 502);
  assert.equal(root!.attributes['http.url'], 'http://gateway.test:8000/x', 'no query: it may hold secrets');
  assert.equal(root!.attributes['http.route'], '/');
  assert.deepEqual(failed!.attributes, {
    try_count: 1,
    'net.peer.ip': '10.0.0.1',
    'net.peer.port': 1,
    'net.peer.name': 'service.test',
    'http.status_code': 502,
  });
});

test('the caller decides; without a caller the rate does', async (t) => {
  const to = await httpReceiver(t);
  const random = t.mock.method(Math, 'random', () => 0.3);
  const harness = createPluginHarness(opentelemetry, {
    traces_endpoint: `http://127.0.0.1:${to.port}`,
    sampling_rate: 0.3,
    queue: SOON,
  });
  const flags = async (headers = {}) =>
    (await harness.run({ headers })).upstream!.headers['traceparent']!.slice(-2);
  assert.equal(await flags({ traceparent: `00-${TRACE}-1111111111111111-00` }), '00');
  assert.equal(await flags(), '00');
  assert.equal(await flags({ 'x-b3-sampled': '1' }), '01');
  random.mock.mockImplementation(() => 0.29);
  assert.equal(await flags(), '01');
  assert.equal(await flags({ b3: '0' }), '00');
  await harness.close();
  const sent = to.requests.flatMap(({ body }) => spans(body).spans.filter(({ name }) => name === 'kong'));
  assert.equal(sent.length, 2);
});

test('a collector that is gone', async () => {
  const harness = createPluginHarness(opentelemetry, {
    traces_endpoint: 'http://127.0.0.1:1',
    sampling_rate: 1,
    queue: { ...SOON, max_retry_time: 0 },
  });
  assert.equal((await harness.run()).status, 200);
  await harness.close();
  assert.match(harness.metricsText(), /plugin="opentelemetry",reason="delivery_failed"\} 1/);
});

test('what is wrong with a configuration, and old names', () => {
  const open = (config: Record<string, unknown>) => createPluginHarness(opentelemetry, config);
  assert.throws(() => open({}), /'config\.traces_endpoint', 'config\.logs_endpoint'/);
  assert.throws(() => open({ logs_endpoint: 'http://a' }), /logs are not exported here/);
  assert.throws(() => open({ traces_endpoint: 'http://a', sampling_rate: 2 }), /between 0 and 1/);
  const { config } = open({ endpoint: 'http://a', batch_span_count: 5 });
  assert.equal(config['traces_endpoint'], 'http://a');
  assert.equal((config['queue'] as Record<string, unknown>)['max_batch_size'], 5);
});
