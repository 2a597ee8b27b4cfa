/** The generations of the configuration that touched one entity. */
import { Link } from '@tanstack/react-router';
import type { HistoryHead } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { useApi } from '../api/use-api.ts';
import { Card } from '../parts/page.tsx';
import { ErrorPanel, SkeletonRows } from '../parts/states.tsx';
import { Time } from './cells.tsx';

export function EntityHistory({ id }: { readonly id: string }) {
  const { data, error, refetch } = useApi<{ readonly data: readonly HistoryHead[] }>(pathOf('history'));
  if (error !== null) return <ErrorPanel error={error} what="the history" onRetry={() => void refetch()} />;
  const rows = data?.data.filter(({ changes }) => changes.some((change) => change.id === id));
  return (
    <Card flush>
      {rows === undefined ? (
        <SkeletonRows rows={3} />
      ) : rows.length === 0 ? (
        <p className="p-4 text-soft">None of the generations that are kept touched it.</p>
      ) : (
        <ul>
          {rows.map(({ generation, at, authors, changes }) => (
            <li
              key={generation}
              className="flex min-h-(--row) flex-wrap items-center gap-x-4 border-b border-line px-4 py-1.5 last:border-0"
            >
              <Link to={`/changes/${generation}` as '/'} className="numeric w-28 font-medium hover:underline">
                Generation {generation}
              </Link>
              <span className="w-40 text-soft">
                <Time seconds={at / 1000} />
              </span>
              <span>{changes.find((change) => change.id === id)?.operation}d</span>
              <span className="text-soft">by {authors.map(({ actor }) => actor).join(', ')}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
