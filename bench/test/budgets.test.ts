import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGETS, type Budget, judge, judgeAll, passes } from '../report/budgets.ts';
import type { Entry, LoadResult, Round, RunResult, ScenarioResult } from '../report/results.ts';

function round(index: number, cpuUsPerRequest: number, requestsPerSecond = 1000): Round {
  const errors = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };
  const wrk = { durationUs: 1, requests: 1, bytes: 1, p50Us: 1, p90Us: 1, p99Us: 1, maxUs: 1, errors };
  return {
    round: index,
    wrk,
    cpuUs: 1,
    wallUs: 1,
    requests: 1,
    cpuUsPerRequest,
    requestsPerSecond,
    residentBytes: 1,
    foreignCpu: 0,
    logged: null,
  };
}

function entry(name: string, cpu: readonly number[], faults: readonly string[] = []): Entry {
  const rounds = cpu.map((us, index) => round(index, us));
  return { name, contestant: name.split(' ')[0]!, variant: null, rounds, forwarded: null, faults };
}

function load(scenario: string, entries: readonly Entry[], more: Partial<LoadResult> = {}): LoadResult {
  return { kind: 'load', scenario, what: '', reference: 'nginx', skipped: [], entries, ...more };
}

function run(scenarios: readonly ScenarioResult[], usableCores = 2): RunResult {
  const machine = {
    cpu: '',
    cores: usableCores,
    usableCores,
    memoryBytes: 0,
    kernel: '',
    host: '',
    loadBefore: 0,
  };
  return {
    schemaVersion: 1,
    startedAt: '',
    seconds: 0,
    command: '',
    commit: '',
    quick: false,
    machine,
    placement: '',
    versions: {},
    scenarios,
  };
}

function verdictOf(id: string, result: RunResult) {
  return judgeAll(result).find((judgement) => judgement.id === id)!;
}

test('a value on the limit keeps it; beyond the aim it is only a must', () => {
  const budget: Budget = { ...BUDGETS[0]!, must: 1.7, aim: 1.4, bound: 'most' };
  assert.equal(judge(budget, { value: 1.4 }).verdict, 'aim met');
  assert.equal(judge(budget, { value: 1.41 }).verdict, 'must met');
  assert.equal(judge(budget, { value: 1.7 }).verdict, 'must met');
  assert.equal(judge(budget, { value: 1.71 }).verdict, 'missed');
  assert.equal(judge(budget, { value: Number.NaN }).verdict, 'missed');
  const least: Budget = { ...budget, must: 1.7, aim: 1.9, bound: 'least' };
  assert.equal(judge(least, { value: 1.6 }).verdict, 'missed');
  assert.equal(judge(least, { value: 1.7 }).verdict, 'must met');
  assert.equal(judge(least, { value: 2 }).verdict, 'aim met');
});

test('plain proxying is judged by the median of the ratios of each round', () => {
  const result = run([
    load('plain', [entry('cardinal-gateway', [20, 26, 30]), entry('nginx', [10, 20, 20])]),
  ]);
  const judgement = verdictOf('plain/cardinal-gateway', result);
  assert.equal(judgement.value, 1.5);
  assert.equal(judgement.verdict, 'must met');
  assert.equal(judgement.note, 'rounds 1.30 to 2.00');
});

test('errors under load are a miss, a reference with errors cannot judge', () => {
  const faulty = entry('cardinal-gateway', [10], ['round 1: 3 read errors']);
  const missed = verdictOf('plain/cardinal-gateway', run([load('plain', [faulty, entry('nginx', [10])])]));
  assert.equal(missed.verdict, 'missed');
  assert.match(missed.note, /3 read errors/);
  const entries = [entry('cardinal-gateway', [10]), entry('nginx', [10], ['broken'])];
  assert.equal(verdictOf('plain/cardinal-gateway', run([load('plain', entries)])).verdict, 'not judged');
});

test('a contestant that did not start is a miss, one that is not there is not', () => {
  const skipped = { contestant: 'cardinal-gateway', reason: 'it ended (exit code 1)\nstack' };
  const broken = load('plain', [entry('nginx', [10])], { skipped: [{ ...skipped, broken: true }] });
  const absent = load('plain', [entry('nginx', [10])], { skipped: [{ ...skipped, broken: false }] });
  assert.deepEqual(
    [broken, absent].map((result) => verdictOf('plain/cardinal-gateway', run([result])).verdict),
    ['missed', 'not judged'],
  );
  assert.equal(verdictOf('plain/cardinal-gateway', run([broken])).note, 'it ended (exit code 1)');
});

test('routes are judged by the worse of one late route and all of them', () => {
  const result = run([
    load(
      'routes',
      [
        entry('cardinal-gateway 10 routes', [10]),
        entry('cardinal-gateway 10 routes, all hit', [10]),
        entry('cardinal-gateway 10,000 routes', [10.2]),
        entry('cardinal-gateway 10,000 routes, all hit', [13]),
      ],
      { reference: 'cardinal-gateway 10 routes' },
    ),
  ]);
  const judgement = verdictOf('routes', result);
  assert.equal(judgement.value, 1.3);
  assert.equal(judgement.verdict, 'missed');
  assert.match(judgement.note, /^all hit/);
});

test('memory after too few requests is not judged', () => {
  const MB = 1024 * 1024;
  const memory = (requests: number): RunResult =>
    run([
      {
        kind: 'memory',
        scenario: 'memory',
        what: '',
        skipped: [],
        target: 1_000_000,
        entries: [
          {
            contestant: 'cardinal-microgateway',
            idleBytes: 60 * MB,
            afterBytes: 120 * MB,
            peakBytes: 130 * MB,
            requests,
            seconds: 1,
            faults: [],
          },
        ],
      },
    ]);
  assert.equal(verdictOf('memory/idle', memory(10)).verdict, 'must met');
  assert.equal(verdictOf('memory/loaded', memory(10)).verdict, 'not judged');
  assert.equal(verdictOf('memory/loaded', memory(1_000_001)).verdict, 'missed');
});

test('two workers are judged by throughput, on four cores only', () => {
  const one = { ...entry('cardinal-gateway 1 worker', []), rounds: [round(0, 20, 1000)] };
  const two = { ...entry('cardinal-gateway 2 workers', []), rounds: [round(0, 20, 1950)] };
  const result = load('workers-2', [one, two], { reference: one.name });
  assert.match(verdictOf('workers-2', run([result], 2)).note, /needs 4 cores/);
  const judgement = verdictOf('workers-2', run([result], 4));
  assert.equal(judgement.value, 1.95);
  assert.equal(judgement.verdict, 'aim met');
});

test('the check passes only when something was judged and nothing missed', () => {
  const nothing = judgeAll(run([]));
  assert.ok(nothing.every(({ verdict }) => verdict === 'not judged'));
  assert.equal(passes(nothing), false);
  const plain = (us: number) => run([load('plain', [entry('cardinal-gateway', [us]), entry('nginx', [10])])]);
  assert.equal(passes(judgeAll(plain(15))), true);
  assert.equal(passes(judgeAll(plain(25))), false);
});
