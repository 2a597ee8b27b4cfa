import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Io } from '../../shared/cli/command.ts';
import { runOptions } from '../options.ts';
import { makePlan } from '../run/plan.ts';
import { PLAN_OPTIONS } from './entries.ts';

const io = { cwd: '/here' } as Io;
const read = (flags: Record<string, string>) => runOptions({ flags: new Map(Object.entries(flags)), io });

test('direct calls are always in: everything is compared with them', () => {
  assert.deepEqual(read({ topologies: 'T3b,T2' }).plan.topologies, ['T0', 'T2', 'T3b']);
  assert.equal(read({}).plan.topologies.length, 9);
});

test('what is wrong is named, with what would be right', () => {
  const wrong: readonly [Record<string, string>, RegExp][] = [
    [{ topologies: 'T3x' }, /there is no T3x/],
    [{ policies: 'standart' }, /there is no standart/],
    [{ depths: '8' }, /--depths: 8 is not a whole number from 1 to 7/],
    [{ rounds: '1.5' }, /--rounds/],
    [{ rtt: 'x' }, /--rtt: x is not a number/],
    [{ header: 'apikey' }, /is no header/],
    [{ config: 'a.yml', policies: 'none' }, /exclude each other/],
  ];
  for (const [flags, message] of wrong) {
    assert.throws(
      () => read(flags),
      (error) => error instanceof CliError && error.exitCode === 64 && message.test(error.message),
    );
  }
});

test('header names and values come apart at the first colon', () => {
  assert.deepEqual(read({ header: 'Authorization: Bearer a:b\napikey:x' }).plan.requestHeaders, {
    authorization: 'Bearer a:b',
    apikey: 'x',
  });
});

test('the plan holds what was asked for, and the example of seven calls is in unless policies are named', () => {
  const plan = makePlan({
    ...PLAN_OPTIONS,
    depths: [2],
    policies: ['key-auth'],
    roundTripsMs: [3],
    rounds: 1,
  });
  assert.deepEqual(
    plan.environments.map(({ policies }) => policies),
    ['key-auth'],
  );
  assert.deepEqual(plan.roundTripsMs, [3]);
  assert.ok(plan.environments[0]!.cells.some(({ kind, calls }) => kind === 'depth' && calls === 2));
  const whole = makePlan(PLAN_OPTIONS);
  const article = whole.environments.find(({ policies }) => policies === 'middleware-100ms')!;
  assert.equal(article.depth, 7);
});
