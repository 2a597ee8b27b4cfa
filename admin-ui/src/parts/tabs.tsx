/** Tabs whose choice stands in the address. */
import { Tabs as Base } from '@base-ui/react/tabs';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';

export interface TabDefinition {
  readonly id: string;
  readonly label: string;
  /** Beside the label. */
  readonly count?: number | undefined;
  readonly content: () => ReactNode;
}

export function Tabs({ tabs, label }: { readonly tabs: readonly TabDefinition[]; readonly label: string }) {
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const navigate = useNavigate();
  const first = tabs[0]?.id ?? '';
  const wanted = String(search['tab'] ?? first);
  const current = tabs.find(({ id }) => id === wanted) ?? tabs[0];
  return (
    <Base.Root
      value={current?.id ?? first}
      onValueChange={(id) =>
        void navigate({
          to: '.' as '/',
          search: { tab: id === first ? undefined : String(id) } as never,
          replace: true,
          resetScroll: false,
        })
      }
    >
      <Base.List aria-label={label} className="mb-4 flex gap-5 overflow-x-auto border-b border-line">
        {tabs.map(({ id, label: text, count }) => (
          <Base.Tab
            key={id}
            value={id}
            {...(id === 'configuration' ? { 'data-shortcut': 'e' } : {})}
            className="-mb-px flex h-9 shrink-0 items-center gap-1.5 border-b-2 border-transparent font-medium text-soft outline-offset-[-2px] hover:text-text data-[active]:border-text data-[active]:text-text"
          >
            {text}
            {count !== undefined && <span className="numeric text-12 text-faint">{count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map(({ id, content }) => (
        <Base.Panel key={id} value={id} tabIndex={-1} className="outline-none">
          {id === current?.id && content()}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
