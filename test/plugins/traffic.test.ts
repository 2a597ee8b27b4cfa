/** The plugins that guard and steer traffic, through a real engine, at the edge and beside a service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { KINDS, startPlugin } from './one-plugin.ts';

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
}
