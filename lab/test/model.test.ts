/** The models give back what data were made from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrap, isReal, pairedDifference } from '../measure/bootstrap.ts';
import { seededRandom } from '../measure/random.ts';
import { fitAdditive, holdOut, type Observation, rowOf } from '../model/additive.ts';
import { crossover } from '../model/crossover.ts';
import { expectedHops, hopsDiffer } from '../model/hops.ts';
import { leastSquares } from '../model/least-squares.ts';

test('least squares finds the coefficients, and says which it cannot know', () => {
  const rows = [
    [1, 1, 0],
    [1, 2, 0],
    [1, 5, 0],
    [1, 7, 0],
  ];
  const { coefficients, predict } = leastSquares(
    rows,
    rows.map(([, x]) => 3 + 2 * x!),
  );
  assert.ok(Math.abs(coefficients[0]! - 3) < 1e-6 && Math.abs(coefficients[1]! - 2) < 1e-6);
  assert.equal(coefficients[2], null);
  assert.equal(predict([1, 1, 1]), null);
  assert.ok(Math.abs(predict([1, 10, 0])! - 23) < 1e-6);
});

const PRICE = [200, 300, 150, 120, 30, 1000] as const;

function observations(noise: number): Observation[] {
  const random = seededRandom(4);
  const all: Observation[] = [];
  for (const topology of ['T0', 'T1', 'T2', 'T3i', 'T3b', 'T4'] as const) {
    for (const calls of [1, 3]) {
      for (const roundTripMs of [0, 1]) {
        const one = { topology, calls, atOnce: false, roundTripMs, hitRatio: 0.9, withPlugins: true };
        const exact = rowOf(one).reduce((sum, value, at) => sum + value * PRICE[at]!, 0);
        all.push({ ...one, value: exact * (1 + noise * (random() - 0.5)) });
      }
    }
  }
  return all;
}

test('prices are found again, and a pattern that was held out is predicted from the others', () => {
  const fitted = fitAdditive(observations(0))!;
  for (const [at, price] of Object.values(fitted.prices).entries())
    assert.ok(Math.abs(price! - PRICE[at]!) < 1, `${at}: ${price}`);
  assert.ok(fitted.worstResidual < 1e-6);
  const held = holdOut(observations(0.02), 'T3b')!;
  assert.equal(held.cells.length, 4);
  assert.ok(held.error < 0.03, `${held.error}`);
});

test('a cost that is not additive shows as a residual', () => {
  const broken = observations(0).map((one) =>
    one.topology === 'T4' && one.calls === 3 ? { ...one, value: one.value * 2 } : one,
  );
  assert.ok(fitAdditive(broken)!.worstResidual > 0.15);
});

test('the crossover is where the difference is zero, with an interval', () => {
  const random = seededRandom(9);
  const points = [];
  for (let round = 0; round < 6; round++)
    for (const roundTripMs of [0.3, 1, 5])
      points.push({ round, roundTripMs, differenceUs: 400 - 1000 * roundTripMs + 20 * (random() - 0.5) });
  const found = crossover(points)!;
  assert.ok(Math.abs(found.roundTripMs.middle - 0.4) < 0.05, `${found.roundTripMs.middle}`);
  assert.ok(
    found.roundTripMs.low <= found.roundTripMs.middle && found.roundTripMs.middle <= found.roundTripMs.high,
  );
  assert.equal(crossover(points.map((one) => ({ ...one, differenceUs: 5 }))), null);
  assert.equal(crossover(points.filter(({ roundTripMs }) => roundTripMs === 1)), null);
});

const byRound = (values: readonly number[]): Map<number, number> =>
  new Map(values.map((value, at) => [at, value]));

test('a difference is paired inside rounds: drift of the machine is not one', () => {
  const drift = [100, 200, 400, 800, 1600];
  const same = pairedDifference(byRound(drift.map((us) => us + 3)), byRound(drift))!;
  assert.equal(same.middle, 3);
  assert.equal(isReal(same, 10), false);
  const real = pairedDifference(byRound(drift.map((us, at) => us + 50 + at)), byRound(drift))!;
  assert.equal(isReal(real, 10), true);
  const noise = pairedDifference(byRound([150, 100, 500, 700, 1700]), byRound(drift))!;
  assert.equal(isReal(noise, 10), false);
  assert.equal(pairedDifference(byRound([1, 2]), byRound([1, 2])), null);
  assert.equal(
    bootstrap([1, 2], () => 1),
    null,
  );
});

test('the table of costs, and a hop too many', () => {
  const cell = { calls: 3, hitRatio: 0.9, roundTripMs: 1 };
  const t3b = expectedHops('T3b', cell, 10, true);
  assert.deepEqual(t3b, { parses: 60, chainRuns: 30, crossings: 30 });
  assert.deepEqual(expectedHops('T2', cell, 10, true), { parses: 30, chainRuns: 30, crossings: 60 });
  assert.equal(expectedHops('T7', { ...cell, roundTripMs: null }, 10, false).parses, 80);
  assert.equal(Math.round(expectedHops('T6', cell, 10, true).parses), 33);
  assert.equal(hopsDiffer(t3b, t3b, 0), null);
  assert.match(hopsDiffer(t3b, { ...t3b, parses: 90 }, 0) ?? '', /90 were counted, 60 by the model/);
});
