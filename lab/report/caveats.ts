/** What a reader must know before any number: made from what happened, not from habit. */
import { median } from '../measure/statistics.ts';
import type { EndEntry, MeasurementEntry, StartEntry } from '../run/records.ts';
import type { SetAnalysis } from './analysis.ts';

const BUSY_BOUND = 0.6;

export function caveatsOf(
  start: StartEntry,
  end: EndEntry | undefined,
  sets: readonly SetAnalysis[],
  measurements: readonly MeasurementEntry[],
): string[] {
  const caveats: string[] = [];
  const { machine, plan } = start;
  if (end === undefined) caveats.push('PARTIAL: the run was cut off; what is missing was not measured.');
  if (machine.usableCores <= 4)
    caveats.push(
      `Everything shares ${machine.usableCores} cores: p90 and p99 measure the scheduler as much as the pattern (co-located). CPU time and p50 are what counts.`,
    );
  const busy = measurements.map((one) => one.busy).filter((one) => one !== null);
  if (busy.length > 0 && median(busy) > BUSY_BOUND)
    caveats.push(
      `The machine was busy: ${Math.round(median(busy) * 100)} % in the median measurement, others included (bound ${BUSY_BOUND * 100} %).`,
    );
  if (machine.loadBefore > 1)
    caveats.push(
      `Others were using the machine: its load was ${machine.loadBefore.toFixed(1)} before the run.`,
    );
  const voided = measurements.filter((one) => one.void !== null).length;
  if (voided > 0) caveats.push(`${voided} of ${measurements.length} measurements were void and are listed.`);
  const few = sets.flatMap(({ rows }) => rows).filter(({ rounds }) => rounds > 0 && rounds < 5).length;
  if (few > 0) caveats.push(`${few} cells have fewer than five valid rounds.`);
  const empty = sets.flatMap(({ rows }) => rows).filter(({ rounds }) => rounds === 0).length;
  if (empty > 0) caveats.push(`${empty} cells have no valid round: nothing is said about them.`);
  caveats.push(
    `Distance between hosts is injected by a ${machine.distance.by}, whose own error is reported (${machine.distance.why}).`,
    'All hops speak plaintext HTTP/1.1. TLS between hops, HTTP/2, large bodies and new connections are not in this run.',
    'On one machine the cells without injected distance favour the central gateway: its extra network hop is free here.',
  );
  if (plan.environments.some(({ topologies }) => topologies.includes('T1')))
    caveats.push(
      'T1 runs the same compiled plugins in the process of the service; node:http parses, bodies are whole, and counters are its own.',
    );
  for (const { calibration } of sets)
    for (const { wantedMs, effectiveMs, errorP95Ms } of calibration?.calibrations ?? [])
      if (errorP95Ms > Math.max(0.2, 0.25 * effectiveMs))
        caveats.push(
          `The relay was not precise at ${wantedMs} ms: ${effectiveMs.toFixed(2)} ms in the median, off by ${errorP95Ms.toFixed(2)} ms at the 95th percentile.`,
        );
  return caveats;
}
