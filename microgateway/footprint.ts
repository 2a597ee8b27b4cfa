/**
 * Keeps the process small.
 *
 * `bin/cardinal.js` sets four V8 flags before anything is loaded. V8 doubles its young generation as long as
 * objects survive its collections, up to 32 MiB and more; the objects of a proxy live as long as one request,
 * so the growth factor is 1. (`--max-semi-space-size` only counts at the start of a process.) And loading some
 * 150 modules makes the loader's own functions hot; the optimising compilers that would then run bring some
 * 8 MB of code into memory that an idle process never needs, so they wait for traffic.
 */
const { setFlagsFromString } = process.getBuiltinModule('node:v8');

const LOOK_EVERY_MS = 250;

/** Fewer requests than this (a probe, a trickle) do not need optimised code. */
const TRAFFIC = 1000;

/** Lets V8 optimise once there is traffic: `requests` says how many there have been. */
export function optimiseWithTraffic(requests: () => number): void {
  const timer = setInterval(() => {
    if (requests() < TRAFFIC) return;
    clearInterval(timer);
    setFlagsFromString('--sparkplug');
    setFlagsFromString('--maglev');
    setFlagsFromString('--opt');
  }, LOOK_EVERY_MS);
  timer.unref();
}
