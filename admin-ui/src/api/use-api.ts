/** Answers of the Admin API in components: kept, shared, and refreshed in the background. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { Query } from './client.ts';
import type { NodeDocument } from './documents.ts';
import { pathOf } from './endpoints.ts';
import { client, queries, refusedChanges } from './gateway.ts';
import { useValue } from './use-value.ts';

export interface UseApi {
  readonly query?: Query;
  /** Ask again every so many milliseconds, while the page is seen. */
  readonly everyMs?: number;
  readonly enabled?: boolean;
  /** Schemas and the like: they do not change while the gateway runs. */
  readonly constant?: boolean;
  /** Show what was there until the new answer comes, when the path or the query changes. */
  readonly keep?: boolean;
}

export function apiKey(path: string, query: Query = {}): readonly unknown[] {
  return [path, query];
}

export function useApi<T>(path: string, options: UseApi = {}): UseQueryResult<T, Error> {
  const { query, everyMs, enabled = true, constant = false, keep = false } = options;
  return useQuery<T, Error>({
    queryKey: apiKey(path, query),
    queryFn: ({ signal }) => client.ask<T>(path, { query, signal }),
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(constant ? { staleTime: Number.POSITIVE_INFINITY } : {}),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

/** `GET /`. */
export function useNode(): UseQueryResult<NodeDocument, Error> {
  return useApi<NodeDocument>(pathOf('node'), { everyMs: 30_000 });
}

export interface ReadOnly {
  readonly readOnly: boolean;
  /** For people: where the configuration comes from instead. */
  readonly reason: string;
}

/** Whether changes can be saved, as far as it is known. */
export function useReadOnly(): ReadOnly {
  const refused = useValue(refusedChanges);
  const { data } = useNode();
  if (data?.configuration.database !== 'off' && !refused) return { readOnly: false, reason: '' };
  const { declarative_config: file = '', control_plane: plane = '' } = data?.configuration ?? {};
  if (file !== '') return { readOnly: true, reason: `The configuration comes from the file ${file}.` };
  if (plane !== '')
    return { readOnly: true, reason: `The configuration comes from the control plane ${plane}.` };
  return { readOnly: true, reason: 'The configuration is replaced as a whole, through POST /config.' };
}

/** After a change: whatever was read may be another now. */
export function refreshAll(): Promise<void> {
  return queries.invalidateQueries();
}
