/** All scenarios in the order in which they run. */

import type { Scenario } from './bench.ts';
import { compile } from './compile.ts';
import { fullLoadScenarios } from './full-load.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { observe } from './observe.ts';
import { routes } from './routes.ts';
import { startUp } from './start.ts';
import { workers } from './workers.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...fullLoadScenarios,
  routes,
  latency,
  memory,
  startUp,
  compile,
  workers,
  ...observe,
];
