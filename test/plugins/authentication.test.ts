/**
 * Several authentication plugins on one route, through a real engine at the edge and beside a service: with `anonymous`
 * they are alternatives, without it all must agree; and nobody can say by a header who they are.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { record } from '../../shared/config/schema/field.ts';
import { type AnyPluginDefinition, definePlugin } from '../../shared/plugins/contract.ts';
import { startLdapServer } from '../../shared/plugins/ldap-auth/test/ldap-server.ts';
import { startAuthorizationServer } from '../../shared/plugins/oauth2-introspection/test/authorization-server.ts';
import type { ListenerRole } from '../../shared/proxy/contract.ts';
import { startGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { createCounterTable } from '../../shared/state/counter-table.ts';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import { startEcho } from '../harness/echo-server.ts';

/** An own plugin that brings groups along, without a consumer. */
const groupsPlugin = definePlugin({
  name: 'bring-groups',
  version: '1.0.0',
  priority: 1500,
  schema: { config: record({}, { required: true }) },
  create: () => ({
    access(exchange) {
      exchange.authenticate(undefined, { id: 'own', created_at: 0 });
      exchange.note('authenticated_groups', (exchange.request.headers.get('x-say') ?? '').split(' '));
    },
  }),
});
const plugins: ReadonlyMap<string, AnyPluginDefinition> = new Map([
  ...(await bundledPlugins()),
  [groupsPlugin.name, groupsPlugin as unknown as AnyPluginDefinition],
]);
const NOW = Date.UTC(2026, 0, 1, 10, 30);
const KINDS = ['edge', 'inbound'] as const;

