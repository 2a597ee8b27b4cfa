/** A signature holds for one manifest and one key. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { signingKey, signManifest, verifyManifest } from '../manifest.ts';
import type { GenerationManifest } from '../protocol.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const MANIFEST: GenerationManifest = {
  generation: 7,
  digest: 'ab'.repeat(32),
  configurationHash: 'c'.repeat(32),
  service: 'orders',
  calls: ['users'],
  issuedAt: 1,
};

test('a signature verifies, also after JSON and in another order of fields', () => {
  const signature = signManifest(MANIFEST, privateKey);
  const key = signingKey(publicKey.export({ type: 'spki', format: 'pem' }) as string);
  assert.ok(verifyManifest(MANIFEST, signature, key));
  const turned = Object.fromEntries(Object.entries(MANIFEST).reverse()) as unknown as GenerationManifest;
  assert.ok(verifyManifest(JSON.parse(JSON.stringify(turned)), signature, key));
});

test('another value of any field, another key or another signature does not', () => {
  const signature = signManifest(MANIFEST, privateKey);
  const changes: Partial<GenerationManifest>[] = [
    { generation: 8 },
    { digest: 'cd'.repeat(32) },
    { configurationHash: 'd'.repeat(32) },
    { service: 'users' },
    { service: null },
    { calls: [] },
    { calls: ['users', 'more'] },
    { issuedAt: 2 },
  ];
  for (const change of changes) {
    assert.ok(!verifyManifest({ ...MANIFEST, ...change }, signature, publicKey), JSON.stringify(change));
  }
  assert.ok(!verifyManifest(MANIFEST, signature, generateKeyPairSync('ed25519').publicKey));
  for (const wrong of ['', 'x', '='.repeat(88), 'A'.repeat(86) + '==', signature.slice(1)]) {
    assert.ok(!verifyManifest(MANIFEST, wrong, publicKey));
  }
});

test('only an Ed25519 key is taken for a signing key', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  assert.throws(() => signingKey(other.export({ type: 'spki', format: 'pem' }) as string));
  assert.throws(() => signingKey('nonsense'));
});
