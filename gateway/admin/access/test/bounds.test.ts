/** What is kept in memory for callers is bounded in number and time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csrfMatches, IDLE_MS, LONGEST_MS, Sessions } from '../sessions.ts';
import { WrongTokenLimit } from '../wrong-token-limit.ts';

test('a session ends when it is idle, when it is old, when its token ends', () => {
  const clock = { now: 0 };
  const sessions = new Sessions(() => clock.now);
  const { id, session } = sessions.begin('a');
  assert.ok(csrfMatches(session, session.csrf));
  assert.ok(!csrfMatches(session, undefined));
  assert.ok(!csrfMatches(session, `${session.csrf}x`));
  clock.now += IDLE_MS - 1;
  assert.equal(sessions.find(id)?.tokenId, 'a');
  clock.now += IDLE_MS;
  assert.equal(sessions.find(id), undefined);

  const busy = sessions.begin('a').id;
  const begun = clock.now;
  while (clock.now - begun < LONGEST_MS - IDLE_MS) {
    clock.now += IDLE_MS / 2;
    assert.ok(sessions.find(busy));
  }
  clock.now = begun + LONGEST_MS;
  assert.equal(sessions.find(busy), undefined);

  const ours = sessions.begin('a').id;
  const theirs = sessions.begin('b').id;
  sessions.endOfToken('a');
  assert.equal(sessions.find(ours), undefined);
  assert.ok(sessions.find(theirs));
});

test('the oldest sessions make room', () => {
  const sessions = new Sessions(() => 0);
  const first = sessions.begin('a').id;
  const second = sessions.begin('a').id;
  assert.ok(sessions.find(first));
  for (let i = 0; i < 49; i++) sessions.begin('a');
  assert.ok(sessions.find(first), 'it was used last');
  assert.equal(sessions.find(second), undefined);
  for (let i = 0; i < 2_000; i++) sessions.begin(`t${i}`);
  assert.equal(sessions.size, 1_000);
});

test('wrong tokens: ten at once, then one every six seconds, for each address', () => {
  const clock = { now: 0 };
  const limit = new WrongTokenLimit(() => clock.now);
  for (let i = 0; i < 10; i++) assert.equal(limit.count('10.0.0.1'), 0);
  assert.equal(limit.count('10.0.0.1'), 6);
  assert.equal(limit.count('10.0.0.2'), 0);
  clock.now += 6_000;
  assert.equal(limit.count('10.0.0.1'), 0);
  assert.ok(limit.count('10.0.0.1') > 0);
});

test('a /64 of IPv6 is one address, and the table of addresses is bounded', () => {
  const limit = new WrongTokenLimit(() => 0);
  for (let i = 0; i < 10; i++) assert.equal(limit.count(`2001:db8:1:2::${i}`), 0);
  assert.ok(limit.count('2001:db8:1:2:ffff:0:0:1') > 0);
  assert.equal(limit.count('2001:db8:1:3::1'), 0);
  assert.equal(limit.count('::1'), 0);
  for (let i = 0; i < 5_000; i++) limit.count(`10.1.${i >> 8}.${i & 255}`);
  assert.equal(limit.size, 4_096);
});
