/** The generations of the configuration, the newest first. */
import { Link } from '@tanstack/react-router';
import { GitCompareArrows } from 'lucide-react';
import type { HistoryHead } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { useApi, useReadOnly } from '../../api/use-api.ts';
import { Time } from '../../entities/cells.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/page.tsx';
import { EmptyFirst, ErrorPanel, SkeletonRows } from '../../parts/states.tsx';
import { kindWord, OPERATION_TONES } from './operation.ts';

export interface HistoryDocument {
  readonly data: readonly HistoryHead[];
  readonly current: number;
}

const MOST_SHOWN = 3;

export function HistoryList() {
  const { data, error, refetch } = useApi<HistoryDocument>(pathOf('history'), { everyMs: 10_000 });
  const { readOnly } = useReadOnly();
  if (error !== null && data === undefined)
    return <ErrorPanel error={error} what="the history" onRetry={() => void refetch()} />;
  return (
    <Card flush>
      {data === undefined ? (
        <SkeletonRows />
      ) : data.data.length === 0 ? (
        <EmptyFirst
          icon={GitCompareArrows}
          title="No history"
          text={
            readOnly
              ? 'A gateway without a store keeps none: its configuration has its history where it comes from.'
              : 'Nothing has been changed yet. Every change becomes a generation that can be looked at and restored.'
          }
        />
      ) : (
        <ol>
          {data.data.map(({ generation, at, authors, changes, changes_total = changes.length }) => (
            <li
              key={generation}
              className="flex min-h-12 flex-wrap items-center gap-x-5 gap-y-1 border-b border-line px-4 py-2 last:border-0 hover:bg-hover"
            >
              <Link to={`/changes/${generation}` as '/'} className="numeric w-32 font-medium hover:underline">
                Generation {generation}
              </Link>
              <span className="w-44 text-soft">
                <Time seconds={at / 1000} />
              </span>
              <span className="w-28 truncate text-soft">
                {[...new Set(authors.map(({ actor }) => actor))].join(', ')}
              </span>
              <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1">
                {changes.slice(0, MOST_SHOWN).map((change) => (
                  <span
                    key={`${change.collection} ${change.id}`}
                    className="flex min-w-0 items-center gap-1.5"
                  >
                    <Badge tone={OPERATION_TONES[change.operation]}>{change.operation}</Badge>
                    <span className="truncate">
                      {kindWord(change.collection)} {change.name ?? change.id.slice(0, 8)}
                    </span>
                  </span>
                ))}
                {changes_total > MOST_SHOWN && (
                  <span className="text-faint">and {changes_total - MOST_SHOWN} more</span>
                )}
              </span>
              {generation === data.current && <Badge tone="accent">served</Badge>}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
