/** zipkin: spans in Zipkin's JSON, tags, ids of both lengths, decisions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness } from '../testkit.ts';
import zipkin from './index.ts';
import type { ZipkinSpan } from './spans.ts';

const SOON = { max_coalescing_delay: 0.01 };

async function spansOf(
  t: Parameters<typeof httpReceiver>[0],
  config: Record<string, unknown>,
  request = {},
  upstream = {},
) {
  const to = await httpReceiver(t);
  const harness = createPluginHarness(zipkin, {
    http_endpoint: `http://127.0.0.1:${to.port}/api/v2/spans`,
    sample_ratio: 1,
    queue: SOON,
    ...config,
  });
  const result = await harness.run(request, { timings: { total: 12, gateway: 2, upstream: 8 }, ...upstream });
  await to.until(1);
  await harness.close();
  return {
    result,
    spans: JSON.parse(to.requests[0]!.body.toString()) as ZipkinSpan[],
    start: harness.clock.now * 1000,
  };
}

test('is Kong’s: priority', () => {
  assert.equal(zipkin.priority, 100_000);
});

test('request, proxy and balancer', async (t) => {
  const { result, spans, start } = await spansOf(
    t,
    { static_tags: [{ name: 'env', value: 'test' }] },
    {
      path: '/x',
      headers: { 'Zipkin-Tags': 'a=1; b = 2;broken; lc=mine' },
    },
  );
  const [request, proxy, attempt] = spans as [ZipkinSpan, ZipkinSpan, ZipkinSpan];
  assert.deepEqual(
    spans.map(({ name, kind }) => `${kind} ${name}`),
    ['SERVER GET', 'CLIENT GET (proxy)', 'CLIENT GET (balancer try 1)'],
  );
  assert.deepEqual([proxy.parentId, attempt.parentId], [request.id, proxy.id]);
  const { headers } = result.upstream!;
  assert.deepEqual(
    [headers['x-b3-traceid'], headers['x-b3-spanid'], headers['x-b3-parentspanid'], headers['x-b3-sampled']],
    [request.traceId, proxy.id, request.id, '1'],
  );
  assert.deepEqual([request.timestamp, request.duration], [start, 12_000]);
  assert.deepEqual(request.tags, {
    env: 'test',
    a: '1',
    b: '2',
    lc: 'kong',
    'http.method': 'GET',
    'http.host': 'gateway.test',
    'http.path': '/x',
    'http.protocol': 'HTTP/1.1',
    'http.status_code': '200',
    'kong.node.id': '88888888-8888-4888-8888-888888888888',
  });
  assert.equal(proxy.tags['kong.service_name'], 'test-service');
  assert.deepEqual(proxy.remoteEndpoint, { ipv4: '127.0.0.1', port: 80, serviceName: 'test-service' });
  assert.deepEqual(
    proxy.annotations?.map(({ timestamp, value }) => [value, timestamp - start]),
    [
      ['kas', 0],
      ['kaf', 0],
      ['khs', 10_000],
      ['khf', 10_000],
      ['kbs', 10_000],
      ['kbf', 12_000],
    ],
  );
});

test('names, short ids, tags for the times of phases', async (t) => {
  const config = {
    http_span_name: 'method_path',
    traceid_byte_count: 8,
    phase_duration_flavor: 'tags',
    local_service_name: 'edge',
  };
  const { spans, result } = await spansOf(t, config, { path: '/p' });
  assert.equal(spans[0]!.name, 'GET /p');
  assert.match(spans[0]!.traceId, /^[0-9a-f]{16}$/);
  assert.equal(result.upstream!.headers['x-b3-traceid'], spans[0]!.traceId);
  assert.equal(spans[1]!.tags['kong.body_filter.duration_ms'], '2');
  assert.deepEqual(spans[0]!.localEndpoint, { serviceName: 'edge' });
});

test('without an endpoint headers are written all the same', async () => {
  const harness = createPluginHarness(zipkin, { default_header_type: 'jaeger' });
  const { upstream } = await harness.run();
  assert.match(String(upstream!.headers['uber-trace-id']), /^[0-9a-f]{32}:[0-9a-f]{16}:[0-9a-f]{16}:00$/);
});

test('what is wrong with a configuration', () => {
  const refused = (config: Record<string, unknown>, reason: RegExp) =>
    assert.throws(() => createPluginHarness(zipkin, config), reason);
  const tag = (name: string) => ({ name, value: 'v' });
  refused({ static_tags: [tag('a'), tag('a')] }, /repeated tags are not allowed: a/);
  refused({ static_tags: [tag('lc')] }, /must not be one of/);
  refused({ traceid_byte_count: 12 }, /expected one of: 8, 16/);
});
