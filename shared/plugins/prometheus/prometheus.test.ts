/** prometheus: Kong's names, labels and buckets, each switch, and what is not counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plugin } from '../../config/entities.ts';
import { MetricsRegistry } from '../../observe/metrics.ts';
import { renderPrometheus } from '../../observe/prometheus-text.ts';
import { createPluginHarness, type HarnessOptions } from '../testkit.ts';
import prometheus from './index.ts';
import { NodeMetrics, wantsNodeMetrics } from './node-metrics.ts';
import { UpstreamHealthWriter, wantsUpstreamHealth } from './upstream-health.ts';

const ann = { id: 'a', created_at: 0, updated_at: 0, tags: null, username: 'ann', custom_id: null };
const NODE_INFO = 'kong_node_info{node_id="88888888-8888-4888-8888-888888888888",version="0.0.0-test"} 1';

async function scrape(config: Record<string, unknown>, options: HarnessOptions = {}): Promise<string[]> {
  const harness = createPluginHarness(prometheus, config, options);
  await harness.run({ consumer: ann }, { timings: { total: 12, gateway: 1.5, upstream: 60 } });
  await harness.run({}, { status: 404 });
  return harness
    .metricsText()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('is Kong’s: priority', () => {
  assert.equal(prometheus.priority, 13);
});

test('without switches only the node is described', async () => {
  assert.deepEqual(await scrape({}), [NODE_INFO]);
});

test('status_code_metrics', async () => {
  assert.deepEqual(await scrape({ status_code_metrics: true }), [
    'kong_http_requests_total{service="test-service",route="test-route",code="200",source="service",workspace="default",consumer=""} 1',
    'kong_http_requests_total{service="test-service",route="test-route",code="404",source="service",workspace="default",consumer=""} 1',
    NODE_INFO,
  ]);
});

test('per_consumer fills in the consumer', async () => {
  const lines = await scrape({ status_code_metrics: true, per_consumer: true });
  assert.match(lines[0]!, /code="200",source="service",workspace="default",consumer="ann"\} 1$/);
  assert.match(lines[1]!, /code="404",source="service",workspace="default",consumer=""\} 1$/);
});

test('bandwidth_metrics', async () => {
  assert.deepEqual(await scrape({ bandwidth_metrics: true }), [
    'kong_bandwidth_bytes{service="test-service",route="test-route",direction="egress",workspace="default",consumer=""} 400',
    'kong_bandwidth_bytes{service="test-service",route="test-route",direction="ingress",workspace="default",consumer=""} 200',
    NODE_INFO,
  ]);
});

test('latency_metrics: three histograms with Kong’s buckets', async () => {
  const lines = await scrape({ latency_metrics: true });
  const labels = 'service="test-service",route="test-route",workspace="default"';
  const bounds = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}_bucket`)).map((line) => /le="(.*)"/.exec(line)![1]);
  const upstream = '25,50,80,100,250,400,700,1000,2000,5000,10000,30000,60000,+Inf'.split(',');
  assert.deepEqual(
    bounds('kong_kong_latency_ms'),
    '1,2,5,7,10,15,20,30,50,75,100,200,500,750,1000,3000,6000,+Inf'.split(','),
  );
  assert.deepEqual(bounds('kong_upstream_latency_ms'), upstream);
  assert.deepEqual(bounds('kong_request_latency_ms'), upstream);
  assert.ok(lines.includes(`kong_kong_latency_ms_sum{${labels}} 3.5`));
  assert.ok(lines.includes(`kong_upstream_latency_ms_sum{${labels}} 68`));
  assert.ok(lines.includes(`kong_upstream_latency_ms_bucket{${labels},le="25"} 1`));
  assert.ok(lines.includes(`kong_request_latency_ms_count{${labels}} 2`));
});

test('answers of the gateway’s own: source kong, no upstream latency', async () => {
  const harness = createPluginHarness(prometheus, { status_code_metrics: true, latency_metrics: true });
  const result = await harness.run();
  Object.assign(result.exchange.response, { source: 'gateway', status: 503 });
  result.exchange.timings = { total: 3, gateway: -1, upstream: -1, receive: -1 };
  harness.instance.log!(result.exchange);
  const text = harness.metricsText();
  assert.match(text, /code="503",source="kong",workspace="default",consumer=""\} 1\n/);
  assert.match(text, /kong_upstream_latency_ms_count\{[^}]*\} 1\n/);
  assert.match(text, /kong_kong_latency_ms_sum\{[^}]*\} 5\n/);
});

test('names fall back: a service to its host, a route to its id, none to nothing', async () => {
  const [line] = await scrape(
    { status_code_metrics: true },
    { service: { name: null, host: 'h.test' }, route: { name: null, id: 'r-1' } },
  );
  assert.match(line!, /^kong_http_requests_total\{service="h\.test",route="r-1",/);
  const [bare] = await scrape({ status_code_metrics: true }, { service: null });
  assert.match(bare!, /^kong_http_requests_total\{service="",route="test-route",/);
});

test('requests without a route are not counted', async () => {
  assert.deepEqual(await scrape({ status_code_metrics: true }, { route: null }), [NODE_INFO]);
});

test('two configured instances add to the same series', async () => {
  const metrics = new MetricsRegistry();
  for (let time = 0; time < 2; time++) {
    await createPluginHarness(prometheus, { status_code_metrics: true }, { metrics }).run();
  }
  assert.match(renderPrometheus(metrics.snapshot()), /kong_http_requests_total\{.*\} 2\n/);
});

test('switches without anything to measure say so', () => {
  const harness = createPluginHarness(prometheus, { ai_metrics: true, wasm_metrics: true });
  assert.deepEqual(
    harness.logs.map((line) => line.message.split(' ')[0]),
    ['ai_metrics', 'wasm_metrics'],
  );
});

test('upstream_health_metrics: who wants it, and what is written', () => {
  const plugin = (upstream_health_metrics: boolean, name = 'prometheus', enabled = true) =>
    ({ name, enabled, config: { upstream_health_metrics } }) as unknown as Plugin;
  assert.equal(wantsUpstreamHealth([plugin(false), plugin(true)]), true);
  assert.equal(
    wantsUpstreamHealth([plugin(false), plugin(true, 'x'), plugin(true, 'prometheus', false)]),
    false,
  );
  const metrics = new MetricsRegistry();
  const writer = new UpstreamHealthWriter(metrics);
  writer.write([{ upstream: 'u', target: 't:80', address: '10.0.0.1:80', state: 'healthy' }]);
  const state = (name: string) =>
    new RegExp(
      `^kong_upstream_target_health\\{upstream="u",target="t:80",address="10.0.0.1:80",state="${name}",subsystem="http"\\} (\\d)$`,
      'm',
    ).exec(renderPrometheus(metrics.snapshot()))?.[1];
  assert.deepEqual(
    [state('healthy'), state('unhealthy'), state('dns_error'), state('healthchecks_off')],
    ['1', '0', '0', '0'],
  );
  writer.write([{ upstream: 'u', target: 't:80', address: '10.0.0.1:80', state: 'unhealthy' }]);
  assert.deepEqual([state('healthy'), state('unhealthy')], ['0', '1']);
  writer.write([]);
  assert.equal(state('unhealthy'), '0');
});

test('the node: connections, requests, timers, targets of upstreams', () => {
  const plugin = (upstream_health_metrics: boolean, enabled = true) =>
    ({ name: 'prometheus', enabled, config: { upstream_health_metrics } }) as unknown as Plugin;
  assert.deepEqual(
    [wantsNodeMetrics([plugin(false)]), wantsNodeMetrics([plugin(true, false)])],
    [true, false],
  );
  const metrics = new MetricsRegistry();
  const writer = new NodeMetrics(metrics, 'n');
  const address = { ip: '::1', port: 80, health: 'UNHEALTHY' } as const;
  const state = {
    connectionsAccepted: 7,
    connectionsActive: 3,
    requestsTotal: 20,
    requestsActive: 2,
    upstreams: [
      {
        name: 'u',
        health: [
          { target: 't:80', ...address },
          { target: 'gone:80', ip: '', port: 0, health: 'DNS_ERROR' as const },
        ],
      },
      { name: 'host:80', health: [{ target: 'host:80', ...address }] },
    ],
  };
  writer.write(state, [plugin(false)]);
  const text = () => renderPrometheus(metrics.snapshot());
  for (const [name, value] of Object.entries({
    accepted: 7,
    handled: 7,
    total: 20,
    active: 3,
    writing: 2,
    waiting: 1,
  }))
    assert.ok(
      text().includes(
        `kong_nginx_connections_total{node_id="n",subsystem="http",state="${name}"} ${value}\n`,
      ),
      name,
    );
  assert.ok(text().includes('kong_nginx_requests_total{node_id="n",subsystem="http"} 20\n'));
  assert.match(text(), /kong_nginx_timers\{state="pending"\} \d+\n/);
  assert.ok(!text().includes('kong_upstream_target_health{'));
  writer.write(state, [plugin(true)]);
  assert.ok(
    text().includes(
      'kong_upstream_target_health{upstream="u",target="t:80",address="[::1]:80",state="unhealthy",subsystem="http"} 1\n',
    ),
  );
  assert.ok(
    text().includes(
      'kong_upstream_target_health{upstream="u",target="gone:80",address="",state="dns_error",subsystem="http"} 1\n',
    ),
  );
  assert.ok(!text().includes('upstream="host:80"'));
});
