/** Tokens as they are kept: hashed, cached for a second, revoked at once, their use noted once a minute. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newTokenText, parseTokenText, secretMatches } from '../token-text.ts';
import { AdminTokens, MAX_TOKENS, TOKEN_KIND } from '../tokens.ts';
import { MemoryDocuments } from './memory-documents.ts';

function tokens() {
  const documents = new MemoryDocuments();
  const clock = { now: 1_000_000 };
  const replica = () => new AdminTokens(documents, () => clock.now);
  return { documents, clock, replica, own: replica() };
}

test('the text: an id and 256 bits, nothing else is a token', () => {
  const { id, secret, text, hash } = newTokenText();
  assert.deepEqual(parseTokenText(text), { id, secret });
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  assert.ok(secretMatches(secret, hash));
  for (const other of [newTokenText().hash, '', 'zz', hash.slice(2), undefined])
    assert.ok(!secretMatches(secret, other), String(other));
  for (const wrong of ['', 'cat1', `${text}x`, text.toUpperCase(), text.replace('cat1', 'cat2'), ` ${text}`])
    assert.equal(parseTokenText(wrong), undefined, wrong);
});

test('a token is verified by its secret, and what is kept does not hold it', async () => {
  const { own, documents } = tokens();
  const { token, text } = await own.create({ role: 'write', name: 'ci', createdBy: 'local' });
  assert.deepEqual(await own.verify(text), token);
  const kept = JSON.stringify([...documents.kept.values()]);
  assert.ok(!kept.includes(parseTokenText(text)?.secret as string));
  const other = parseTokenText((await own.create({ role: 'admin', createdBy: 'x' })).text);
  assert.equal(await own.verify(`cat1.${token.id}.${other?.secret}`), undefined);
  assert.equal(await own.verify(`cat1.${'0'.repeat(16)}.${other?.secret}`), undefined);
  assert.equal(await own.verify('nonsense'), undefined);
});

test('an expired token is refused and still counts', async () => {
  const { own, clock } = tokens();
  const { text } = await own.create({ role: 'read', createdBy: 'x', expiresAt: clock.now + 5_000 });
  assert.ok(await own.verify(text));
  clock.now += 5_000;
  assert.equal(await own.verify(text), undefined);
  assert.equal(await own.count(), 1);
});

test('a revocation counts here at once, and elsewhere within a second', async () => {
  const { own, replica, clock } = tokens();
  const { token, text } = await own.create({ role: 'admin', createdBy: 'x' });
  const other = replica();
  assert.ok(await other.verify(text));
  assert.equal(await own.revoke(token.id), true);
  assert.equal(await own.verify(text), undefined);
  assert.ok(await other.verify(text));
  clock.now += 1_000;
  assert.equal(await other.verify(text), undefined);
  assert.equal(await own.revoke(token.id), false);
});

test('a read that was under way when a token was revoked does not bring it back', async () => {
  const { own, documents, clock } = tokens();
  const { token, text } = await own.create({ role: 'admin', createdBy: 'x' });
  clock.now += 1_000;
  const { documents: read } = documents;
  let release = () => {};
  documents.documents = async (kind) => {
    const result = await read.call(documents, kind);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return result;
  };
  const early = own.verify(text);
  await new Promise(setImmediate);
  documents.documents = read;
  await own.revoke(token.id);
  release();
  await early;
  assert.equal(await own.verify(text), undefined);
});

test('however many ask, the store is read once a second', async () => {
  const { own, documents, clock } = tokens();
  const { text } = await own.create({ role: 'admin', createdBy: 'x' });
  documents.reads = 0;
  const wrong = newTokenText().text;
  await Promise.all(Array.from({ length: 50 }, (_, i) => own.verify(i % 2 === 0 ? text : wrong)));
  assert.equal(documents.reads, 1);
  clock.now += 999;
  await own.verify(wrong);
  assert.equal(documents.reads, 1);
  clock.now += 1;
  await own.verify(wrong);
  assert.equal(documents.reads, 2);
});

test('the use of a token is noted once a minute, and never brings back a revoked one', async () => {
  const { own, replica, documents, clock } = tokens();
  const { token, text } = await own.create({ role: 'read', createdBy: 'x' });
  documents.writes = 0;
  for (let i = 0; i < 130; i++) {
    clock.now += 1_000;
    await own.verify(text);
    own.noteUse(token.id);
  }
  assert.equal(documents.writes, 3);
  assert.equal((await own.list())[0]?.lastUsedAt, clock.now - 9_000);
  clock.now += 60_000;
  await own.verify(text);
  await replica().revoke(token.id);
  own.noteUse(token.id);
  await new Promise(setImmediate);
  assert.equal(documents.kept.size, 0);
});

test('what cannot be understood is a token that nothing matches', async () => {
  const { own, documents } = tokens();
  for (const [key, value] of Object.entries({ a: null, b: 'x', c: { role: 'root', hash: '00' }, d: {} }))
    await documents.putDocument(TOKEN_KIND, key, value);
  assert.equal(await own.count(), 4);
  assert.equal(await own.verify(newTokenText().text), undefined);
});

test('their number is bounded', async () => {
  const { own, documents } = tokens();
  for (let i = 0; i < MAX_TOKENS; i++) await documents.putDocument(TOKEN_KIND, `t${i}`, {});
  await assert.rejects(own.create({ role: 'read', createdBy: 'x' }), { name: 'TokenRefused' });
});
