/** Several commits as one change: forwards (what they made of it together) and back (what was before them). */
import type { Change, EntityChange } from '../../shared/config/change.ts';
import type { Commit } from '../store/contract.ts';

/** `commits` in the order in which they were made. */
export function netChange(commits: readonly Commit[]): Change {
  const net = new Map<string, EntityChange>();
  for (const { change } of commits) {
    for (const one of change) {
      const key = `${one.collection} ${one.id}`;
      net.set(key, { ...one, before: net.has(key) ? (net.get(key) as EntityChange).before : one.before });
    }
  }
  return [...net.values()];
}

/** What undoes `commits`, in the order in which they were made. */
export function changeBackTo(commits: readonly Commit[]): Change {
  return netChange(commits).map((one) => ({ ...one, before: one.after, after: one.before }));
}
