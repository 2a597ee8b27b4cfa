/** Calendar windows in UTC: where the one that holds a moment starts and ends. */

export const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
export type Period = (typeof PERIODS)[number];

const FIXED_SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 };

/** Start of the window, unix seconds. */
export function windowStart(period: Period, second: number): number {
  if (period === 'month' || period === 'year') {
    const date = new Date(second * 1000);
    return Date.UTC(date.getUTCFullYear(), period === 'year' ? 0 : date.getUTCMonth()) / 1000;
  }
  const length = FIXED_SECONDS[period];
  return Math.floor(second / length) * length;
}

/** End of the window that starts there, unix seconds, exclusive. */
export function windowEnd(period: Period, start: number): number {
  if (period === 'month' || period === 'year') {
    const date = new Date(start * 1000);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return (period === 'year' ? Date.UTC(year + 1, 0) : Date.UTC(year, month + 1)) / 1000;
  }
  return start + FIXED_SECONDS[period];
}
