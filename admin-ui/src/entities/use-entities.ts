/** All entities of a list, page by page: the first page at once, the others when they are asked for. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { Entity, Page } from '../api/documents.ts';
import { client } from '../api/gateway.ts';

const PAGE_SIZE = 1000;

export interface Entities {
  /** Undefined until the first page is there. */
  readonly rows: readonly Entity[] | undefined;
  readonly error: Error | null;
  readonly refreshing: boolean;
  readonly retry: () => void;
  /** When there are more pages. */
  readonly more: { readonly load: () => void; readonly loading: boolean } | undefined;
}

export function useEntities(path: string, enabled = true): Entities {
  const query = useInfiniteQuery({
    queryKey: [path, 'pages'],
    queryFn: ({ pageParam, signal }) =>
      client.ask<Page>(path, { query: { size: PAGE_SIZE, offset: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.offset,
    enabled,
  });
  const { data, error, isFetching, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.data), [data]);
  const load = useCallback(async () => {
    for (let result = await fetchNextPage(); result.hasNextPage && !result.isError; )
      result = await fetchNextPage();
  }, [fetchNextPage]);
  return {
    rows,
    error: rows === undefined ? error : null,
    refreshing: isFetching,
    retry: useCallback(() => void refetch(), [refetch]),
    more: hasNextPage ? { load: () => void load(), loading: isFetchingNextPage } : undefined,
  };
}

/** Names by id, for what others refer to: of the first page; others show their id. */
export function useById(path: string): ReadonlyMap<string, Entity> {
  const { rows } = useEntities(path);
  return useMemo(() => new Map((rows ?? []).map((entity) => [entity.id, entity])), [rows]);
}
