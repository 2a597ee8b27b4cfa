/** Two workers against one. Only four cores leave each worker, the origin and the load generator its own. */

import { PLAIN } from '../contestants/contestant.ts';
import { SMALL_BYTES } from '../origin/origin.ts';
import { type Bench, present, type Scenario } from './bench.ts';
import { type Entrant, loadRounds } from './load-rounds.ts';

const WHAT = 'the plain load on one worker and on two';

export const workers: Scenario = {
  name: 'workers-2',
  what: WHAT,
  slow: false,
  run: (bench: Bench) => {
    const { able, skipped } = present(bench.contestants.filter(({ id }) => id === 'cardinal-gateway'));
    const entrants = able.flatMap((contestant) =>
      [1, 2].map((count): Entrant => {
        const variant = count === 1 ? '1 worker' : '2 workers';
        const workload = { ...PLAIN, workers: count };
        return { name: `${contestant.id} ${variant}`, contestant, variant, workload };
      }),
    );
    return loadRounds(bench, {
      scenario: 'workers-2',
      what: WHAT,
      entrants,
      skipped,
      reference: entrants[0]?.name ?? '',
      connections: 64,
      responseBytes: SMALL_BYTES,
    });
  },
};
