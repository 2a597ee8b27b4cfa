/**
 * What 10,000 routes cost instead of 10. Twice: always the last route, and all of them in a scrambled order,
 * for a table that only answers quickly what it was just asked has not become cheaper.
 */

import { generatedRoute } from '../contestants/cardinal-config.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { SMALL_BYTES } from '../origin/origin.ts';
import { type Bench, present, type Scenario } from './bench.ts';
import { type Entrant, loadRounds } from './load-rounds.ts';

export const FEW_ROUTES = 10;
export const MANY_ROUTES = 10_000;

export function variantName(routes: number, spread: boolean): string {
  return `${routes.toLocaleString('en')} routes${spread ? ', all hit' : ''}`;
}

/** Steps through all routes; the step shares no factor with either number of routes. */
function spreadLua(routes: number): string {
  const first = generatedRoute(0);
  const host = first.host.replace('-0.', '-%d.');
  return `
local n, at, texts = ${routes}, 0, {}
init = function(args)
  for i = 0, n - 1 do
    wrk.headers["Host"] = string.format("${host}", i)
    texts[i] = wrk.format("GET", string.format("/shop-%d/resource-%d", i % 100, i))
  end
end
request = function()
  at = (at + 7919) % n
  return texts[at]
end
`;
}

export function routesEntrants(contestant: Contestant): Entrant[] {
  return [FEW_ROUTES, MANY_ROUTES].flatMap((routes) =>
    [false, true].map(
      (spread): Entrant => ({
        name: `${contestant.id} ${variantName(routes, spread)}`,
        contestant,
        variant: variantName(routes, spread),
        workload: { kind: 'routes', routes, workers: 1 },
        ...(spread ? { lua: spreadLua(routes) } : {}),
      }),
    ),
  );
}

const WHAT = '10 and 10,000 routes with hosts and paths: the last one hit, and all of them in turn';

export const routes: Scenario = {
  name: 'routes',
  what: WHAT,
  slow: false,
  run: (bench: Bench) => {
    const capable = bench.contestants.filter((contestant) => contestant.workloads.includes('routes'));
    const { able, skipped } = present(capable);
    const reference = able[0] === undefined ? '' : `${able[0].id} ${variantName(FEW_ROUTES, false)}`;
    return loadRounds(bench, {
      scenario: 'routes',
      what: WHAT,
      entrants: able.flatMap(routesEntrants),
      skipped,
      reference,
      connections: 64,
      responseBytes: SMALL_BYTES,
    });
  },
};
