/**
 * The differential fuzzer: `npm run fuzz -- [--seconds N] [--seed S]`. Ends with 1 and the smallest form of
 * the case when a property does not hold.
 */
import { parseArgs } from 'node:util';
import { makeCase } from './cases.ts';
import { minimise } from './minimise.ts';
import { check } from './properties.ts';
import { Random } from './random.ts';

const REPORT_MS = 10_000;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed);
if (!Number.isFinite(seconds) || !Number.isInteger(seed) || seed < 0) {
  console.error('usage: npm run fuzz -- [--seconds N] [--seed S], both numbers');
  process.exit(2);
}

console.log(`seed ${seed}`);
const random = new Random(seed);
const started = performance.now();
let cases = 0;
let reported = started;
for (;;) {
  const now = performance.now();
  if (now - started >= seconds * 1000) break;
  if (now - reported >= REPORT_MS) {
    reported = now;
    console.log(`${cases} cases, ${Math.round(cases / ((now - started) / 1000))} cases/s`);
  }
  for (let i = 0; i < 500; i++) {
    const one = makeCase(random);
    cases++;
    const finding = check(one);
    if (finding === undefined) continue;
    const smallest = minimise(one, finding.property);
    console.log(`\ndoes not hold: ${finding.property} (seed ${seed}, case ${cases})`);
    console.log(`${smallest.method === undefined ? 'request' : `response to ${smallest.method}`}:`);
    console.log(JSON.stringify(smallest.octets.toString('latin1')));
    if (smallest.cuts.length > 0) console.log(`cut at ${smallest.cuts.join(', ')}`);
    console.log(check(smallest)?.detail ?? finding.detail);
    process.exit(1);
  }
}
console.log(
  `${cases} cases in ${Math.round((performance.now() - started) / 1000)} s, ` +
    `${Math.round(cases / ((performance.now() - started) / 1000))} cases/s, nothing found`,
);
