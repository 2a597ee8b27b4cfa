/** The plugins that tell others about requests, through a real engine, at the edge and beside a service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpReceiver, tcpReceiver, udpReceiver } from '../../shared/plugins/senders/test/receivers.ts';
import { KINDS, startPlugin } from './one-plugin.ts';

const QUEUE = 'queue: { max_coalescing_delay: 0.01 }';

for (const kind of KINDS) {
  test(`${kind}: http-log`, async (t) => {
    const to = await httpReceiver(t);
    const { ask } = await startPlugin(
      t,
      kind,
      'http-log',
      `{ http_endpoint: "http://127.0.0.1:${to.port}/in", ${QUEUE} }`,
    );
    await ask();
    await ask({}, 'GET', '/nowhere');
    await to.until(2);
    const records = to.requests.map(({ body }) => JSON.parse(body.toString()));
    assert.deepEqual(
      records.map(({ request, response, route }) => [request.uri, response.status, route?.name]),
      [
        ['/app/x?y=1', 200, 'app'],
        ['/nowhere', 404, undefined],
      ],
    );
  });

  test(`${kind}: an http-log whose server is gone slows no request and holds a bounded number of records`, async (t) => {
    const config =
      '{ http_endpoint: "http://127.0.0.1:1/", queue: { max_coalescing_delay: 0, max_entries: 10, max_retry_time: 60 } }';
    const { ask, gateway } = await startPlugin(t, kind, 'http-log', config);
    for (let i = 0; i < 50; i++) assert.equal((await ask()).status, 200);
    assert.equal(gateway.counted('cardinal_queue_dropped_entries_total', { reason: 'queue_full' }), 40);
  });

  test(`${kind}: a queue outlives a reload, and hands over what waits at the end`, async (t) => {
    const to = await httpReceiver(t);
    const config = `{ http_endpoint: "http://127.0.0.1:${to.port}/", queue: { max_batch_size: 10, max_coalescing_delay: 60 } }`;
    const { ask, gateway, configuration } = await startPlugin(t, kind, 'http-log', config);
    await ask();
    await gateway.reload(configuration);
    await ask();
    assert.equal(to.requests.length, 0);
    await gateway.engine.close();
    const records = to.requests.map(({ body }) => JSON.parse(body.toString()).length);
    assert.deepEqual(records, [2], 'one batch: one queue');
  });

  for (const [name, more] of [
    ['udp-log', ''],
    ['syslog', ''],
    ['loggly', ', key: k'],
  ] as const) {
    test(`${kind}: ${name}`, async (t) => {
      const to = await udpReceiver(t);
      const { ask } = await startPlugin(t, kind, name, `{ host: 127.0.0.1, port: ${to.port}${more} }`);
      await ask();
      const [message] = await to.until(1);
      assert.equal(JSON.parse(message!.slice(message!.indexOf('{"request"'))).request.uri, '/app/x?y=1');
    });
  }

  test(`${kind}: tcp-log`, async (t) => {
    const to = await tcpReceiver(t);
    const { ask } = await startPlugin(t, kind, 'tcp-log', `{ host: 127.0.0.1, port: ${to.port} }`);
    await ask();
    const [line] = await to.until(1);
    assert.equal(JSON.parse(line!).response.status, 200);
  });

  test(`${kind}: statsd and datadog`, async (t) => {
    const stats = await udpReceiver(t);
    const metrics = '[{ name: status_count, stat_type: counter, sample_rate: 1 }]';
    const first = await startPlugin(
      t,
      kind,
      'statsd',
      `{ host: 127.0.0.1, port: ${stats.port}, metrics: ${metrics}, ${QUEUE} }`,
    );
    await first.ask();
    assert.deepEqual(await stats.until(1), ['kong.service.app.status.200:1|c']);
    const agent = await udpReceiver(t);
    const second = await startPlugin(
      t,
      kind,
      'datadog',
      `{ host: 127.0.0.1, port: ${agent.port}, ${QUEUE} }`,
    );
    await second.ask();
    assert.ok((await agent.until(6)).includes('kong.request.count:1|c|#name:app,status:200,app:kong'));
  });

  test(`${kind}: opentelemetry`, async (t) => {
    const to = await httpReceiver(t);
    const config = `{ traces_endpoint: "http://127.0.0.1:${to.port}/v1/traces", sampling_rate: 1, ${QUEUE} }`;
    const { ask, upstream } = await startPlugin(t, kind, 'opentelemetry', config);
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await ask({ traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: 'a=b' });
    await to.until(1);
    const { headers } = upstream.seen[0]!;
    assert.match(String(headers['traceparent']), new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    assert.equal(headers['tracestate'], 'a=b');
    const { body } = to.requests[0]!;
    assert.ok(body.includes(Buffer.from(trace, 'hex')));
    assert.ok(body.includes('kong.balancer'));
    await ask({ traceparent: `00-${trace}-b7ad6b7169203331-00` });
    assert.match(String(upstream.seen[1]!.headers['traceparent']), /-00$/);
  });

  test(`${kind}: zipkin`, async (t) => {
    const to = await httpReceiver(t);
    const config = `{ http_endpoint: "http://127.0.0.1:${to.port}/spans", sample_ratio: 1, ${QUEUE} }`;
    const { ask, upstream } = await startPlugin(t, kind, 'zipkin', config);
    await ask();
    await to.until(1);
    const spans = JSON.parse(to.requests[0]!.body.toString()) as {
      id: string;
      name: string;
      duration: number;
    }[];
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['GET', 'GET (proxy)', 'GET (balancer try 1)'],
    );
    assert.equal(upstream.seen[0]!.headers['x-b3-spanid'], spans[1]!.id);
    for (const span of spans) assert.ok(span.duration > 0);
  });
}
