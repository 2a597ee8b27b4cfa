/** The log record equals what a plain object and JSON.stringify would give, on random exchanges as well. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FinishedExchange } from '../../plugins/contract.ts';
import { makeConsumer, makeCredential, makeRoute, makeService } from '../../plugins/testkit/entities.ts';
import { TestExchange, type TestRequest, type TestUpstream } from '../../plugins/testkit/exchange.ts';
import { Random } from '../../test/random.ts';
import { logRecord } from '../log-record.ts';

async function exchange(request: TestRequest = {}, upstream: TestUpstream = {}, routed = true) {
  const made = new TestExchange({
    id: '0123456789abcdef0123456789abcdef',
    request,
    route: routed ? makeRoute({}) : undefined,
    service: routed ? makeService({}) : undefined,
    now: 1_767_225_600_123,
  });
  await made.answer({}, upstream);
  return made;
}

function objectOf(lines: (visit: (name: string, value: string) => void) => void): object {
  const object: Record<string, string | string[]> = Object.create(null);
  lines((written, value) => {
    const name = written.toLowerCase();
    const known = object[name];
    if (name === 'authorization' || name === 'proxy-authorization') object[name] = 'REDACTED';
    else object[name] = known === undefined ? value : [known, value].flat();
  });
  return object;
}

/** The same record the slow and obvious way. */
function naive(done: FinishedExchange, uri: string, querystring: object) {
  const { timings } = done;
  const ms = (value: number) => Math.round(value * 100) / 100;
  return JSON.parse(
    JSON.stringify({
      request: {
        id: done.id,
        uri,
        url: `${done.request.scheme}://${done.request.host}:${done.request.port}${uri}`,
        querystring,
        method: done.request.method,
        headers: objectOf((visit) => done.request.headers.forEach(visit)),
        size: done.bytesReceived,
        tls: done.client.tls && {
          version: done.client.tls.version,
          cipher: done.client.tls.cipher,
          client_verify: 'NONE',
        },
      },
      upstream_uri: done.upstreamTarget ?? '',
      upstream_status: [
        ...done.attempts.flatMap((attempt) => attempt.failure?.status ?? []),
        ...(done.upstreamStatus === undefined ? [] : [done.upstreamStatus]),
      ].join(', '),
      response: {
        status: done.response.status,
        headers: objectOf((visit) => done.response.headers.forEach(visit)),
        size: done.bytesSent,
      },
      latencies: {
        kong: ms(timings.gateway < 0 ? timings.total : timings.gateway),
        proxy: timings.upstream < 0 ? -1 : ms(timings.upstream),
        request: ms(timings.total),
        receive: timings.receive < 0 ? 0 : ms(timings.receive),
      },
      tries: done.attempts.map((attempt) => ({
        ip: attempt.ip,
        port: attempt.port,
        balancer_start: Math.trunc(attempt.balancerStart),
        balancer_start_ns: Math.trunc(attempt.balancerStart) * 1e6,
        balancer_latency: ms(attempt.balancerLatencyMs),
        balancer_latency_ns: Math.round(attempt.balancerLatencyMs * 1e6),
        ...(attempt.failure && { state: 'failed', code: attempt.failure.status }),
      })),
      authenticated_entity: done.credential && {
        id: done.credential.id,
        consumer_id: done.credential.consumer?.id,
      },
      route: done.route,
      service: done.service,
      consumer: done.consumer,
      client_ip: done.client.ip,
      started_at: Math.trunc(done.startedAt),
      source: done.response.source === 'upstream' ? 'upstream' : 'kong',
      ...Object.fromEntries(done.logFields),
      workspace: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
      workspace_name: 'default',
    }),
  );
}

test('a plain request', async () => {
  const done = await exchange(
    { path: '/a?x=1&y=2&x=%33&flag&p=a+b' },
    { headers: { 'Content-Type': 'text/plain' } },
  );
  const record: ReturnType<typeof JSON.parse> = JSON.parse(logRecord(done));
  assert.deepEqual(
    record,
    naive(done, '/a?x=1&y=2&x=%33&flag&p=a+b', { x: ['1', '3'], y: '2', flag: true, p: 'a b' }),
  );
  assert.equal(record.request.url, 'http://gateway.test:8000/a?x=1&y=2&x=%33&flag&p=a+b');
  assert.equal(record.source, 'upstream');
  assert.equal(record.upstream_status, '200');
});

test('without a route, answered by the gateway', async () => {
  const made = new TestExchange({
    id: 'i',
    request: { ip: '2001:db8::1', host: '::1' },
    route: undefined,
    service: undefined,
    now: 5.75,
  });
  made.fail(404, 'no Route matched with those values');
  await made.answer({}, {});
  const record = JSON.parse(logRecord(made));
  assert.equal(record.source, 'kong');
  assert.equal(record.upstream_uri, '');
  assert.equal(record.upstream_status, '');
  assert.deepEqual(record.tries, []);
  assert.deepEqual(record.latencies, { kong: 2, proxy: -1, request: 2, receive: 0 });
  assert.equal(record.request.url, 'http://[::1]:8000/');
  assert.equal(record.started_at, 5);
  for (const absent of ['route', 'service', 'consumer', 'authenticated_entity'])
    assert.ok(!(absent in record));
});

