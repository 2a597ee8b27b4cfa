/** Who gets in with a token, how often, and what is kept of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JoinToken, parseJoinToken } from '../../../shared/sync/join-token.ts';
import { Authority } from '../authority.ts';
import {
  createJoinToken,
  type JoinTokenOptions,
  listJoinTokens,
  redeemJoinToken,
  revokeJoinToken,
} from '../join-tokens.ts';
import { MemoryDocuments } from './memory-documents.ts';

const NOW = Date.UTC(2027, 0, 1);
const ORDERS = { role: 'microgateway', service: 'orders' } as const;
const USERS = { role: 'microgateway', service: 'users' } as const;
const GATEWAY = { role: 'gateway', service: null } as const;

async function made(documents: MemoryDocuments, options: JoinTokenOptions): Promise<JoinToken> {
  return parseJoinToken(await createJoinToken(documents, options, NOW)) as JoinToken;
}

test('a token names the CA and lets in whom it is for', async () => {
  const documents = new MemoryDocuments();
  const any = await made(documents, { role: 'microgateway' });
  assert.equal(any.claims.ca, (await Authority.open(documents, NOW)).fingerprint);
  assert.equal(await redeemJoinToken(documents, any, ORDERS, NOW), '*');
  assert.equal(await redeemJoinToken(documents, any, USERS, NOW), '*');
  assert.equal(await redeemJoinToken(documents, any, GATEWAY, NOW), undefined);
  assert.equal(await redeemJoinToken(documents, any, { ...ORDERS, service: null }, NOW), undefined);

  const bound = await made(documents, { role: 'microgateway', service: 'orders', calls: ['users'] });
  assert.deepEqual(await redeemJoinToken(documents, bound, ORDERS, NOW), ['users']);
  assert.equal(await redeemJoinToken(documents, bound, USERS, NOW), undefined);

  const gateway = await made(documents, { role: 'gateway' });
  assert.equal(await redeemJoinToken(documents, gateway, GATEWAY, NOW), '*');
  assert.equal(await redeemJoinToken(documents, gateway, ORDERS, NOW), undefined);
  assert.equal(await redeemJoinToken(documents, gateway, { ...GATEWAY, service: 'orders' }, NOW), undefined);
});

test('another secret, another id, another time: refused', async () => {
  const documents = new MemoryDocuments(() => NOW);
  const token = await made(documents, { role: 'microgateway', expiresAt: NOW + 1000 });
  assert.equal(await redeemJoinToken(documents, token, ORDERS, NOW + 999), '*');
  assert.equal(await redeemJoinToken(documents, token, ORDERS, NOW + 1000), undefined);
  const wrong = { ...token, secret: 'x'.repeat(43) };
  assert.equal(await redeemJoinToken(documents, wrong, ORDERS, NOW), undefined);
  const unknown = { ...token, claims: { ...token.claims, id: 'unknownunknown' } };
  assert.equal(await redeemJoinToken(documents, unknown, ORDERS, NOW), undefined);
});

test('uses are counted exactly, also when several redeem at once', async () => {
  const documents = new MemoryDocuments();
  const token = await made(documents, { role: 'microgateway', uses: 3 });
  const results = await Promise.all(
    Array.from({ length: 5 }, () => redeemJoinToken(documents, token, ORDERS, NOW).catch(() => undefined)),
  );
  const first = results.filter((calls) => calls !== undefined).length;
  assert.ok(first >= 1 && first <= 3);
  let more = 0;
  while ((await redeemJoinToken(documents, token, ORDERS, NOW)) !== undefined) more++;
  assert.equal(first + more, 3);
  assert.equal((await listJoinTokens(documents))[0]?.usesLeft, 0);
});

test('a wrong secret uses nothing up', async () => {
  const documents = new MemoryDocuments();
  const token = await made(documents, { role: 'microgateway', uses: 1 });
  await redeemJoinToken(documents, { ...token, secret: 'x'.repeat(43) }, ORDERS, NOW);
  assert.equal(await redeemJoinToken(documents, token, ORDERS, NOW), '*');
});

test('a revoked token lets nobody in', async () => {
  const documents = new MemoryDocuments();
  const token = await made(documents, { role: 'microgateway' });
  assert.equal(await revokeJoinToken(documents, token.claims.id, NOW), true);
  assert.equal(await revokeJoinToken(documents, 'unknownunknown', NOW), false);
  assert.equal(await redeemJoinToken(documents, token, ORDERS, NOW), undefined);
});

test('neither the store nor the list has a secret', async () => {
  const documents = new MemoryDocuments(() => NOW);
  const token = await made(documents, {
    role: 'microgateway',
    service: 'orders',
    expiresAt: NOW + 1000,
    uses: 2,
  });
  const list = await listJoinTokens(documents);
  assert.deepEqual(list, [
    {
      id: token.claims.id,
      role: 'microgateway',
      service: 'orders',
      calls: '*',
      createdAt: NOW,
      expiresAt: NOW + 1000,
      usesLeft: 2,
      revoked: false,
    },
  ]);
  assert.ok(!documents.dump().includes(token.secret));
});

test('options that make no sense are refused', async () => {
  const documents = new MemoryDocuments();
  const wrong: unknown[] = [
    { role: 'admin' },
    { role: 'gateway', service: 'orders' },
    { role: 'microgateway', service: '' },
    { role: 'microgateway', uses: 0 },
    { role: 'microgateway', uses: 1.5 },
    { role: 'microgateway', expiresAt: NOW },
    { role: 'microgateway', calls: [''] },
    { role: 'microgateway', calls: Array.from({ length: 1001 }, (_, i) => `s${i}`) },
  ];
  for (const options of wrong) {
    await assert.rejects(createJoinToken(documents, options as JoinTokenOptions, NOW), TypeError);
  }
  assert.deepEqual(await listJoinTokens(documents), []);
});
