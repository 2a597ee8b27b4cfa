/** Numbers as people read them. */
import type { Interval } from '../measure/bootstrap.ts';
import type { Difference } from './analysis.ts';

/** Milliseconds from microseconds. */
export function ms(us: number | null): string {
  if (us === null || Number.isNaN(us)) return '–';
  if (us === Number.POSITIVE_INFINITY) return 'not answered';
  return (us / 1000).toFixed(Math.abs(us) < 10_000 ? 2 : 1);
}

export function signed(us: number): string {
  return (us >= 0 ? '+' : '−') + ms(Math.abs(us));
}

/** With its interval; a difference that is none says so. */
export function difference(value: Difference | null): string {
  if (value === null) return '–';
  if (!value.real) return 'no measurable difference';
  return `${signed(value.middle)} (${signed(value.low)} to ${signed(value.high)})`;
}

export function between({ low, high }: Interval, digits: number): string {
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–';
}
