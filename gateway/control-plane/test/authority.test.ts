/** One CA for all replicas, and certificates that say exactly who may get what. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { parseIdentityUri } from '../../../shared/sync/identity.ts';
import { signingKey, verifyManifest } from '../../../shared/sync/manifest.ts';
import { Authority } from '../authority.ts';
import { MemoryDocuments } from './memory-documents.ts';

const NOW = Date.UTC(2027, 0, 1);
const HOUR_MS = 3_600_000;
const ORDERS = { role: 'microgateway', service: 'orders', node: 'node-1' } as const;
const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const GRANT = { calls: ['users', 'ümläut'], now: NOW, lifetimeMs: 24 * HOUR_MS };

test('replicas that start at the same moment agree on one CA and one signing key', async () => {
  const documents = new MemoryDocuments();
  const replicas = await Promise.all(Array.from({ length: 4 }, () => Authority.open(documents, NOW)));
  assert.equal(new Set(replicas.map(({ fingerprint }) => fingerprint)).size, 1);
  const { publicKey } = keyPair();
  const keys = await Promise.all(replicas.map((one) => one.issue(publicKey, ORDERS, GRANT)));
  assert.equal(new Set(keys.map((identity) => identity.signingKey)).size, 1);
  const [first, second] = replicas as [Authority, Authority];
  const issued = new X509Certificate((await first.issue(publicKey, ORDERS, GRANT)).certificate);
  assert.deepEqual(second.peer(issued.raw)?.identity, ORDERS);
  const later = await Authority.open(documents, NOW + HOUR_MS);
  assert.equal(later.fingerprint, first.fingerprint);
});

test('a certificate of a data plane', async () => {
  const authority = await Authority.open(new MemoryDocuments(), NOW);
  const { publicKey } = keyPair();
  const identity = await authority.issue(publicKey, ORDERS, GRANT);
  const certificate = new X509Certificate(identity.certificate);
  assert.ok(certificate.verify(createPublicKey(authority.caCertificate)));
  assert.ok(certificate.publicKey.equals(publicKey));
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  const uri = certificate.subjectAltName?.replace(/^URI:/, '') ?? '';
  assert.deepEqual(parseIdentityUri(uri), ORDERS);
  assert.equal(certificate.validToDate.getTime(), NOW + 24 * HOUR_MS);
  assert.equal(identity.notAfter, NOW + 24 * HOUR_MS);
  assert.deepEqual(authority.peer(certificate.raw), {
    identity: ORDERS,
    calls: GRANT.calls,
    issuedAt: NOW,
    notBefore: NOW - 5 * 60_000,
    notAfter: NOW + 24 * HOUR_MS,
  });
});

test('a long list of calls is kept, and so is the right to call all', async () => {
  const authority = await Authority.open(new MemoryDocuments(), NOW);
  for (const calls of ['*' as const, [], Array.from({ length: 400 }, (_, i) => `service-${i}`)]) {
    const { certificate } = await authority.issue(keyPair().publicKey, ORDERS, { ...GRANT, calls });
    assert.deepEqual(authority.peer(new X509Certificate(certificate).raw)?.calls, calls);
  }
});

test('certificates of others are nobody: another CA, the CA itself, the listener', async () => {
  const authority = await Authority.open(new MemoryDocuments(), NOW);
  const other = await Authority.open(new MemoryDocuments(), NOW);
  const foreign = await other.issue(keyPair().publicKey, ORDERS, GRANT);
  const listener = await authority.listenerCertificate(['localhost'], NOW);
  for (const pem of [foreign.certificate, authority.caCertificate, listener.certificate]) {
    assert.equal(authority.peer(new X509Certificate(pem).raw), undefined);
  }
  assert.equal(authority.peer(Buffer.from('nonsense')), undefined);
  const good = new X509Certificate((await authority.issue(keyPair().publicKey, ORDERS, GRANT)).certificate)
    .raw;
  const changed = Buffer.from(good);
  changed[changed.indexOf('orders')] = 0x78;
  assert.notEqual(authority.peer(good), undefined);
  assert.equal(authority.peer(changed), undefined);
});

test('the listener has a certificate for its names, kept until two thirds of its time are over', async () => {
  const documents = new MemoryDocuments();
  const authority = await Authority.open(documents, NOW);
  const names = ['gateway.test', '127.0.0.1', '::1'];
  const first = await authority.listenerCertificate(names, NOW);
  const certificate = new X509Certificate(first.certificate);
  assert.ok(certificate.checkHost('gateway.test'));
  assert.ok(certificate.checkIP('127.0.0.1'));
  assert.ok(certificate.checkIP('::1'));
  assert.equal(certificate.checkHost('other.test'), undefined);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.ok(certificate.checkIssued(new X509Certificate(authority.caCertificate)));

  const again = await authority.listenerCertificate([...names].reverse(), first.renewAt - 1);
  assert.equal(again.certificate, first.certificate);
  const other = await authority.listenerCertificate([...names, 'more.test'], NOW);
  assert.notEqual(other.certificate, first.certificate);
  const next = await authority.listenerCertificate(names, first.renewAt);
  assert.notEqual(next.certificate, first.certificate);
  assert.ok(first.renewAt < certificate.validToDate.getTime());
});

test('manifests are signed with the key that identities carry', async () => {
  const authority = await Authority.open(new MemoryDocuments(), NOW);
  const manifest = {
    generation: 1,
    digest: 'ab'.repeat(32),
    configurationHash: 'c'.repeat(32),
    service: null,
    calls: [],
    issuedAt: NOW,
  };
  const identity = await authority.issue(keyPair().publicKey, ORDERS, GRANT);
  assert.ok(verifyManifest(manifest, authority.sign(manifest), signingKey(identity.signingKey)));
});
