/** The filter and the order of a table in the address, so that a link shows what somebody saw. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export interface TableAddress {
  readonly filter: string;
  /** A column's id; `-` before it: descending. */
  readonly sort: string | undefined;
  readonly setFilter: (filter: string) => void;
  readonly setSort: (sort: string | undefined) => void;
}

/** `prefix` tells several tables of a page apart. */
export function useTableAddress(prefix = ''): TableAddress {
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const navigate = useNavigate();
  const put = useCallback(
    (name: string, value: string | undefined) =>
      void navigate({
        to: '.' as '/',
        search: ((before: Readonly<Record<string, unknown>>) => ({
          ...before,
          [`${prefix}${name}`]: value === '' ? undefined : value,
        })) as never,
        replace: true,
        resetScroll: false,
      }),
    [navigate, prefix],
  );
  const filter = search[`${prefix}filter`];
  const sort = search[`${prefix}sort`];
  return {
    filter: filter === undefined ? '' : String(filter),
    sort: typeof sort === 'string' ? sort : undefined,
    setFilter: useCallback((text) => put('filter', text), [put]),
    setSort: useCallback((text) => put('sort', text), [put]),
  };
}
