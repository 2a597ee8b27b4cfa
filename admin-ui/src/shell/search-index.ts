/** What the palette finds: pages and actions always, entities once it has been opened. */
import { useQueries } from '@tanstack/react-query';
import { type LucideIcon, Plus } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity, Page } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { client } from '../api/gateway.ts';
import { KINDS, type Kind } from '../entities/kinds.ts';
import { hintOf, nameOf } from '../entities/names.ts';
import { DESTINATIONS } from './navigation.ts';

export interface Found {
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  readonly icon: LucideIcon;
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
  /** What is searched in, in lower case. */
  readonly text: string;
}

const MOST_SHOWN = 40;
const PAGE_SIZE = 1000;
const SEARCHED: readonly Kind[] = KINDS.filter((kind) => kind.searched);

const PAGES: readonly Found[] = [
  ...DESTINATIONS.map(({ to, label, icon }) => ({
    key: `page ${to}`,
    label,
    hint: 'Page',
    icon,
    to,
    text: label.toLowerCase(),
  })),
  ...KINDS.filter((kind) => kind.createAt !== undefined).map((kind) => ({
    key: `new ${kind.collection}`,
    label: `New ${kind.singular}`,
    hint: 'Action',
    icon: Plus,
    to: kind.createAt as string,
    text: `new ${kind.singular} create add`.toLowerCase(),
  })),
];

export function useSearchIndex(): { readonly index: readonly Found[]; readonly partial: boolean } {
  const lists = useQueries({
    queries: SEARCHED.map((kind) => ({
      queryKey: [pathOf(kind.list), { size: PAGE_SIZE }],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.ask<Page>(pathOf(kind.list), { query: { size: PAGE_SIZE }, signal }),
      staleTime: 10_000,
    })),
    combine: (results) => ({
      pages: results.map(({ data }) => data),
      partial: results.some(({ data }) => typeof data?.next === 'string'),
    }),
  });
  const { pages, partial } = lists;
  const index = useMemo(
    () => [
      ...PAGES,
      ...SEARCHED.flatMap((kind, i) => (pages[i]?.data ?? []).map((entity) => foundOf(kind, entity))),
    ],
    [pages],
  );
  return { index, partial };
}

function foundOf(kind: Kind, entity: Entity): Found {
  const label = nameOf(kind, entity);
  const hint = hintOf(kind, entity);
  return {
    key: `${kind.collection} ${entity.id}`,
    label,
    hint: hint === '' ? kind.singular : `${kind.singular} · ${hint}`,
    icon: kind.icon,
    to: `${kind.page}/${encodeURIComponent(entity.id)}`,
    text: `${label} ${hint} ${entity.id}`.toLowerCase(),
  };
}

/** Every word must be there; what begins with the text comes first. */
export function found(index: readonly Found[], text: string): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return index.filter(({ key }) => !key.includes('-')).slice(0, MOST_SHOWN);
  const words = wanted.split(/\s+/);
  const hits = index.filter((one) => words.every((word) => one.text.includes(word)));
  const rank = (one: Found) =>
    one.text.startsWith(wanted) ? 0 : one.label.toLowerCase().includes(wanted) ? 1 : 2;
  const sorted = hits.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_SHOWN);
  return sorted;
}