async function start(t: TestContext, kind: (typeof KINDS)[number], list: string) {
  const upstream = await startEcho(t);
  const configuration = await configurationOf(
    `
_format_version: "3.0"
plugins:
${list}
consumers:
  - username: ann
    custom_id: c-1
    keyauth_credentials: [{ key: ann-key }]
    basicauth_credentials: [{ username: ann, password: anns-password }]
    jwt_secrets: [{ key: ann, secret: a-secret-of-thirty-two-characters }]
    hmacauth_credentials: [{ username: ann, secret: anns-secret }]
    acls: [{ group: staff }]
  - username: bob
    keyauth_credentials: [{ key: bob-key }]
    basicauth_credentials: [{ username: bob, password: bobs-password }]
    acls: [{ group: guests }]
  - username: guest
services:
  - name: app
    url: http://127.0.0.1:${upstream.port}
    routes: [{ name: app, paths: [/] }]
`,
    plugins,
  );
  const to = { protocol: 'http', host: '127.0.0.1', port: upstream.port } as const;
  const role: ListenerRole = kind === 'edge' ? { kind } : { kind, service: 'app', to };
  const now = () => NOW;
  const counters = createCounterTable({ slots: 256, now });
  const gateway = await startGateway(t, { configuration, plugins, role, now, counters });
  const client = await connect(t, gateway.port);
  return {
    upstream,
    async ask(fields: Readonly<Record<string, string>> = {}, method = 'GET', target = '/') {
      const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
      client.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`);
      const response = await client.response(method);
      const sent = response.status === 200 ? upstream.seen.at(-1)?.headers : undefined;
      return { response, status: response.status, sent };
    },
  };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const basic = (name: string) => ({ Authorization: `Basic ${base64(`${name}:${name}s-password`)}` });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
function bearer(iss: string) {
  const input = `${part({ alg: 'HS256' })}.${part({ iss })}`;
  const secret = 'a-secret-of-thirty-two-characters';
  return {
    Authorization: `Bearer ${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`,
  };
}
const FORGED = {
  'X-Consumer-ID': 'forged',
  'X-Consumer-Custom-ID': 'forged',
  X_Consumer_Username: 'forged',
  'X-Credential-Identifier': 'forged',
  'X-Anonymous-Consumer': 'forged',
  'X-Consumer-Groups': 'forged',
  'X-Authenticated-Groups': 'forged',
  'X-Authenticated-Scope': 'forged',
  'X-Authenticated-UserId': 'forged',
  'X-Credential-Scope': 'forged',
};

for (const kind of KINDS) {
  test(`${kind}: alternatives: one is enough, and the anonymous consumer is for whoever has none`, async (t) => {
    const either = ['jwt', 'key-auth', 'basic-auth', 'hmac-auth']
      .map((name) => `  - { name: ${name}, config: { anonymous: guest } }`)
      .join('\n');
    const { ask } = await start(t, kind, either);
    const date = new Date(NOW).toUTCString();
    const signature = createHmac('sha256', 'anns-secret').update(`date: ${date}`).digest('base64');
    const hmac = {
      Date: date,
      Authorization: `hmac username="ann", algorithm="hmac-sha256", headers="date", signature="${signature}"`,
    };
    for (const credentials of [{ apikey: 'ann-key' }, basic('ann'), bearer('ann'), hmac]) {
      const { status, sent } = await ask({ ...FORGED, ...credentials });
      assert.equal(status, 200);
      assert.equal(sent!['x-consumer-username'], 'ann', JSON.stringify(credentials));
      assert.equal(sent!['x-anonymous-consumer'], undefined, 'what an earlier plugin left is gone');
      assert.ok(!JSON.stringify(sent).includes('forged'));
    }
    // The first in the order of the plugins decides; those behind it are not asked.
    const first = await ask({ ...bearer('ann'), apikey: 'bob-key' });
    assert.equal(first.sent!['x-consumer-username'], 'ann');
    assert.equal(first.sent!['x-credential-identifier'], 'ann');
    for (const credentials of [{}, { apikey: 'wrong' }, { Authorization: 'Basic x' }, bearer('nobody')]) {
      const { status, sent } = await ask({ ...FORGED, ...credentials });
      assert.equal(status, 200);
      assert.equal(sent!['x-consumer-username'], 'guest');
      assert.equal(sent!['x-anonymous-consumer'], 'true');
      assert.equal(sent!['x-credential-identifier'], undefined);
      assert.ok(!JSON.stringify(sent).includes('forged'));
    }
  });

  test(`${kind}: both: every one must agree, and the last one says who it is`, async (t) => {
    const { ask, upstream } = await start(t, kind, '  - { name: key-auth }\n  - { name: basic-auth }');
    const neither = await ask();
    assert.equal(neither.status, 401);
    assert.equal(neither.response.one('www-authenticate'), 'Key', 'the first one');
    const one = await ask({ apikey: 'ann-key' });
    assert.equal(one.status, 401);
    assert.equal(one.response.one('www-authenticate'), 'Basic realm="service"');
    assert.equal((await ask(basic('ann'))).status, 401);
    assert.equal(upstream.seen.length, 0);
    const both = await ask({ ...FORGED, apikey: 'ann-key', ...basic('bob') });
    assert.equal(both.sent!['x-consumer-username'], 'bob');
    assert.equal(both.sent!['x-credential-identifier'], 'bob');
    assert.equal(both.sent!['x-consumer-custom-id'], undefined, 'nothing of the first one is left');
    assert.ok(!JSON.stringify(both.sent).includes('forged'));
  });

  test(`${kind}: one that must, behind one that may`, async (t) => {
    const list = '  - { name: key-auth, config: { anonymous: guest } }\n  - { name: basic-auth }';
    const { ask } = await start(t, kind, list);
    assert.equal((await ask()).status, 401);
    assert.equal((await ask({ apikey: 'ann-key' })).status, 401);
    const { sent } = await ask(basic('bob'));
    assert.equal(sent!['x-consumer-username'], 'bob');
    assert.equal(sent!['x-anonymous-consumer'], undefined);
  });

  test(`${kind}: an anonymous consumer that does not exist`, async (t) => {
    const { ask } = await start(t, kind, '  - { name: jwt, config: { anonymous: nobody } }');
    const { status, response } = await ask();
    assert.equal(status, 500);
    assert.equal(
      JSON.parse(response.body.toString()).message,
      "anonymous consumer nobody is configured but doesn't exist",
    );
    assert.equal((await ask(bearer('ann'))).status, 200);
  });

  test(`${kind}: acl behind alternatives: the anonymous consumer is nobody`, async (t) => {
    const list =
      '  - { name: key-auth, config: { anonymous: guest } }\n  - { name: acl, config: { allow: [staff] } }';
    const { ask } = await start(t, kind, list);
    assert.equal((await ask(FORGED)).status, 401);
    assert.equal((await ask({ ...FORGED, apikey: 'bob-key' })).status, 403);
    const { sent } = await ask({ ...FORGED, apikey: 'ann-key' });
    assert.equal(sent!['x-consumer-groups'], 'staff');
    assert.equal(sent!['x-authenticated-groups'], undefined);
    const alone = await start(t, kind, '  - { name: acl, config: { deny: [guests] } }');
    assert.equal((await alone.ask(FORGED)).status, 401, 'without an authentication nobody passes');
  });

  test(`${kind}: groups that an own plugin brings along`, async (t) => {
    const list = '  - { name: bring-groups }\n  - { name: acl, config: { allow: [staff] } }';
    const { ask } = await start(t, kind, list);
    assert.equal((await ask({ 'X-Say': 'guests' })).status, 403);
    const { sent } = await ask({ ...FORGED, 'X-Say': 'staff others' });
    assert.equal(sent!['x-authenticated-groups'], 'staff, others');
    assert.equal(sent!['x-consumer-groups'], undefined);
  });

  test(`${kind}: a session stands for a key, until it is ended`, async (t) => {
    const list = [
      '  - { name: session, config: { secret: a secret, cookie_secure: false } }',
      '  - { name: key-auth, config: { anonymous: guest } }',
      '  - { name: acl, config: { allow: [staff] } }',
    ].join('\n');
    const { ask, upstream } = await start(t, kind, list);
    const refused = await ask();
    assert.equal(refused.status, 401);
    assert.equal(refused.response.one('set-cookie'), undefined, 'the anonymous consumer has no session');
    const login = await ask({ apikey: 'ann-key' });
    const cookie = login.response.one('set-cookie')!.split(';', 1)[0]!;
    const { status, sent, response } = await ask({ ...FORGED, Cookie: `a=b; ${cookie}` });
    assert.equal(status, 200);
    assert.equal(sent!['x-consumer-username'], 'ann');
    assert.equal(sent!['x-consumer-groups'], 'staff');
    assert.equal(sent!['cookie'], 'a=b');
    assert.ok(!JSON.stringify(sent).includes('forged'));
    assert.equal(response.one('set-cookie'), undefined);
    const seen = upstream.seen.length;
    const logout = await ask({ Cookie: cookie }, 'POST', '/?session_logout=1');
    assert.equal(logout.status, 200);
    assert.match(logout.response.one('set-cookie')!, /^session=; Expires=Thu, 01 Jan 1970/);
    assert.equal(upstream.seen.length, seen);
    assert.equal((await ask({ Cookie: `session=${'A'.repeat(100)}` })).status, 401);
    // Another key begins another session.
    const other = await ask({ Cookie: 'session=x', apikey: 'ann-key' });
    assert.ok(other.response.one('set-cookie'));
  });

  test(`${kind}: a session without alternatives changes nothing`, async (t) => {
    const list = '  - { name: session, config: { secret: s } }\n  - { name: key-auth }';
    const { ask } = await start(t, kind, list);
    const cookie = (await ask({ apikey: 'ann-key' })).response.one('set-cookie')!.split(';', 1)[0]!;
    assert.equal((await ask({ Cookie: cookie })).status, 401);
  });

  test(`${kind}: ldap-auth and oauth2-introspection as alternatives`, async (t) => {
    const ldap = await startLdapServer(t);
    ldap.users.set('uid=einstein,dc=test', 'secret');
    const server = await startAuthorizationServer(t);
    server.tokens.set('opaque', { username: 'ann', scope: 'read' });
    const list = [
      `  - { name: ldap-auth, config: { anonymous: guest, ldap_host: 127.0.0.1, ldap_port: ${ldap.port}, base_dn: dc=test, attribute: uid, timeout: 1000 } }`,
      `  - { name: oauth2-introspection, config: { anonymous: guest, introspection_url: "${server.url}", authorization_value: x } }`,
      '  - { name: key-auth, config: { anonymous: guest } }',
    ].join('\n');
    const { ask } = await start(t, kind, list);
    const token = await ask({ ...FORGED, Authorization: 'Bearer opaque' });
    assert.equal(token.sent!['x-consumer-username'], 'ann');
    assert.equal(token.sent!['x-credential-scope'], 'read');
    const user = await ask({ ...FORGED, Authorization: `ldap ${base64('einstein:secret')}` });
    assert.equal(user.sent!['x-credential-identifier'], 'einstein');
    assert.equal(user.sent!['x-consumer-username'], undefined, 'no consumer, not even the anonymous one');
    assert.equal(user.sent!['x-anonymous-consumer'], undefined);
    assert.equal((await ask({ apikey: 'bob-key' })).sent!['x-consumer-username'], 'bob');
    const nobody = await ask({ ...FORGED, Authorization: 'Bearer other' });
    assert.equal(nobody.sent!['x-consumer-username'], 'guest');
    for (const { sent } of [token, user, nobody]) assert.ok(!JSON.stringify(sent).includes('forged'));
  });

  test(`${kind}: preflights that are let through carry no identity`, async (t) => {
    const list =
      '  - { name: jwt, config: { run_on_preflight: false } }\n  - { name: key-auth, config: { run_on_preflight: false } }';
    const { ask } = await start(t, kind, list);
    const { status, sent } = await ask(FORGED, 'OPTIONS');
    assert.equal(status, 200);
    assert.ok(!JSON.stringify(sent).includes('forged'));
    assert.equal((await ask(FORGED)).status, 401);
  });
}
