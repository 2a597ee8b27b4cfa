/** A run that was cut off goes on where it was: nothing is measured twice, nothing is missing at the end. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Generator } from '../load/generator.ts';
import { builtInPolicySet } from '../policies/policy-set.ts';
import { Journal } from '../run/journal.ts';
import type { Plan } from '../run/plan.ts';
import type { MeasurementEntry } from '../run/records.ts';
import { runPlan } from '../run/run.ts';
import { startEntry } from './entries.ts';

const PLAN: Plan = {
  ...startEntry().plan,
  enoughAfterSeconds: null,
  environments: [
    {
      policies: 'key-auth',
      topologies: ['T0', 'T1', 'T3o'],
      depth: 1,
      warmUpRequests: 20,
      controlPlane: false,
      failures: [],
      cells: [
        {
          kind: 'depth',
          calls: 1,
          roundTripMs: null,
          hitRatio: 0.9,
          topologies: ['T0', 'T1', 'T3o'],
          rounds: 2,
          rate: 50,
          seconds: 0.1,
        },
      ],
    },
  ],
};

test('a run goes on after an interruption, and leaves out what must not be compared', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-resume-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'journal.jsonl');
  const run = async (journal: Journal, stopAfter: number): Promise<void> => {
    const generator = new Generator(null);
    const interrupt = new AbortController();
    let steps = 0;
    try {
      await runPlan({
        plan: PLAN,
        journal,
        generator,
        placement: { cores: [0], proxy: null, secondProxy: null, origin: null, load: null },
        directory: folder,
        portBase: undefined,
        policySet: async (_, directory) => builtInPolicySet('key-auth', join(directory, 'access.log')),
        startedMs: performance.now(),
        signal: interrupt.signal,
        progress: (text) => {
          if (text.includes(' of at most ') && steps++ === stopAfter)
            interrupt.abort(new Error('interrupted'));
        },
        notice: () => {},
      });
    } finally {
      generator.stop();
      journal.close();
    }
  };
  const measured = (journal: Journal): MeasurementEntry[] =>
    journal.entries.filter((entry) => entry.type === 'measurement');

  const first = Journal.create(file);
  first.append({ ...startEntry(), plan: PLAN });
  await assert.rejects(run(first, 2), /interrupted/);
  const before = measured(first).map(({ key }) => key);
  assert.equal(before.length, 2);

  const second = Journal.resume(file);
  await run(second, Number.POSITIVE_INFINITY);
  const after = measured(second);
  assert.deepEqual(
    after.slice(0, 2).map(({ key }) => key),
    before,
  );
  assert.equal(new Set(after.map(({ key }) => key)).size, after.length);
  for (const topology of ['T0', 'T1']) {
    const rounds = after.filter((one) => one.topology === topology).map(({ round }) => round);
    assert.ok(rounds.includes(0) && rounds.includes(1), `${topology}: ${rounds}`);
  }
  // Nobody enforces the key there: it has been asked, and is not timed.
  assert.ok(after.every(({ topology }) => topology !== 'T3o'));
  assert.equal(second.entries.filter(({ type }) => type === 'verdicts').length, 1);
});
