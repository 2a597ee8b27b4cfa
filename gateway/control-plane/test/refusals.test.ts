/** Who is not let in, and what they are told: always the same. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { parseIdentityUri } from '../../../shared/sync/identity.ts';
import { parseJoinToken, proveKey } from '../../../shared/sync/join-token.ts';
import { FakeClock } from '../../../shared/upstream/test/fake-clock.ts';
import { revokeJoinToken } from '../join-tokens.ts';
import { nodeId, PLUGIN_VERSIONS, type Running, SHOP, start } from './running.ts';
import { ask, TestNode } from './test-node.ts';

// TLS looks at the certificates of the control plane by the clock of the machine.
const NOW = Date.now();
const HOUR_MS = 3_600_000;

function orders({ port }: Running): TestNode {
  return new TestNode({ port, node: nodeId(), service: 'orders' });
}

test('whatever is wrong with a join, the answer is the same', async (t) => {
  let now = NOW;
  const running = await start(t, { now: () => now });
  const good = await running.token({ role: 'microgateway' });
  const used = await running.token({ role: 'microgateway', uses: 1 });
  assert.equal((await orders(running).join(used)).status, 200);
  const revoked = await running.token({ role: 'microgateway' });
  await revokeJoinToken(running.store, parseJoinToken(revoked)?.claims.id ?? '', now);
  const ended = await running.token({ role: 'microgateway', expiresAt: NOW + 1 });
  const other = await running.token({ role: 'microgateway', service: 'users' });
  const gateway = await running.token({ role: 'gateway' });
  now = NOW + 60_000;

  const answers: string[] = [];
  for (const token of [
    'nonsense',
    `${good.slice(0, -8)}AAAAAAAA`,
    good.replace(
      /\.[^.]+\./,
      `.${Buffer.from('{"id":"unknownunknown","ca":"' + 'a'.repeat(64) + '"}').toString('base64url')}.`,
    ),
    used,
    revoked,
    ended,
    other,
    gateway,
  ]) {
    const { status, body } = await orders(running).join(token);
    answers.push(`${status} ${body}`);
  }
  const node = orders(running);
  const proofs = [
    { proof: 'AAAA' },
    { proof: proveKey('something else', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) },
    { node: nodeId() },
    { publicKey: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' },
  ];
  now += 60_000;
  for (const wrong of proofs) {
    const { status, body } = await ask(running.port, 'POST', '/v1/join', {
      ...node.joinRequest(good),
      ...wrong,
    });
    answers.push(`${status} ${body}`);
  }
  assert.deepEqual([...new Set(answers)], ['401 {"message":"join refused"}']);
  assert.equal((await orders(running).join(good)).status, 200);
  const text = running.log.join('');
  for (const token of [good, used]) assert.ok(!text.includes(parseJoinToken(token)?.secret ?? '?'));
});

test('who fails too often has to wait, right or wrong', async (t) => {
  let now = NOW;
  const running = await start(t, { now: () => now });
  const good = await running.token({ role: 'microgateway' });
  for (let i = 0; i < 10; i++) assert.equal((await orders(running).join('nonsense')).status, 401);
  const throttled = await orders(running).join(good);
  assert.equal(throttled.status, 429);
  assert.equal(throttled.headers['retry-after'], '60');
  now += 60_000;
  assert.equal((await orders(running).join(good)).status, 200);
});

test('requests that are none', async (t) => {
  const { port } = await start(t);
  const status = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await ask(port, method, path, body)).status;
  assert.equal(await status('POST', '/v1/join', 'nonsense'), 400);
  assert.equal(await status('POST', '/v1/join', '[]'), 400);
  assert.equal(await status('POST', '/v1/join', { token: 1 }), 400);
  assert.equal(await status('POST', '/v1/join', { node: '../x', token: 'x' }), 400);
  assert.equal(await status('POST', '/v1/join', 'x'.repeat(20_000)), 413);
  assert.equal(await status('GET', '/v1/join'), 405);
  assert.equal(await status('GET', '/v1/stream'), 426);
  assert.equal(await status('GET', '/'), 404);
  assert.equal(await status('POST', '/v1/renew', {}), 401);
});

test('a node that is known as another one is not let in under its name', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const users = await running.node({ node: nodeId(), service: 'users' });
  await users.connect();
  await users.untilGeneration(2);
  const taker = new TestNode({ port: running.port, node: users.options.node, service: 'orders' });
  assert.equal((await taker.join(await running.token({ role: 'microgateway' }))).status, 401);
});

test('the store is away: nobody joins, and streams go on', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  const token = await running.token({ role: 'microgateway' });
  const store = running.store as unknown as { broken: boolean };
  store.broken = true;
  assert.equal((await orders(running).join(token)).status, 503);
  assert.equal(await node.connect(), 101);
  await node.untilGeneration(2);
  assert.equal((await node.renew()).status, 200);
  store.broken = false;
});

test('a stream needs a certificate of this control plane, in time', async (t) => {
  let now = NOW;
  const running = await start(t, { now: () => now, yaml: SHOP });
  const stranger = orders(running);
  assert.equal(await stranger.open(), 401);

  const elsewhere = await start(t, { now: () => now });
  const foreign = await elsewhere.node({ node: nodeId(), service: 'orders' });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  const own = node.identity!;
  // Trusts this control plane, shows what another one has issued.
  const mixed = new TestNode({ port: running.port, node: nodeId(), service: 'orders' });
  mixed.identity = { ...foreign.identity!, ca: own.ca };
  Object.defineProperty(mixed, 'credentials', { value: foreign.credentials });
  assert.equal(await mixed.open(), 401);

  assert.equal(await node.open({ path: '/v1/other' }), 404);
  assert.equal(await node.open({ method: 'POST' }), 405);
  assert.equal(await node.open({ protocol: 'websocket' }), 426);
  assert.equal(await node.open(), 101);
  now += 24 * HOUR_MS;
  assert.equal(await node.open(), 401);
  assert.equal((await node.renew()).status, 401);
  now -= 25 * HOUR_MS;
  assert.equal(await node.open(), 401);
});

test('a renewal gives the same identity for another day', async (t) => {
  let now = NOW;
  const running = await start(t, { now: () => now, yaml: SHOP });
  const token = await running.token({ role: 'microgateway', calls: ['users'], uses: 1 });
  const node = new TestNode({
    port: running.port,
    node: nodeId(),
    service: 'orders',
    calls: ['users', 'secret'],
    plugins: PLUGIN_VERSIONS,
  });
  t.after(() => node.close());
  await node.join(token);
  const first = node.identity!;
  now += 12 * HOUR_MS;
  assert.equal((await node.renew()).status, 200);
  const second = node.identity!;
  assert.equal(second.notAfter, first.notAfter + 12 * HOUR_MS);
  assert.equal(second.ca, first.ca);
  const uri = new X509Certificate(second.certificate).subjectAltName?.replace('URI:', '') ?? '';
  assert.deepEqual(parseIdentityUri(uri), {
    role: 'microgateway',
    service: 'orders',
    node: node.options.node,
  });
  now += 13 * HOUR_MS;
  // What it may call is what its token said, though that is used up.
  await node.connect();
  await node.untilGeneration(2);
  assert.deepEqual(node.refused, ['secret']);

  const thief = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const answer = await ask(
    running.port,
    'POST',
    '/v1/renew',
    {
      publicKey: thief.publicKey.export({ type: 'spki', format: 'pem' }),
      proof: proveKey(`cardinal-renew\n${nodeId()}`, thief.privateKey),
    },
    node.credentials,
  );
  assert.equal(answer.status, 401);
});

test('a stream ends with the certificate that it was opened with', async (t) => {
  let now = NOW;
  const clock = new FakeClock();
  const running = await start(t, { now: () => now, clock, yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await node.untilGeneration(2);
  now += 23 * HOUR_MS;
  await clock.advance(2_000);
  assert.equal(node.count('go-away'), 0);
  now += HOUR_MS;
  await clock.advance(2_000);
  await node.untilClosed();
  assert.equal(node.count('go-away'), 1);
  const closing = running.controlPlane.close();
  await clock.advance(2_000);
  await closing;
});

test('a revoked node is cut off, and comes back only with a token', async (t) => {
  let now = NOW;
  const running = await start(t, { now: () => now, yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await node.untilGeneration(2);
  now += 1000;
  assert.equal(await running.controlPlane.revokeNode(node.options.node), true);
  await node.untilClosed();
  assert.equal(await node.open(), 401);
  assert.equal((await node.renew()).status, 401);
  assert.equal(await running.controlPlane.node(node.options.node), undefined);
  now += 1000;
  assert.equal((await node.join(await running.token({ role: 'microgateway' }))).status, 200);
  assert.equal(await node.connect(), 101);
  await node.untilGeneration(2);
});

test('what one replica revokes, another one refuses', async (t) => {
  const clock = new FakeClock();
  const first = await start(t, { yaml: SHOP });
  const second = await start(t, {
    yaml: SHOP,
    store: first.store,
    node: { id: 'replica-2', version: '0.1.0' },
    clock,
  });
  assert.equal(first.controlPlane.caFingerprint, second.controlPlane.caFingerprint);
  const node = new TestNode({
    port: second.port,
    node: nodeId(),
    service: 'orders',
    plugins: PLUGIN_VERSIONS,
  });
  t.after(() => node.close());
  await node.join(await first.token({ role: 'microgateway' }));
  await node.connect();
  await node.untilGeneration(2);
  await first.controlPlane.revokeNode(node.options.node);
  await clock.advance(5_000);
  await node.untilClosed();
  assert.equal(await node.open(), 401);
  const closing = second.controlPlane.close();
  await clock.advance(2_000);
  await closing;
});

test('the listener takes TLS 1.3 and nothing older, and has a certificate that verifies', async (t) => {
  const running = await start(t, { names: ['gateway.test'] });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  const handshake = (options: object): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(
        { host: '127.0.0.1', port: running.port, ca: node.identity!.ca, ...options },
        () => {
          resolve(socket.getProtocol() ?? '');
          socket.destroy();
        },
      );
      socket.on('error', (error) => resolve(error.message));
    });
  assert.equal(await handshake({ servername: 'gateway.test' }), 'TLSv1.3');
  assert.equal(await handshake({ servername: 'localhost' }), 'TLSv1.3');
  assert.match(await handshake({ servername: 'other.test' }), /altnames/);
  assert.match(await handshake({ servername: 'localhost', maxVersion: 'TLSv1.2' }), /alert|protocol/);
});
