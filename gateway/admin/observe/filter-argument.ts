/** The argument `filter`, in the language of `cardinal tap`. */
import { type FilterTerm, MOST_FILTER_LENGTH, parseFilter } from '../../../shared/observe/tap/filter.ts';
import type { QueryReader } from './query.ts';

export function filterArgument(query: QueryReader): readonly FilterTerm[] {
  const text = query.text('filter', 2 * MOST_FILTER_LENGTH) ?? '';
  const parsed = parseFilter(text);
  if (parsed.ok) return parsed.terms;
  query.wrong('filter', parsed.error);
  return [];
}
