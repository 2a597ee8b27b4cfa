/**
 * Medians, spreads and paired ratios. A ratio is always taken inside one round, between two runs that
 * followed each other on the same machine within seconds, and the median of those is reported: what a
 * noisy neighbour does to one round then falls on both sides.
 */

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

export interface Rounded {
  readonly round: number;
  readonly value: number;
}

/**
 * The ratios `subject / reference` of the rounds that both have, as a spread; null when there is no such
 * round, or a reference of zero makes a ratio meaningless.
 */
export function pairedRatio(subject: readonly Rounded[], reference: readonly Rounded[]): Spread | null {
  const byRound = new Map(reference.map((entry) => [entry.round, entry.value]));
  const ratios: number[] = [];
  for (const { round, value } of subject) {
    const other = byRound.get(round);
    if (other !== undefined && other > 0 && Number.isFinite(value)) ratios.push(value / other);
  }
  return ratios.length === 0 ? null : spread(ratios);
}
