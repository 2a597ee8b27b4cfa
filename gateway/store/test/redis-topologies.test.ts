/** Redis behind TLS, behind sentinels that change its master, and as a cluster. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import {
  NO_REDIS,
  type RedisServer,
  startRedis,
  startRedisCluster,
  until,
} from '../../../test/harness/redis-server.ts';
import { type Store, StoreUnavailable } from '../contract.ts';
import { openStore } from '../open.ts';
import { commitOf, entity, increment } from './commits.ts';

const skip = NO_REDIS;

async function opened(t: TestContext, url: string): Promise<Store> {
  const store = await openStore(url);
  t.after(() => store.close());
  return store;
}

/** True when it resolves; false when the store is unavailable. */
async function works(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    assert.ok(error instanceof StoreUnavailable, String(error));
    return false;
  }
}

test('a cluster: nothing is lost, others hear of it, a node that was frozen is used again', {
  skip,
}, async (t) => {
  const servers = await startRedisCluster(t);
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const url = `redis+cluster://${addresses[0]},${addresses[1]}`;
  const store = await opened(t, url);
  const other = await opened(t, url);
  assert.equal(store.location, url);
  let called = 0;
  store.watch(() => called++);
  await other.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await until(() => called > 0);
  await Promise.all([increment(store, 20, 'node-1'), increment(other, 20, 'node-1')]);
  assert.equal((await entity(store, 'counters', 'c'))?.['value'], 40);
  await store.putDocument('token', 'a', 1, { ttlSeconds: 1000 });
  await assert.rejects(other.putDocument('token', 'a', 2, { expected: 0 }));
  assert.equal((await other.documents('token')).length, 1);
  assert.equal((await other.history()).length, 41);
  assert.equal((await store.commitsAfter(39))?.length, 2);

  const owner = await nodeOf(servers, '{cardinal}:head');
  owner.freeze();
  assert.equal(await works(() => store.commit(commitOf(42, []))), false);
  assert.equal(await works(() => store.load()), false);
  owner.thaw();
  await until(() => works(() => store.ping()));
  await until(() => works(() => other.ping()));
  const { generation } = await store.load();
  await until(() => works(() => other.commit(commitOf(generation + 1, [{ id: 'a', value: 'after' }]))));
  assert.equal((await entity(store, 'services', 'a'))?.['value'], 'after');
});

async function nodeOf(servers: readonly RedisServer[], key: string): Promise<RedisServer> {
  for (const server of servers) {
    if (!(await server.ask('EXISTS', key)).startsWith('-MOVED')) return server;
  }
  throw new Error(`no node has ${key}`);
}

test('sentinels: the new master is found after the old one died', { skip }, async (t) => {
  const master = await startRedis(t);
  const replica = await startRedis(t, { configuration: [`replicaof 127.0.0.1 ${master.port}`] });
  const sentinel = await startRedis(t, {
    sentinel: true,
    configuration: [
      'requirepass SECRET',
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 2000',
    ],
  });
  const url = `redis+sentinel://127.0.0.1:1,127.0.0.1:${sentinel.port}/main`;
  await assert.rejects(openStore(url), StoreUnavailable);
  const store = await opened(t, `${url}/0?sentinel_password=SECRET`);
  assert.equal(store.location, `${url}/0`);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await until(async () => /slave0:.*state=online/.test(await master.ask('INFO', 'replication')));
  await until(async () => (await replica.ask('HGET', '{cardinal}:head', 'generation')).includes('1'));
  await until(async () => (await replica.ask('INFO', 'replication')).includes('master_link_status:up'));
  await until(async () =>
    /num-slaves\r\n\$1\r\n1\r\n/.test(await sentinel.ask('AUTH', 'SECRET\r\nSENTINEL', 'MASTER', 'main')),
  );
  await master.kill();
  assert.equal(await works(() => store.commit(commitOf(2, []))), false);
  await until(() => works(() => store.commit(commitOf(2, [{ id: 'a', value: 2 }]))));
  assert.ok((await replica.ask('HGET', '{cardinal}:head', 'generation')).includes('2'));
});

test('TLS with a certificate of its own', { skip }, async (t) => {
  const { certificate, key } = await selfSigned();
  const server = await startRedis(t, {
    files: { 'cert.pem': certificate, 'key.pem': key },
    configuration: ['tls-cert-file cert.pem', 'tls-key-file key.pem', 'tls-auth-clients no'],
    tls: true,
  });
  const ca = join(server.folder, 'cert.pem');
  const url = `rediss://127.0.0.1:${server.tlsPort}/0`;
  const store = await opened(t, `${url}?ca=${encodeURIComponent(ca)}`);
  assert.equal(store.location, url);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  assert.equal((await store.load()).generation, 1);
  // A busy machine may run out of time before the handshake says why.
  const refusal = () =>
    openStore(url).then(
      () => 'opened',
      (error: Error) => error.message,
    );
  await until(async () => /cannot be reached: .*self-signed/.test(await refusal()));
  await assert.rejects(openStore(`${url}?ca=${encodeURIComponent(`${ca}.not`)}`), /certificates .* ENOENT/);
  await writeFile(ca, 'no certificate');
  await assert.rejects(openStore(`${url}?ca=${encodeURIComponent(ca)}`), StoreUnavailable);
});

async function selfSigned(): Promise<{ certificate: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=redis',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true),
      new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`,
  };
}
