/** Sliding windows: the bounds that they promise, for random traffic at injected times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCounterTable } from '../counter-table.ts';
import { SlidingWindows } from '../sliding-windows.ts';

const START = Date.UTC(2026, 0, 1);

/** A small generator with a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function start(limit: number, sizeMs: number, penalty = false) {
  let now = START;
  const counters = createCounterTable({ slots: 1024, now: () => now });
  const sliding = new SlidingWindows([{ name: 'w', sizeMs, limit }], counters);
  const usage = { used: [] as number[], resetMs: [] as number[] };
  return {
    usage,
    at(ms: number): boolean {
      now = ms;
      return sliding.take('id', ms, penalty, usage) === -1;
    },
  };
}

/** The most that lie in any span of that length. */
function mostWithin(times: readonly number[], spanMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= spanMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

for (const [limit, sizeMs, most] of [
  [10, 1000, 11],
  [1, 1000, 2],
  [100, 1000, 110],
  [15, 60_000, 17],
  [7, 250, 8],
] as const) {
  test(`a limit of ${limit} in ${sizeMs} ms never passes more than ${most} in such a span`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomOf(seed);
      const window = start(limit, sizeMs);
      const passed: number[] = [];
      let now = START + Math.floor(random() * sizeMs);
      for (let n = 0; n < 600; n++) {
        // Bursts, pauses of all lengths, and the edges of slices and windows.
        const kind = random();
        if (kind < 0.5) now += 0;
        else if (kind < 0.8) now += Math.floor((random() * sizeMs) / limit);
        else if (kind < 0.9) now += Math.floor(random() * sizeMs);
        else {
          const edge = sizeMs / (random() < 0.5 ? 1 : 10);
          now = Math.max(now, Math.ceil(now / edge) * edge - (random() < 0.5 ? 1 : 0));
        }
        if (window.at(now)) passed.push(now);
      }
      assert.ok(mostWithin(passed, sizeMs) <= most, `seed ${seed}: ${mostWithin(passed, sizeMs)}`);
    }
  });
}

test('nothing is refused that a window of 1.1 times the length would admit', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomOf(seed);
    const window = start(10, 1000);
    const passed: number[] = [];
    let now = START;
    for (let n = 0; n < 400; n++) {
      now += Math.floor(random() * 220);
      const inLonger = passed.filter((time) => time > now - 1100).length;
      const admitted = window.at(now);
      if (!admitted) assert.ok(inLonger >= 10, `seed ${seed}: refused with ${inLonger}`);
      else passed.push(now);
    }
  }
});

test('steady traffic at the limit passes', () => {
  for (const [limit, sizeMs] of [
    [10, 1000],
    [1000, 1000],
    [600, 60_000],
  ] as const) {
    const window = start(limit, sizeMs);
    const step = sizeMs / limit;
    let passed = 0;
    for (let n = 0; n < limit * 3; n++) if (window.at(START + step / 2 + n * step)) passed++;
    assert.equal(passed, limit * 3, `${limit}`);
  }
});

test('a burst over the edge of a window does not pass twice', () => {
  const window = start(10, 1000);
  let passed = 0;
  for (let n = 0; n < 10; n++) if (window.at(START + 990)) passed++;
  for (let n = 0; n < 10; n++) if (window.at(START + 1010)) passed++;
  assert.equal(passed, 10);
});

test('penalty: who does not slow down stays out', () => {
  const strict = start(2, 1000, true);
  const mild = start(2, 1000, false);
  let [ofStrict, ofMild] = [0, 0];
  for (let ms = 0; ms < 10_000; ms += 100) {
    if (strict.at(START + ms)) ofStrict++;
    if (mild.at(START + ms)) ofMild++;
  }
  assert.equal(ofStrict, 2);
  assert.ok(ofMild >= 17, `${ofMild}`);
  assert.ok(strict.usage.used[0]! >= 10);
});

test('several windows: refused in one, counted in none', () => {
  let now = START;
  const counters = createCounterTable({ slots: 1024, now: () => now });
  const limits = [
    { name: 'a', sizeMs: 1000, limit: 1 },
    { name: 'b', sizeMs: 60_000, limit: 2 },
  ];
  const sliding = new SlidingWindows(limits, counters);
  const usage = { used: [] as number[], resetMs: [] as number[] };
  assert.equal(sliding.take('x', now, false, usage), -1);
  assert.equal(sliding.take('x', now, false, usage), 0);
  assert.deepEqual(usage.used, [1, 1]);
  now += 1500;
  assert.equal(sliding.take('x', now, false, usage), -1);
  now += 1500;
  assert.equal(sliding.take('x', now, false, usage), 1);
  assert.equal(usage.resetMs[1], 66_000 - 3000);
  assert.equal(sliding.take('y', now, false, usage), -1, 'another identity');
});
