import type { Draft } from '../form/values.ts';

/** Nulls are fields that somebody emptied again: nothing is said about them. */
export function given(draft: Draft): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(draft).filter(([, value]) => value !== null && value !== undefined),
  );
}
