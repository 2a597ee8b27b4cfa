/** statsd and datadog: Kong's lines, tags in four styles, rates, packets, transports. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Consumer } from '../../config/entities.ts';
import datadog from '../datadog/index.ts';
import { packets } from '../senders/stat-line.ts';
import { tcpReceiver, udpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness, type HarnessOptions, type TestRequest, type TestUpstream } from '../testkit.ts';
import statsd from './index.ts';

const ann = {
  id: 'a-1',
  created_at: 0,
  updated_at: 0,
  tags: null,
  username: 'ann',
  custom_id: 'c.1',
} as Consumer;
const TIMES: TestUpstream = { timings: { total: 12.4, gateway: 1.6, upstream: 8.2 } };
const SOON = { max_coalescing_delay: 0.01 };

async function lines(
  t: Parameters<typeof udpReceiver>[0],
  plugin: typeof statsd | typeof datadog,
  config: Record<string, unknown>,
  count: number,
  request: TestRequest = { consumer: ann },
  options: HarnessOptions = { service: { name: 'my.svc' } },
): Promise<string[]> {
  const to = await udpReceiver(t);
  const harness = createPluginHarness(
    plugin as typeof statsd,
    { host: '127.0.0.1', port: to.port, queue: SOON, ...config },
    options,
  );
  await harness.run(request, TIMES);
  const got = [...(await to.until(count))];
  await harness.close();
  assert.equal(to.got.length, count);
  return got.flatMap((packet) => packet.split('\n')).sort();
}

test('are Kong’s: priorities', () => {
  assert.deepEqual([statsd.priority, datadog.priority], [11, 10]);
});

const ALL = [
  'kong.route.11111111-1111-4111-8111-111111111111.user.c_1.status.200:1|c',
  'kong.service.my_svc.kong_latency:2|ms',
  'kong.service.my_svc.latency:12|ms',
  'kong.service.my_svc.request.count:1|c',
  'kong.service.my_svc.request.size:100|c',
  'kong.service.my_svc.response.size:200|c',
  'kong.service.my_svc.status.200:1|c',
  'kong.service.my_svc.upstream_latency:8|ms',
  'kong.service.my_svc.user.c_1.request.count:1|c',
  'kong.service.my_svc.user.c_1.status.200:1|c',
  'kong.service.my_svc.user.uniques:c_1|s',
  'kong.service.my_svc.workspace.0dc6f45b-8f8d-40d2-a504-473544ee190b.status.200:1|c',
];

test('statsd: the default metrics', async (t) => {
  assert.deepEqual(await lines(t, statsd, {}, 12), ALL);
});

test('statsd: lines in packets', async (t) => {
  assert.deepEqual(await lines(t, statsd, { udp_packet_size: 65_507 }, 1), ALL);
  const packed = packets(ALL, 100);
  assert.ok(packed.length < ALL.length && packed.every((packet) => packet.length <= 100));
  assert.deepEqual(
    packed.flatMap((packet) => packet.split('\n')),
    ALL,
  );
  assert.deepEqual(packets(['a', 'b'], 0), ['a', 'b']);
});

test('statsd: over TCP', async (t) => {
  const to = await tcpReceiver(t);
  const harness = createPluginHarness(
    statsd,
    { host: '127.0.0.1', port: to.port, use_tcp: true, queue: SOON },
    { service: { name: 'my.svc' } },
  );
  await harness.run({ consumer: ann }, TIMES);
  assert.deepEqual([...(await to.until(12))].sort(), ALL);
  await harness.close();
});

test('statsd: nobody in particular, and no service', async (t) => {
  const got = await lines(
    t,
    statsd,
    {
      metrics: [
        { name: 'request_count', stat_type: 'counter', sample_rate: 1 },
        { name: 'unique_users', stat_type: 'set' },
      ],
    },
    1,
    {},
    { service: null },
  );
  assert.deepEqual(got, ['kong.service.global.unmatched.request.count:1|c']);
});

test('statsd: identifiers, prefix, rates', async (t) => {
  t.mock.method(Math, 'random', () => 0.4);
  const config = {
    prefix: 'edge',
    hostname_in_prefix: true,
    metrics: [
      { name: 'request_count', stat_type: 'counter', sample_rate: 0.5, service_identifier: 'service_host' },
      { name: 'latency', stat_type: 'timer', sample_rate: 0.3 },
      {
        name: 'request_per_user',
        stat_type: 'counter',
        sample_rate: 1,
        consumer_identifier: 'username',
        service_identifier: 'service_id',
      },
      {
        name: 'status_count_per_workspace',
        stat_type: 'counter',
        sample_rate: 1,
        workspace_identifier: 'workspace_name',
      },
    ],
  };
  assert.deepEqual(await lines(t, statsd, config, 3), [
    'edge.test-node.service.22222222-2222-4222-8222-222222222222.user.ann.request.count:1|c',
    'edge.test-node.service.my_svc.workspace.default.status.200:1|c',
    'edge.test-node.service.service_test.request.count:1|c|@0.5',
  ]);
});

test('statsd: only some statuses', async (t) => {
  const to = await udpReceiver(t);
  const harness = createPluginHarness(statsd, {
    host: '127.0.0.1',
    port: to.port,
    queue: SOON,
    allow_status_codes: ['200-204', '500-599'],
    metrics: [{ name: 'status_count', stat_type: 'counter', sample_rate: 1 }],
  });
  for (const status of [200, 205, 404, 503]) await harness.run({}, { status });
  await to.until(2);
  await harness.close();
  assert.deepEqual(to.got, [
    'kong.service.test-service.status.200:1|c',
    'kong.service.test-service.status.503:1|c',
  ]);
});

test('statsd: tags', async (t) => {
  const metrics = [
    { name: 'request_count', stat_type: 'counter', sample_rate: 1 },
    { name: 'status_count', stat_type: 'counter', sample_rate: 1 },
  ];
  const tags = (between: string) =>
    [
      'service:my_svc',
      'route:test-route',
      'workspace:0dc6f45b-8f8d-40d2-a504-473544ee190b',
      'consumer:c_1',
      'node:test-node',
      'status:200',
    ]
      .map((tag) => tag.replace(':', between))
      .join(',');
  const style = (tag_style: string) => lines(t, statsd, { metrics, tag_style }, 1);
  assert.deepEqual(await style('dogstatsd'), [`kong.request.count:1|c|#${tags(':')}`]);
  assert.deepEqual(await style('influxdb'), [`kong.request.count,${tags('=')}:1|c`]);
  assert.deepEqual(await style('librato'), [`kong.request.count#${tags('=')}:1|c`]);
  assert.deepEqual(await style('signalfx'), [`kong.request.count[${tags('=')}]:1|c`]);
});

test('datadog: the default metrics', async (t) => {
  const tags = '|#name:my.svc,status:200,consumer:c.1,app:kong';
  assert.deepEqual(await lines(t, datadog, {}, 6), [
    `kong.kong_latency:2|ms${tags}`,
    `kong.latency:12|ms${tags}`,
    `kong.request.count:1|c${tags}`,
    `kong.request.size:100|ms${tags}`,
    `kong.response.size:200|ms${tags}`,
    `kong.upstream_latency:8|ms${tags}`,
  ]);
});

test('datadog: own names of tags, types, rates', async (t) => {
  t.mock.method(Math, 'random', () => 0.1);
  const config = {
    prefix: 'p',
    service_name_tag: 'svc',
    status_tag: 'code',
    consumer_tag: 'who',
    metrics: [
      {
        name: 'latency',
        stat_type: 'distribution',
        sample_rate: 0.5,
        consumer_identifier: 'username',
        tags: ['a:b', 'c'],
      },
      { name: 'request_count', stat_type: 'counter', sample_rate: 0.05 },
    ],
  };
  assert.deepEqual(await lines(t, datadog, config, 1), [
    'p.latency:12|d|@0.5|#svc:my.svc,code:200,who:ann,a:b,c',
  ]);
});

test('what is wrong with a configuration', () => {
  const refused = (plugin: unknown, config: Record<string, unknown>, reason: RegExp) =>
    assert.throws(() => createPluginHarness(plugin as typeof statsd, config), reason);
  refused(
    statsd,
    { metrics: [{ name: 'latency', stat_type: 'counter' }] },
    /metrics\.0\.sample_rate: required field missing/,
  );
  refused(statsd, { metrics: [{ name: 'nope', stat_type: 'timer' }] }, /expected one of/);
  refused(statsd, { allow_status_codes: ['2xx'] }, /invalid value: 2xx/);
  refused(statsd, { udp_packet_size: 65_508 }, /between 0 and 65507/);
  refused(datadog, { metrics: [{ name: 'latency', stat_type: 'timer', tags: ['a:'] }] }, /invalid value: a:/);
});
