/** The plugins that guard and steer traffic, through a real engine, at the edge and beside a service. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { startEcho } from '../harness/echo-server.ts';
import { eventually, KINDS, startPlugin } from './one-plugin.ts';

for (const kind of KINDS) {
  test(`${kind}: cors`, async (t) => {
    const config =
      '{ origins: ["https://a.example", "^https://[a-z]+[.]b[.]example$"], credentials: true, max_age: 9 }';
    const { ask, upstream } = await startPlugin(t, kind, 'cors', config);
    const asks = { Origin: 'https://x.b.example', 'Access-Control-Request-Method': 'PUT' };
    const preflight = await ask(asks, 'OPTIONS');
    assert.equal(preflight.status, 200);
    assert.equal(preflight.body.length, 0);
    assert.equal(preflight.one('access-control-allow-origin'), 'https://x.b.example');
    assert.equal(preflight.one('access-control-allow-credentials'), 'true');
    assert.equal(preflight.one('access-control-max-age'), '9');
    assert.equal(upstream.seen.length, 0);
    const relayed = await ask({ Origin: 'https://a.example:443' });
    assert.equal(relayed.one('access-control-allow-origin'), 'https://a.example');
    assert.equal(relayed.one('vary'), 'Origin');
    const nowhere = await ask({ Origin: 'https://a.example' }, 'GET', '/nowhere');
    assert.equal(nowhere.status, 404);
    assert.equal(nowhere.one('access-control-allow-origin'), 'https://a.example');
    assert.equal((await ask({ Origin: 'https://evil' })).one('access-control-allow-origin'), undefined);
  });

  test(`${kind}: bot-detection`, async (t) => {
    const { ask, upstream } = await startPlugin(t, kind, 'bot-detection', '{ deny: ["bad"] }');
    const refused = await ask({ 'User-Agent': 'okhttp/4.1' });
    assert.equal(refused.status, 403);
    assert.equal(JSON.parse(refused.body.toString()).message, 'Forbidden');
    assert.equal((await ask({ 'User-Agent': 'a bad one' })).status, 403);
    assert.equal((await ask({ 'User-Agent': 'curl', 'user-agent': 'curl' })).status, 400);
    assert.equal((await ask({ 'User-Agent': 'curl/8' })).status, 200);
    assert.equal(upstream.seen.length, 1);
  });

  test(`${kind}: request-size-limiting`, async (t) => {
    const config = '{ allowed_payload_size: 8, size_unit: bytes }';
    const { ask, upstream, gateway } = await startPlugin(t, kind, 'request-size-limiting', config);
    assert.equal((await ask({}, 'POST', '/app', '12345678')).status, 200);
    const refused = await ask({}, 'POST', '/app', '123456789');
    assert.equal(refused.status, 413);
    assert.equal(JSON.parse(refused.body.toString()).message, 'Request size limit exceeded');
    const head = 'POST /app HTTP/1.1\r\nHost: a\r\n';
    const chunked = await connect(t, gateway.port);
    chunked.send(`${head}Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n`);
    assert.equal((await chunked.response()).status, 413);
    const asking = await connect(t, gateway.port);
    asking.send(`${head}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n`);
    assert.equal((await asking.response()).status, 417);
    assert.equal(upstream.seen.length, 1);
  });

  test(`${kind}: redirect`, async (t) => {
    const config = '{ location: "https://new.example/start", keep_incoming_path: true, status_code: 308 }';
    const { ask, upstream } = await startPlugin(t, kind, 'redirect', config);
    const sent = await ask();
    assert.equal(sent.status, 308);
    assert.equal(sent.one('location'), 'https://new.example/app/x?y=1');
    assert.equal(sent.body.toString(), 'redirecting');
    assert.equal(upstream.seen.length, 0);
  });

  test(`${kind}: request-transformer`, async (t) => {
    const config =
      '{ http_method: PUT, replace: { uri: "/new/$(query_params.y)", headers: ["Host:other.test"] }, add: { headers: ["X-Y:$(query_params.y)"], querystring: ["z:2"], body: ["b:1"] }, remove: { headers: [x-secret] } }';
    const { ask, upstream } = await startPlugin(t, kind, 'request-transformer', config);
    const fields = { 'X-Secret': '1', 'Content-Type': 'application/json' };
    assert.equal((await ask(fields, 'POST', '/app/x?y=%0d%0aa', '{"a":1}')).status, 200);
    const [seen] = upstream.seen;
    assert.equal(seen!.method, 'PUT');
    assert.equal(seen!.target, '/new/%0D%0Aa?y=%0d%0aa&z=2');
    assert.equal(seen!.headers['host'], 'other.test');
    assert.equal(seen!.headers['x-y'], 'a');
    assert.equal(seen!.headers['x-secret'], undefined);
    assert.equal(seen!.body, '{"a":1,"b":"1"}');
    assert.equal(seen!.headers['content-length'], '15');
    assert.equal((await ask({}, 'GET', '/app?y=..')).status, 400);
    assert.equal(upstream.seen.length, 1);
  });

  test(`${kind}: response-transformer`, async (t) => {
    const config =
      '{ remove: { headers: [x-echo], json: [headers, body] }, add: { headers: ["X-New:1"], json: ["n:5"], json_types: [number] } }';
    const { ask } = await startPlugin(t, kind, 'response-transformer', config);
    const response = await ask();
    assert.equal(response.status, 200);
    assert.equal(response.one('x-echo'), undefined);
    assert.equal(response.one('x-new'), '1');
    assert.deepEqual(JSON.parse(response.body.toString()), { method: 'GET', target: '/base/x?y=1', n: 5 });
    const own = await ask({}, 'GET', '/nowhere');
    assert.equal(own.status, 404);
    assert.equal(JSON.parse(own.body.toString()).n, 5);
  });

  test(`${kind}: fault-injection`, async (t) => {
    const config =
      '{ abort: { http_status: 503, header_abort: true }, delay: { fixed_delay: 5 }, headers: { x-chaos: "yes" } }';
    const { ask, upstream } = await startPlugin(t, kind, 'fault-injection', config);
    assert.equal((await ask()).status, 200);
    assert.equal((await ask({ 'X-Chaos': 'yes' })).status, 503);
    assert.equal((await ask({ 'X-Chaos': 'yes', 'X-Envoy-Fault-Abort-Request': '404' })).status, 404);
    assert.equal(upstream.seen.length, 1);
  });

  test(`${kind}: canary`, async (t) => {
    const other = await startEcho(t);
    const config = `{ percentage: 0, canary_by_header_name: X-Canary, upstream_port: ${other.port} }`;
    const { ask, upstream } = await startPlugin(t, kind, 'canary', config);
    assert.equal((await ask()).status, 200);
    assert.equal((await ask({ 'X-Canary': 'always' })).status, 200);
    assert.equal(upstream.seen.length, 1);
    assert.deepEqual(
      other.seen.map(({ target }) => target),
      ['/base/x?y=1'],
    );
  });

  test(`${kind}: mirror`, async (t) => {
    const other = await startEcho(t);
    const config = `{ url: "http://127.0.0.1:${other.port}/copy" }`;
    const { ask, upstream } = await startPlugin(t, kind, 'mirror', config);
    assert.equal((await ask({ 'X-A': '1' }, 'POST', '/app/x?y=1', 'abc')).status, 200);
    await eventually('copy', () => other.seen[0]);
    const [copy] = other.seen;
    assert.deepEqual([copy!.method, copy!.target, copy!.body], ['POST', '/copy/app/x?y=1', 'abc']);
    assert.equal(copy!.headers['x-a'], '1');
    await other.stop();
    assert.equal((await ask()).status, 200, 'nobody misses it');
    assert.equal(upstream.seen.length, 2);
    assert.equal(upstream.seen[0]!.headers['content-length'], '3');
  });

  test(`${kind}: standard-webhooks`, async (t) => {
    const { ask, upstream } = await startPlugin(t, kind, 'standard-webhooks', '{ secret_v1: s3cret }');
    const time = '1767263400';
    const signature = createHmac('sha256', 's3cret').update(`m.${time}.hello`).digest('base64');
    const fields = { 'webhook-id': 'm', 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
    assert.equal((await ask(fields, 'POST', '/app', 'hello')).status, 200);
    assert.equal((await ask(fields, 'POST', '/app', 'hellO')).status, 400);
    assert.deepEqual(
      upstream.seen.map(({ body }) => body),
      ['hello'],
    );
  });
}

for (const kind of KINDS) {
  test(`${kind}: request-validator`, async (t) => {
    const schema = '{"type":"object","required":["name"]}';
    const config = `{ version: draft7, body_schema: '${schema}', parameter_schema: [{ in: query, name: y, required: true, schema: '{"type":"integer"}' }] }`;
    const { ask, upstream } = await startPlugin(t, kind, 'request-validator', config);
    const json = { 'Content-Type': 'application/json' };
    assert.equal((await ask(json, 'POST', '/app?y=1', '{"name":1}')).status, 200);
    const refused = await ask(json, 'POST', '/app?y=1', '{}');
    assert.equal(refused.status, 400);
    assert.equal(refused.body.toString(), `{"message":"request body doesn't conform to schema"}`);
    assert.equal((await ask({}, 'GET', '/app?y=a')).status, 400);
    assert.equal((await ask({}, 'GET', '/app?y=2')).status, 200);
    assert.equal(upstream.seen[0]!.body, '{"name":1}');
    assert.equal(upstream.seen.length, 2);
  });

  for (const name of ['pre-function', 'post-function']) {
    test(`${kind}: ${name}`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'functions-'));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const module = join(folder, 'm.mjs');
      writeFileSync(
        module,
        "export default { access: (exchange) => exchange.request.headers.set('X-Made', 'here') };",
      );
      const { ask, upstream } = await startPlugin(t, kind, name, `{ module: ${module} }`);
      assert.equal((await ask()).status, 200);
      assert.equal(upstream.seen[0]!.headers['x-made'], 'here');
    });
  }
}
