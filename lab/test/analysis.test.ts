/** What a run says about itself: a good one passes its checks, a broken one does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyse } from '../report/analysis.ts';
import { blastRadius } from '../report/blast-radius.ts';
import { compareRuns } from '../report/diff.ts';
import { htmlOf } from '../report/html.ts';
import { markdownOf } from '../report/markdown.ts';
import { type MadeUp, wholeRun } from './entries.ts';

function failedChecks(change: (one: MadeUp) => MadeUp): string[] {
  return analyse(wholeRun(change))
    .checks.filter(({ passed }) => passed === false)
    .map(({ name }) => name);
}

test('a run that is in order passes every check that can be judged', () => {
  assert.deepEqual(
    failedChecks((one) => one),
    [],
  );
  const { sets, checks } = analyse(wholeRun());
  assert.ok(checks.some(({ passed }) => passed === true));
  const [set] = sets;
  const t2 = set!.rows.find(
    ({ topology, calls, kind }) => topology === 'T2' && calls === 1 && kind === 'depth',
  )!;
  assert.equal(t2.overDirect!.middle, 180);
  assert.equal(t2.overDirect!.real, true);
  assert.ok(set!.heldOut!.error < 0.02);
  // Sidecars cost 150 us more than the centre, and a round trip less.
  assert.ok(Math.abs(set!.crossover!.roundTripMs.middle - 0.15) < 0.02);
});

test('a proxy that is faster than no proxy fails the run', () => {
  assert.deepEqual(
    failedChecks((one) => (one.topology === 'T1' ? { ...one, us: one.us - 100 } : one)),
    ['standard: direct is fastest at p50'],
  );
});

test('a chain of three that takes no longer than one call fails the run', () => {
  const failed = failedChecks((one) =>
    one.topology === 'T4' && one.calls === 3 ? { ...one, us: 500 } : one,
  );
  assert.ok(failed.includes('standard: more calls take longer'), failed.join());
});

test('a hop too many fails the run', () => {
  assert.deepEqual(
    failedChecks((one) => (one.topology === 'T2' ? { ...one, parsesMore: 1 } : one)),
    ['standard: hops as in the table'],
  );
});

test('a cost that does not add up fails the run', () => {
  const failed = failedChecks((one) =>
    one.topology === 'T2' && one.calls === 3 ? { ...one, us: one.us * 2 } : one,
  );
  assert.ok(failed.includes('standard: additive model'), failed.join());
});

test('void measurements count nowhere, and are listed', () => {
  const analysis = analyse(
    wholeRun((one) =>
      one.topology === 'T3b' && one.round === 2 ? { ...one, us: 9_000_000, void: 'late' } : one,
    ),
  );
  const row = analysis.sets[0]!.rows.find(({ topology, calls }) => topology === 'T3b' && calls === 3)!;
  assert.equal(row.rounds, 4);
  assert.equal(row.voided, 1);
  assert.ok(row.maxUs < 10_000);
  assert.equal(analysis.voids.length, 4);
  assert.ok(analysis.checks.some(({ name, passed }) => name === 'validity gates' && passed === false));
});

test('a run that was cut off says so first', () => {
  const entries = wholeRun().filter(({ type }) => type !== 'end');
  assert.match(analyse(entries).caveats[0]!, /^PARTIAL/);
  assert.match(markdownOf(analyse(entries)), /\*\*partial\*\*/);
});

test('the page loads nothing, and text from outside stays text', () => {
  const html = htmlOf(analyse(wholeRun()));
  assert.ok(html.includes('<svg'));
  assert.doesNotMatch(html, /<script|<link|<img|src=|href=|url\(|https?:/);
  assert.ok(html.includes('a &lt;CPU&gt; &amp; more'));
});

test('two runs differ where their intervals do', () => {
  const before = analyse(wholeRun());
  const after = analyse(wholeRun((one) => (one.topology === 'T2' ? { ...one, us: one.us + 500 } : one)));
  const { cells, notCompared } = compareRuns(before, after);
  const slower = cells.filter(({ verdict, what }) => verdict === 'slower' && what === 'p50');
  assert.deepEqual(new Set(slower.map(({ cell }) => cell.split(' ').at(-1))), new Set(['T2']));
  assert.deepEqual(notCompared, []);
  assert.ok(compareRuns(before, before).cells.every(({ verdict }) => verdict === 'no measurable difference'));
});

test('the blast radius counts pairs, requests and time', () => {
  const radius = blastRadius({
    type: 'failure',
    key: 'x',
    policies: 'standard',
    topology: 'T3b',
    kills: 'sidecar-s2',
    hitRatio: 0.9,
    rate: 60,
    killedAtMs: 150,
    readyAtMs: 300,
    binMs: 100,
    pairs: [
      {
        name: 'a',
        sent: 20,
        failed: 0,
        bins: [
          [10, 0],
          [10, 0],
        ],
      },
      {
        name: 'b',
        sent: 40,
        failed: 10,
        bins: [
          [10, 0],
          [10, 5],
          [10, 5],
          [10, 0],
        ],
      },
    ],
  });
  assert.deepEqual(
    { ...radius, failedShare: radius.failedShare.toFixed(3) },
    { pairs: 2, pairsHit: 1, failedShare: '0.167', failingMs: 150, unrecovered: true, perSecond: [[10, 60]] },
  );
});
