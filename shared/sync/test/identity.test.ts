/** Identities in certificates are read exactly as they are written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_PLANE_URI, type DataPlaneIdentity, identityUri, parseIdentityUri } from '../identity.ts';

const NODE = '8c0e0a52-31a1-4b0f-9a5e-4f1f6f0d2d11';

test('an identity survives', () => {
  const identities: DataPlaneIdentity[] = [
    { role: 'gateway', service: null, node: NODE },
    ...['orders', '-', 'a.b_c~d', 'ümläut', "it's", 'a/b', '..', 'a%2Fb', 'x'.repeat(80)].map(
      (service): DataPlaneIdentity => ({ role: 'microgateway', service, node: NODE }),
    ),
  ];
  const uris = new Set<string>();
  for (const identity of identities) {
    const uri = identityUri(identity);
    assert.match(uri, /^[\w:/.~%-]+$/);
    assert.deepEqual(parseIdentityUri(uri), identity);
    uris.add(uri);
  }
  assert.equal(uris.size, identities.length);
});

test('other URIs are nobody', () => {
  for (const uri of [
    '',
    CONTROL_PLANE_URI,
    `spiffe://cardinal/control-plane/-/${NODE}`,
    `spiffe://other/gateway/-/${NODE}`,
    `spiffe://cardinal/gateway/-/${NODE}/more`,
    'spiffe://cardinal/gateway/-/..',
    `spiffe://cardinal/microgateway/%/${NODE}`,
    `spiffe://cardinal/microgateway/%6frders/${NODE}`,
  ]) {
    assert.equal(parseIdentityUri(uri), undefined, uri);
  }
});