test('credentials stay out: authorization headers, and a key that was taken out of the query', async () => {
  const made = new TestExchange({
    id: 'i',
    request: {
      path: '/a?apikey=s3cret&b=1',
      headers: [
        ['Authorization', 'Bearer s3cret'],
        ['Proxy-Authorization', 'Basic s3cret'],
        ['authorization', 'again s3cret'],
      ],
    },
    route: undefined,
    service: undefined,
    now: 0,
  });
  made.request.removeQueryArg('apikey');
  await made.answer({}, {});
  const text = logRecord(made);
  assert.ok(!text.includes('s3cret'), text);
  const record = JSON.parse(text);
  assert.equal(record.request.uri, '/a?b=1');
  assert.equal(record.request.url, 'http://gateway.test:8000/a?b=1');
  assert.deepEqual(record.request.querystring, { b: '1' });
  assert.deepEqual(record.request.headers, { authorization: 'REDACTED', 'proxy-authorization': 'REDACTED' });
  made.request.removeQueryArg('b');
  assert.equal(JSON.parse(logRecord(made)).request.uri, '/a');
});

test('retries list the status of every attempt', async () => {
  const attempt = {
    ip: '10.0.0.1',
    port: 80,
    balancerStart: 1_767_225_600_200.4,
    balancerLatencyMs: 0.0123456,
  };
  const done = await exchange(
    {},
    {
      attempts: [
        { ...attempt, failure: { code: 'connect_refused', status: 502 } },
        { ...attempt, failure: undefined },
      ],
    },
  );
  const record = JSON.parse(logRecord(done));
  assert.equal(record.upstream_status, '502, 200');
  assert.deepEqual(record, naive(done, '/', {}));
});

test('log fields: plain ones, ones that replace, ones that nest', async () => {
  const done = await exchange();
  done.setLogField('correlation_id', 'a"b');
  done.setLogField('object', { n: [1, null] });
  done.setLogField('nothing', undefined);
  const circular: unknown[] = [];
  circular.push(circular);
  done.setLogField('circular', circular);
  const record = JSON.parse(logRecord(done));
  assert.equal(record.correlation_id, 'a"b');
  assert.deepEqual(record.object, { n: [1, null] });
  assert.ok(!('nothing' in record) && !('circular' in record));
  done.setLogField('request.headers', 'gone');
  done.setLogField('service', 'replaced');
  done.setLogField('a.b\\.c.d', 1);
  done.setLogField('client_ip', undefined);
  done.setLogField('__proto__.polluted', 1);
  const nested = JSON.parse(logRecord(done));
  assert.equal(nested.request.headers, 'gone');
  assert.equal(nested.service, 'replaced');
  assert.deepEqual(nested.a, { 'b.c': { d: 1 } });
  assert.ok(!('client_ip' in nested));
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(nested.correlation_id, 'a"b');
});

test('property: equals the obvious version on random exchanges', async () => {
  const random = new Random(42);
  const next = (bound: number) => random.below(bound);
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
  const text = () =>
    Array.from({ length: next(12) }, () =>
      String.fromCharCode(pick([0x22, 0x5c, 0x20, 0x41 + next(26), 0x80 + next(128)])),
    ).join('');
  const names = [
    'Host',
    'X-A',
    'x-a',
    'X-a',
    'Authorization',
    'Set-Cookie',
    'Accept',
    '__proto__',
    'constructor',
  ];
  const headers = () => Array.from({ length: next(14) }, () => [pick(names), text()] as const);
  for (let round = 0; round < 500; round++) {
    const args = Array.from(
      { length: next(4) },
      () => [pick(['a', 'b', '__proto__']), `v${next(9)}"`] as const,
    );
    const query = args.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const path = `/p${next(9)}${query === '' ? '' : `?${query}`}`;
    const consumer = next(2) === 0 ? makeConsumer({ username: text() || null }) : undefined;
    const request: TestRequest = {
      path,
      method: pick(['GET', 'POST', "X'Y"]),
      headers: headers(),
      ...(consumer && { consumer, credential: makeCredential({ consumer: consumer.id }, [], 0) }),
      ...(next(2) === 0 && {
        scheme: 'https' as const,
        tls: { version: 'TLSv1.3', cipher: 'C', sni: undefined },
      }),
    };
    const timing = () => pick([-1, next(100_000) / 1000]);
    const done = await exchange(
      request,
      {
        status: 100 + next(500),
        headers: headers(),
        timings: { total: next(9999) / 7, gateway: timing(), upstream: timing(), receive: timing() },
      },
      next(3) > 0,
    );
    if (next(2) === 0) done.setLogField('correlation_id', text());
    if (next(4) === 0) done.setLogField('x', { deep: [text(), next(9)] });
    const querystring: Record<string, string | string[]> = Object.create(null);
    for (const [name, value] of args) {
      const known = querystring[name];
      querystring[name] = known === undefined ? value : [known, value].flat();
    }
    assert.deepEqual(JSON.parse(logRecord(done)), naive(done, path, querystring));
  }
});
