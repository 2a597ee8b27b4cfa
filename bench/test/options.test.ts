import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELP, parseOptions, UsageError } from '../options.ts';

test('everything takes part unless something is named', () => {
  const options = parseOptions([]);
  assert.equal(options.rounds, 3);
  assert.ok(options.scenarios.length > 8 && options.contestants.length === 8);
  assert.equal(options.named, false);
});

test('a quick run leaves the slow scenarios out, unless they are named', () => {
  const quick = parseOptions(['--quick']).scenarios.map(({ name }) => name);
  assert.ok(quick.includes('plain') && !quick.includes('body-10m'));
  const named = parseOptions(['--quick', '--scenario', 'body-10m']).scenarios.map(({ name }) => name);
  assert.deepEqual(named, ['body-10m']);
});

test('unknown names and bad numbers are refused, saying what there is', () => {
  assert.throws(
    () => parseOptions(['--scenario', 'plan']),
    (error) => error instanceof UsageError && /there is no plan; there are plain/.test(error.message),
  );
  assert.throws(() => parseOptions(['--contestant', 'envoy']), UsageError);
  for (const rounds of ['0', '1.5', 'x', '1000']) {
    assert.throws(() => parseOptions(['--rounds', rounds]), UsageError, rounds);
  }
  assert.throws(() => parseOptions(['--fast']), UsageError);
});

test('the help names every scenario and contestant', () => {
  const { scenarios, contestants } = parseOptions([]);
  for (const { name } of scenarios) assert.ok(HELP.includes(name), name);
  for (const { id } of contestants) assert.ok(HELP.includes(id), id);
});
