/** Answers: how long they hold, who waits for them, what happens without a server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Claims, Verdicts } from '../verdicts.ts';

const START = Date.UTC(2026, 0, 1);

/** A server whose answers come when the test says so. */
function make(ttlMs = 30_000) {
  const state = { now: START, asked: 0, failures: 0 };
  let answer: () => Promise<Claims | null> = async () => ({ active: true });
  const verdicts = new Verdicts({
    put: () => {
      state.asked++;
      return answer();
    },
    ttlMs,
    now: () => state.now,
    onFailure: () => state.failures++,
  });
  return {
    state,
    set: (next: () => Promise<Claims | null>) => (answer = next),
    on: (key = 'k') => verdicts.on(key, 'token', undefined),
  };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));
const down = () => Promise.reject(new Error('down'));

test('a positive answer holds for ttl, and one question serves all who wait', async () => {
  const { state, on } = make();
  const all = await Promise.all(Array.from({ length: 50 }, () => on()));
  assert.deepEqual(all, Array(50).fill({ active: true }));
  assert.equal(state.asked, 1);
  state.now += 29_999;
  assert.ok(!(on() instanceof Promise), 'at once');
  assert.equal(state.asked, 1);
});

test('behind ttl it is still given for a minute while it is asked for anew; then it is waited for', async () => {
  const { state, set, on } = make();
  await on();
  state.now += 30_000;
  set(async () => ({ active: true, n: 2 }));
  assert.deepEqual(on(), { active: true });
  await settle();
  assert.deepEqual(on(), { active: true, n: 2 });
  assert.equal(state.asked, 2);
  state.now += 90_000;
  assert.ok(on() instanceof Promise);
});

test('a token that has been revoked is found out by the next question', async () => {
  const { state, set, on } = make();
  await on();
  set(async () => null);
  state.now += 30_000;
  on();
  await settle();
  assert.equal(on(), null);
  assert.equal(state.asked, 2);
});

test('a negative answer holds for five seconds', async () => {
  const { state, set, on } = make();
  set(async () => null);
  assert.equal(await on(), null);
  state.now += 4999;
  assert.equal(on(), null);
  set(async () => ({ active: true }));
  state.now += 1;
  assert.deepEqual(await on(), { active: true });
  assert.equal(state.asked, 2);
});

test('no answer outlives the token, or comes before its time', async () => {
  const { state, set, on } = make();
  const exp = START / 1000 + 10;
  set(async () => ({ active: true, exp }));
  assert.ok(await on());
  state.now += 9999;
  assert.ok(on());
  state.now += 1;
  assert.equal(on(), null);
  for (const [key, claims] of [
    ['over', { exp: START / 1000 }],
    ['early', { nbf: START / 1000 + 60 }],
    ['text', { exp: '9999999999' }],
    ['nan', { exp: Number.NaN }],
    ['text nbf', { nbf: '0' }],
  ] as const) {
    set(async () => ({ active: true, ...claims }));
    assert.equal(await on(key), null, key);
  }
});

test('without a server: what is known is given for five minutes, what is not is unknown', async () => {
  const { state, set, on } = make();
  await on();
  set(down);
  assert.equal(await on('other'), 'unknown');
  state.now += 299_999;
  assert.deepEqual(await on(), { active: true });
  state.now += 10_000;
  assert.equal(await on(), 'unknown');
  set(async () => ({ active: true }));
  assert.deepEqual(await on(), { active: true });
});

test('without a server a token is over when it is over, and a negative answer stays negative no longer than it holds', async () => {
  const { state, set, on } = make();
  set(async () => ({ active: true, exp: START / 1000 + 100 }));
  await on();
  set(async () => null);
  await on('no');
  set(down);
  state.now += 100_000;
  assert.equal(await on(), null);
  assert.equal(await on('no'), 'unknown');
});

test('after five failures on end nobody waits for two seconds; a spell is told once', async () => {
  const { state, set, on } = make();
  set(down);
  for (let i = 0; i < 5; i++) await on(`k${i}`);
  assert.equal(state.asked, 5);
  assert.equal(on('next'), 'unknown', 'at once');
  assert.equal(state.asked, 5);
  state.now += 2000;
  set(async () => ({ active: true }));
  assert.ok(await on('next'));
  assert.equal(state.failures, 1);
});

test('ttl 0: every request asks, and nothing is given without an answer', async () => {
  const { state, set, on } = make(0);
  await on();
  await on();
  assert.equal(state.asked, 2);
  set(down);
  assert.equal(await on(), 'unknown');
});

test('at most 256 questions at a time', async () => {
  const { state, set, on } = make();
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  set(async () => {
    await gate;
    return { active: true };
  });
  const waiting = Array.from({ length: 256 }, (_, index) => on(`k${index}`));
  assert.equal(on('one more'), 'unknown');
  release();
  await Promise.all(waiting);
  assert.equal(state.asked, 256);
  assert.ok(await on('one more'));
});
