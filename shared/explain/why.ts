/** Which of two routes that match is taken, and by what: Kong's priority, read from its highest bits down. */

import type { RouteCandidate } from '../router/contract.ts';
import { pathGroups } from '../router/priority.ts';

interface Part {
  readonly what: (winner: bigint, other: bigint) => string;
  readonly of: (priority: bigint) => bigint;
}

const bits = (from: number, count: number) => (priority: bigint) =>
  (priority >> BigInt(from)) & ((1n << BigInt(count)) - 1n);

const PARTS: readonly Part[] = [
  {
    of: bits(61, 3),
    what: (winner, other) => `it has more kinds of criteria (${winner} against ${other})`,
  },
  { of: bits(60, 1), what: () => 'all its hosts are without a wildcard' },
  {
    of: bits(52, 8),
    what: (winner, other) => `it asks for more headers (${winner} against ${other})`,
  },
  { of: bits(51, 1), what: () => 'its path is a regular expression' },
  {
    of: bits(19, 32),
    what: (winner, other) => `its regex_priority is higher (${winner} against ${other})`,
  },
  {
    of: bits(0, 19),
    what: (winner, other) => `its path is longer (${winner} against ${other} octets)`,
  },
];

export function whyItWins(winner: RouteCandidate, other: RouteCandidate): string {
  for (const { of, what } of PARTS) {
    const [one, two] = [of(winner.priority), of(other.priority)];
    if (one !== two) return what(one, two);
  }
  const split = [winner, other].some(({ route }) => pathGroups(route).length > 1);
  return `they have the same priority, and its id ${split ? '(of this group of paths) ' : ''}is the greater one`;
}
