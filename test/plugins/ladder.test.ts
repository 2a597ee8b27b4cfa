/** Each bundled plugin through a real engine and real connections, at the edge and beside a service. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderPrometheus } from '../../shared/observe/prometheus-text.ts';
import { NOW, startPlugin as start, startPlugins as startWith } from './one-plugin.ts';

for (const kind of ['edge', 'inbound'] as const) {
  test(`${kind}: key-auth`, async (t) => {
    const { ask, upstream } = await start(t, kind, 'key-auth', '{ hide_credentials: true, realm: app }');
    const refused = await ask();
    assert.equal(refused.status, 401);
    assert.equal(refused.one('www-authenticate'), 'Key realm="app"');
    assert.equal(JSON.parse(refused.body.toString()).message, 'No API key found in request');
    assert.equal(JSON.parse((await ask({ apikey: 'x' })).body.toString()).message, 'Unauthorized');
    assert.equal(upstream.seen.length, 0);
    assert.equal((await ask({ apikey: 'ann-key', 'X-Consumer-Username': 'root' })).status, 200);
    const { headers, target } = upstream.seen[0]!;
    assert.equal(target, '/base/x?y=1');
    assert.equal(headers['x-consumer-username'], 'ann');
    assert.equal(headers['x-consumer-custom-id'], 'c-1');
    assert.match(String(headers['x-credential-identifier']), /^[0-9a-f-]{36}$/);
    assert.equal(headers['apikey'], undefined);
    assert.equal((await ask({}, 'GET', '/app?apikey=ann-key&z=2')).status, 200);
    assert.equal(upstream.seen[1]!.target, '/base?z=2');
  });

  test(`${kind}: basic-auth and acl`, async (t) => {
    const { ask, upstream } = await startWith(
      t,
      kind,
      '  - { name: basic-auth, config: { hide_credentials: true } }\n  - { name: acl, config: { allow: [admin] } }',
    );
    const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const nobody = await ask();
    assert.equal(nobody.status, 401);
    assert.equal(nobody.one('www-authenticate'), 'Basic realm="service"');
    assert.equal((await ask(basic('ann:sesame'))).status, 401);
    const bob = await ask(basic('bob:bobs-own'));
    assert.equal(bob.status, 403);
    assert.equal(JSON.parse(bob.body.toString()).message, 'You cannot consume this service');
    assert.equal(upstream.seen.length, 0);
    assert.equal((await ask({ ...basic('ann:open: sesame'), X_Consumer_Groups: 'root' })).status, 200);
    const { headers } = upstream.seen[0]!;
    assert.equal(headers['x-consumer-groups'], 'staff, admin');
    assert.equal(headers['x-consumer-username'], 'ann');
    assert.equal(headers['x-credential-identifier'], 'ann');
    assert.equal(headers['authorization'], undefined);
    assert.equal(headers['x_consumer_groups'], undefined);
  });

  test(`${kind}: jwt`, async (t) => {
    const { ask, upstream } = await start(t, kind, 'jwt', '{ claims_to_verify: [exp], realm: app }');
    const refused = await ask();
    assert.equal(refused.status, 401);
    assert.equal(refused.one('www-authenticate'), 'Bearer realm="app"');
    assert.equal(refused.body.toString(), '{"message":"Unauthorized"}');
    const token = (exp: number, secret = 'a-secret-of-thirty-two-characters') => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const input = `${part({ alg: 'HS256' })}.${part({ iss: 'issuer', exp })}`;
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    };
    const expired = await ask({ Authorization: `Bearer ${token(NOW / 1000)}` });
    assert.equal(expired.body.toString(), '{"exp":"token expired"}');
    const forged = await ask({ Authorization: `Bearer ${token(NOW / 1000 + 60, 'another')}` });
    assert.equal(forged.body.toString(), '{"message":"Invalid signature"}');
    assert.equal(forged.one('www-authenticate'), 'Bearer realm="app", error="invalid_token"');
    assert.equal(upstream.seen.length, 0);
    const good = token(NOW / 1000 + 60);
    for (let round = 0; round < 2; round++)
      assert.equal((await ask({ Authorization: `Bearer ${good}`, 'X-Consumer-ID': 'x' })).status, 200);
    assert.equal((await ask({}, 'GET', `/app?jwt=${good}`)).status, 200);
    for (const { headers } of upstream.seen) {
      assert.equal(headers['x-consumer-username'], 'ann');
      assert.equal(headers['x-credential-identifier'], 'issuer');
    }
  });

  test(`${kind}: hmac-auth`, async (t) => {
    const { ask, upstream } = await start(t, kind, 'hmac-auth', '{ enforce_headers: [date, request-line] }');
    const date = new Date(NOW).toUTCString();
    const sign = (line: string) => {
      const text = `date: ${date}\n${line}`;
      const signature = createHmac('sha256', 'anns-secret').update(text).digest('base64');
      return `hmac username="ann", algorithm="hmac-sha256", headers="date request-line", signature="${signature}"`;
    };
    const refused = await ask();
    assert.equal(refused.status, 401);
    assert.equal(refused.one('www-authenticate'), 'hmac');
    const signed = { Date: date, Authorization: sign('GET /app/x?y=1 HTTP/1.1') };
    assert.equal((await ask(signed)).status, 200);
    assert.equal(upstream.seen[0]!.headers['x-consumer-username'], 'ann');
    const changed = await ask(signed, 'GET', '/app/x?y=2');
    assert.equal(JSON.parse(changed.body.toString()).message, 'HMAC signature does not match');
    assert.equal((await ask(signed, 'DELETE')).status, 401);
    assert.equal(upstream.seen.length, 1);
  });

  test(`${kind}: ip-restriction`, async (t) => {
    const { ask, upstream } = await start(t, kind, 'ip-restriction', '{ allow: [10.0.0.0/8, "fd00::/8"] }');
    const refused = await ask();
    assert.equal(refused.status, 403);
    assert.equal(JSON.parse(refused.body.toString()).message, 'IP address not allowed: 127.0.0.1');
    assert.equal((await ask({ 'X-Real-IP': '11.0.0.1' })).status, 403);
    assert.equal(upstream.seen.length, 0);
    assert.equal((await ask({ 'X-Real-IP': '10.9.9.9' })).status, 200);
    assert.equal((await ask({ 'X-Real-IP': 'fd00::1' })).status, 200);
    assert.equal(upstream.seen.length, 2);
  });

  test(`${kind}: rate-limiting`, async (t) => {
    const { ask, upstream } = await start(t, kind, 'rate-limiting', '{ minute: 2, hour: 5, limit_by: ip }');
    for (const remaining of ['1', '0']) {
      const response = await ask();
      assert.equal(response.status, 200);
      assert.equal(response.one('ratelimit-limit'), '2');
      assert.equal(response.one('ratelimit-remaining'), remaining);
      assert.equal(response.one('ratelimit-reset'), '60');
      assert.equal(response.one('x-ratelimit-limit-hour'), '5');
      assert.equal(response.one('retry-after'), undefined);
    }
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.equal(refused.one('retry-after'), '60');
    assert.equal(refused.one('x-ratelimit-remaining-minute'), '0');
    assert.equal(refused.one('x-ratelimit-remaining-hour'), '3');
    assert.equal(JSON.parse(refused.body.toString()).message, 'API rate limit exceeded');
    assert.equal((await ask({ 'X-Real-IP': '192.0.2.1' })).status, 200, 'another client');
    assert.equal(upstream.seen.length, 3);
  });

  test(`${kind}: correlation-id`, async (t) => {
    const config = '{ header_name: X-Trace, generator: "uuid#counter", echo_downstream: true }';
    const { ask, upstream } = await start(t, kind, 'correlation-id', config);
    const ids = new Set<string>();
    for (let round = 0; round < 2; round++) {
      const id = (await ask()).one('x-trace')!;
      assert.match(id, /^[0-9a-f-]{36}#\d+$/);
      assert.equal(upstream.seen[round]!.headers['x-trace'], id);
      ids.add(id);
    }
    assert.equal(ids.size, 2);
    assert.equal((await ask({ 'x-trace': 'mine' })).one('x-trace'), 'mine');
    assert.equal(upstream.seen[2]!.headers['x-trace'], 'mine');
    assert.match((await ask({}, 'GET', '/nowhere')).one('x-trace')!, /#\d+$/, 'on a 404 as well');
  });

  test(`${kind}: request-termination`, async (t) => {
    const config = '{ status_code: 451, content_type: text/plain, body: "not here", trigger: stop }';
    const { ask, upstream } = await start(t, kind, 'request-termination', config);
    assert.equal((await ask()).status, 200);
    const ended = await ask({ stop: '1' });
    assert.equal(ended.status, 451);
    assert.equal(ended.one('content-type'), 'text/plain');
    assert.equal(ended.body.toString(), 'not here');
    const head = await ask({ stop: '1' }, 'HEAD');
    assert.equal(head.one('content-length'), '8');
    assert.equal(head.body.length, 0);
    assert.equal((await ask({}, 'GET', '/app?stop=')).status, 451);
    assert.equal(upstream.seen.length, 1);
  });

  test(`${kind}: prometheus`, async (t) => {
    const config =
      '{ status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, per_consumer: true }';
    const { ask, gateway, upstream } = await start(t, kind, 'prometheus', config);
    await ask();
    await ask();
    upstream.status = 503;
    await ask();
    await ask({}, 'GET', '/nowhere');
    const text = renderPrometheus(gateway.metrics.snapshot());
    const value = (series: RegExp) => Number(new RegExp(`^${series.source} (\\S+)$`, 'm').exec(text)?.[1]);
    const labels = (code: number) =>
      new RegExp(
        `kong_http_requests_total\\{service="app",route="app",code="${code}",source="service",workspace="default",consumer=""\\}`,
      );
    assert.equal(value(labels(200)), 2);
    assert.equal(value(labels(503)), 1);
    assert.equal(value(/kong_request_latency_ms_count\{service="app",route="app",workspace="default"\}/), 3);
    const bytes = value(
      /kong_bandwidth_bytes\{service="app",route="app",direction="egress",workspace="default",consumer=""\}/,
    );
    assert.ok(bytes > 300, `${bytes}`);
    assert.ok(!text.includes('code="404"'), 'what no route took is not counted');
  });

  test(`${kind}: file-log`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'ladder-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'access.log');
    const { ask, upstream } = await start(t, kind, 'file-log', `{ path: ${path} }`);
    await ask({ 'User-Agent': 'a "b" \\ c', Authorization: 'Basic c2VjcmV0' });
    await ask({}, 'GET', '/nowhere');
    let lines: string[] = [];
    for (let wait = 0; wait < 100 && lines.length < 2; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      lines = readOrNothing(path).split('\n').slice(0, -1);
    }
    const [first, second] = lines.map((line) => JSON.parse(line));
    assert.equal(first.request.uri, '/app/x?y=1');
    assert.equal(first.request.headers['user-agent'], 'a "b" \\ c');
    assert.equal(first.response.status, 200);
    assert.equal(first.service.name, 'app');
    assert.equal(first.route.name, 'app');
    assert.equal(first.upstream_uri, '/base/x?y=1');
    assert.equal(first.tries.length, 1);
    assert.equal(first.tries[0].port, upstream.port);
    assert.equal(first.client_ip, '127.0.0.1');
    assert.ok(first.latencies.request >= first.latencies.proxy);
    assert.ok(!lines.join('').includes('c2VjcmV0'), 'credentials stay out of the log');
    assert.equal(second.response.status, 404);
    assert.equal(second.service, undefined);
  });
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
