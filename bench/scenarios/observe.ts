/** What it costs to know one's traffic: counters and samples always, a watcher while there is one. */

import { gatewayWithAdmin } from '../contestants/cardinal.ts';
import { PLAIN } from '../contestants/contestant.ts';
import type { Running } from '../contestants/running.ts';
import { SMALL_BYTES } from '../origin/origin.ts';
import { type Bench, present, type Scenario } from './bench.ts';
import { type Entrant, loadRounds } from './load-rounds.ts';

const POLL_MS = 1_000;

type Beside = NonNullable<Entrant['beside']>;

interface Variant {
  readonly name: string;
  readonly args?: readonly string[];
  readonly beside?: Beside;
}

function admin({ setup }: Running, path: string): string {
  return `http://127.0.0.1:${setup.extraPort}${path}`;
}

/** Reads live traffic as it comes. It must get some, unless nothing can pass. */
function watching(query: string, wantsRows: boolean): Beside {
  return async (running) => {
    const ended = new AbortController();
    const response = await fetch(admin(running, `/_cardinal/tap?${query}`), { signal: ended.signal });
    if (response.status !== 200 || response.body === null) throw new Error(`tap answers ${response.status}`);
    let octets = 0;
    const reading = (async () => {
      for await (const piece of response.body as ReadableStream<Uint8Array>) octets += piece.length;
    })().catch(() => {});
    return async () => {
      ended.abort();
      await reading;
      const enough = !wantsRows || octets > 100_000;
      return enough ? [] : [`the watcher was shown ${octets} bytes only`];
    };
  };
}

const polling: Beside = async (running) => {
  let failed = 0;
  let asked = 0;
  const timer = setInterval(() => {
    asked++;
    fetch(admin(running, '/_cardinal/stats?by=route&series=true')).then(
      async (response) => {
        await response.arrayBuffer();
        if (response.status !== 200) failed++;
      },
      () => failed++,
    );
  }, POLL_MS);
  return async () => {
    clearInterval(timer);
    return failed === 0 && asked > 0 ? [] : [`${failed} of ${asked} questions for stats failed`];
  };
};

function scenario(name: string, what: string, variants: readonly Variant[]): Scenario {
  return {
    name,
    what,
    slow: true,
    run(bench: Bench) {
      const entrants = variants.map(
        (variant): Entrant => ({
          name: `cardinal-gateway ${variant.name}`,
          contestant: gatewayWithAdmin('cardinal-gateway', ...(variant.args ?? [])),
          variant: variant.name,
          workload: PLAIN,
          ...(variant.beside === undefined ? {} : { beside: variant.beside }),
        }),
      );
      const { skipped } = present(entrants.map(({ contestant }) => contestant));
      return loadRounds(bench, {
        scenario: name,
        what,
        entrants: skipped.length > 0 ? [] : entrants,
        skipped,
        reference: entrants[0]!.name,
        connections: 64,
        responseBytes: SMALL_BYTES,
      });
    },
  };
}

export const observe: readonly Scenario[] = [
  scenario('stats', 'the plain load, with more and less of it measured', [
    { name: 'none timed', args: ['--request-sampling', '0'] },
    { name: '1 % timed' },
    { name: 'all timed', args: ['--request-sampling', '100'] },
    { name: 'stats asked', beside: polling },
  ]),
  scenario('tap', 'the plain load, with and without somebody who watches', [
    { name: 'unwatched' },
    { name: '100 rows/s', beside: watching('max_rps=100', true) },
    { name: 'no row', beside: watching('filter=status%3A599', false) },
  ]),
];
