/** The scenarios that differ only in what is asked for: plain, policies, response bodies, request bodies. */

import { type Contestant, PLAIN, POLICIES, type Workload } from '../contestants/contestant.ts';
import { REFERENCE } from '../contestants/registry.ts';
import { BODY_BYTES, type BodySize, SMALL_BYTES } from '../origin/origin.ts';
import { type Bench, present, type Scenario, selected } from './bench.ts';
import { type Entrant, loadRounds } from './load-rounds.ts';

const CONNECTIONS = 64;

interface FullLoad {
  readonly name: string;
  readonly what: string;
  readonly slow?: boolean;
  readonly everybodyInQuickRun?: boolean;
  readonly workload?: Workload;
  readonly path?: string;
  readonly lua?: string;
  readonly connections?: number;
  readonly responseBytes?: number;
}

const UPLOAD_BYTES = 100 * 1024;

function body(size: BodySize): Pick<FullLoad, 'name' | 'path' | 'responseBytes'> {
  return { name: `body-${size}`, path: `/body/${size}`, responseBytes: BODY_BYTES[size] };
}

const FULL_LOADS: readonly FullLoad[] = [
  { name: 'plain', what: 'GET, 179-byte response', everybodyInQuickRun: true },
  {
    name: 'policies',
    what: 'the same with key-auth, rate-limiting, correlation-id, prometheus and file-log; the others proxy plainly',
    workload: POLICIES,
  },
  { ...body('1k'), what: 'GET, 1 KB response' },
  { ...body('100k'), what: 'GET, 100 KB response' },
  {
    ...body('10m'),
    what: 'GET, 10 MB response, 8 connections',
    slow: true,
    connections: 8,
  },
  {
    name: 'upload-100k',
    what: 'POST, 100 KB request, 179-byte response',
    slow: true,
    path: '/upload',
    lua: `wrk.method = "POST"\nwrk.body = string.rep("c", ${UPLOAD_BYTES})\n`,
  },
];

function isCardinalOrReference(contestant: Contestant): boolean {
  return contestant.cardinal || contestant === REFERENCE;
}

function scenario(load: FullLoad): Scenario {
  const { name, what } = load;
  const workload = load.workload ?? PLAIN;
  return {
    name,
    what,
    slow: load.slow ?? false,
    run: (bench: Bench) => {
      const wanted = load.everybodyInQuickRun
        ? [...bench.contestants]
        : selected(bench, isCardinalOrReference);
      const { able, skipped } = present(wanted);
      const entrants = able.map(
        (contestant): Entrant => ({
          name: contestant.id,
          contestant,
          variant: null,
          workload,
          ...(load.path === undefined ? {} : { path: load.path }),
          ...(load.lua === undefined ? {} : { lua: load.lua }),
        }),
      );
      return loadRounds(bench, {
        scenario: name,
        what,
        entrants,
        skipped,
        reference: REFERENCE.id,
        connections: load.connections ?? CONNECTIONS,
        responseBytes: load.responseBytes ?? SMALL_BYTES,
      });
    },
  };
}

export const fullLoadScenarios: readonly Scenario[] = FULL_LOADS.map(scenario);
