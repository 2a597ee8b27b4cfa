/** Whom a data plane believes, and to whom it shows its token and its certificate. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { NoIdentityError } from '../../shared/sync/agent/contract.ts';
import { openIdentityStore } from '../../shared/sync/agent/identity-store.ts';
import { certificateFingerprint, formatJoinToken } from '../../shared/sync/join-token.ts';
import { systemClock } from '../../shared/upstream/clock.ts';
import { eventually, folder } from '../process/cardinal-process.ts';
import { startAgent } from './agent-under-test.ts';
import { FakeAuthority } from './fake-authority.ts';
import { FakeControlPlane } from './fake-control-plane.ts';
import { ordersConfiguration } from './fixture.ts';

test('a token of another control plane: its secret is not sent', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const other = await FakeControlPlane.start(t);
  const { agent } = await startAgent(t, { url: plane.url, token: other.token });
  const { lastError } = await eventually(
    async () => agent.status(),
    (status) => status.lastError !== null,
  );
  assert.match(lastError?.message ?? '', /not the one of the join token/);
  assert.equal(plane.joinAttempts, 0);
});

test('a certificate that the same CA gave to a data plane does not pass for that of a control plane', async (t) => {
  const ca = await FakeAuthority.create();
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const identity = { role: 'microgateway', service: 'evil', node: 'evil' } as const;
  const certificate = await ca.forDataPlane(keys.publicKey, identity, 3_600_000);
  let asked = 0;
  const server = createServer(
    {
      key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: `${certificate}\n${ca.certificate}`,
    },
    (_, response) => {
      asked++;
      response.end('{}');
    },
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const token = formatJoinToken({
    claims: { id: 'token-of-tests', ca: certificateFingerprint(new X509Certificate(ca.certificate).raw) },
    secret: 's'.repeat(43),
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { agent } = await startAgent(t, { url, token });
  await eventually(
    async () => agent.status(),
    ({ lastError }) => lastError?.message === 'the certificate there is not that of a control plane',
  );
  assert.equal(asked, 0, 'nothing was sent');
});

test('a token that is refused: told, and tried again; nothing ends', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  plane.refuse = { status: 403, message: 'the token has been used' };
  const { agent, counted } = await startAgent(t, plane);
  await eventually(
    async () => agent.status(),
    ({ lastError }) => lastError?.message === '403 the token has been used',
  );
  assert.match(agent.nothingToServe() ?? '', /waiting for the control plane .*the token has been used/);
  assert.ok(counted('connect_failures_total') > 0);
  plane.refuse = undefined;
  await plane.frame('ack');
  assert.equal(agent.nothingToServe(), undefined);
});

test('neither a token nor an identity: it says so at once', async (t) => {
  const plane = await FakeControlPlane.start(t);
  await assert.rejects(startAgent(t, { url: plane.url, token: '' }), NoIdentityError);
});

test('a certificate that is no longer taken: joined anew with the token', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  const { agent, applied } = await startAgent(t, plane);
  await plane.frame('ack');
  plane.refuse = { status: 401, message: 'revoked' };
  plane.disconnectAll();
  await eventually(
    async () => agent.status(),
    ({ lastError }) => lastError?.message === '401 revoked',
  );
  plane.refuse = undefined;
  agent.reconnect();
  await eventually(
    async () => plane.joins,
    (joins) => joins === 2,
  );
  assert.equal(applied.length, 1);
});

test('at half of its life the certificate is renewed for a new key; what signs generations may change', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  plane.lifetimeMs = 600_000;
  const dataDir = await folder(t);
  let skew = 0;
  const timers: { run: () => void; delayMs: number }[] = [];
  const clock = {
    ...systemClock,
    random: () => 0.01,
    wallNow: () => Date.now() + skew,
    after(delayMs: number, run: () => void) {
      if (delayMs < 100_000) return systemClock.after(delayMs, run);
      const timer = { run, delayMs };
      timers.push(timer);
      return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
    },
  };
  const { agent } = await startAgent(t, plane, { dataDir, clock });
  await plane.frame('ack');
  const before = await openIdentityStore(dataDir).load(() => {});
  const renewal = await eventually(
    async () => timers.at(-1),
    (timer) => timer !== undefined,
  );
  assert.ok(renewal!.delayMs > 100_000 && renewal!.delayMs < 330_000, String(renewal!.delayMs));
  skew = renewal!.delayMs + 1;
  plane.signing = generateKeyPairSync('ed25519').privateKey;
  renewal!.run();
  const after = await eventually(
    async () => openIdentityStore(dataDir).load(() => {}),
    (identity) => identity?.certificate !== before?.certificate,
  );
  assert.equal(plane.renewals, 1);
  assert.notEqual(after?.privateKey, before?.privateKey);
  assert.equal(after?.previousSigningKey, before?.signingKey);
  assert.equal(agent.status().connected, true, 'the connection stays');
  const signedAnew = plane.publish(await ordersConfiguration({ path: '/signed-anew' }));
  await plane.frame('ack', 0, ({ digest }) => digest === signedAnew.manifest.digest);
  await agent.close();
  await rm(join(dataDir, 'generations/000000000002.generation'));

  // What the key before signed is still on disk, and still good.
  const again = await startAgent(t, plane, { dataDir });
  assert.deepEqual(again.applied[0]?.routes[0]?.paths, ['/orders']);
  assert.equal(again.counted('disk_fallbacks_total'), 0);
});

test('an identity that is broken or of another service is not used', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const dataDir = await folder(t);
  const first = await startAgent(t, plane, { dataDir });
  await plane.frame('hello');
  await first.agent.close();
  const path = join(dataDir, 'identity.json');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const identity = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...identity, service: 'payments' }));
  const second = await startAgent(t, plane, { dataDir });
  await plane.frame('hello', 1);
  assert.equal(plane.joins, 2);
  assert.ok(second.log.some(({ message }) => message.includes('that of another node')));
  await second.agent.close();
  await writeFile(path, '{');
  const third = await startAgent(t, plane, { dataDir });
  await plane.frame('hello', 2);
  assert.equal(plane.joins, 3);
  assert.ok(third.log.some(({ message }) => message.includes('the identity on disk cannot be used')));
});
