/**
 * Load before the first round that counts. It ends after a number of requests rather than a time: V8
 * compiles what has run often, and a slow proxy needs longer to get there (measured: CPU time per request
 * of the Node libraries falls by 40 % over their first 50,000 requests).
 */

import { runWrk, type WrkLoad } from '../measure/wrk.ts';
import type { Bench } from './bench.ts';

export async function warmUp(bench: Bench, load: Omit<WrkLoad, 'seconds'>): Promise<void> {
  let requests = 0;
  for (let second = 0; second < bench.warmUp.maxSeconds && requests < bench.warmUp.requests; second++) {
    requests += (await runWrk({ ...load, seconds: 1 }, bench.placement, bench.workDir)).requests;
  }
}
