/** A new plugin: chosen from what this gateway has, then configured by its own schema. */
import { Link, useSearch } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { pathOf } from '../../api/endpoints.ts';
import { useNode } from '../../api/use-api.ts';
import { CreateForm } from '../../entities/create-page.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { referred } from '../../entities/names.ts';
import { useEntities } from '../../entities/use-entities.ts';
import { useSchema } from '../../entities/use-schema.ts';
import { Badge } from '../../parts/badge.tsx';
import { Input } from '../../parts/controls.tsx';
import { Card, type Crumb, Page } from '../../parts/page.tsx';
import { ErrorPanel, SkeletonBlock } from '../../parts/states.tsx';
import { CATEGORIES, categoryOf } from './categories.ts';
import { scopeText } from './plugin-columns.tsx';
import { useScopeNames } from './scope-names.ts';

type Address = Readonly<Record<'plugin' | 'service' | 'route' | 'consumer', string | undefined>>;
const CRUMB: Crumb = { label: 'Plugins', to: '/plugins' as '/' };

export function NewPluginPage() {
  const { plugin } = useSearch({ strict: false }) as Address;
  return plugin === undefined ? <Catalogue /> : <Configure key={plugin} plugin={plugin} />;
}

function Catalogue() {
  const search = useSearch({ strict: false }) as Address;
  const { data, error, refetch } = useNode();
  const plugins = useEntities(pathOf('plugins')).rows;
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  // What is configured already where the new one shall be.
  const there = useMemo(() => {
    const scope = (['service', 'route', 'consumer'] as const).map((field) => search[field]);
    return new Set(
      (plugins ?? [])
        .filter((one) =>
          (['service', 'route', 'consumer'] as const).every((field, i) => referred(one[field]) === scope[i]),
        )
        .map((one) => String(one['name'])),
    );
  }, [plugins, search]);
  const available = Object.entries(data?.plugins.available_on_server ?? {}).filter(([name]) =>
    name.includes(wanted),
  );
  return (
    <Page title="New plugin" crumbs={[CRUMB]} note="What this gateway has. Higher priorities run first.">
      <span className="relative mb-4 block max-w-[360px]">
        <Search aria-hidden size={14} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-faint" />
        <span className="[&_input]:pl-8">
          <Input
            type="search"
            data-shortcut="/"
            aria-label="Find a plugin"
            placeholder="Find a plugin"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </span>
      </span>
      {error !== null ? (
        <ErrorPanel error={error} what="the catalogue" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonBlock className="h-96" />
      ) : available.length === 0 ? (
        <p className="text-soft">This gateway has no plugin whose name holds “{text}”.</p>
      ) : (
        <div className="flex flex-col gap-6">
          {CATEGORIES.map((category) => {
            const members = available
              .filter(([name]) => categoryOf(name) === category)
              .toSorted(([a], [b]) => a.localeCompare(b));
            if (members.length === 0) return null;
            return (
              <section key={category} aria-labelledby={`category-${category}`}>
                <h2 id={`category-${category}`} className="mb-2 text-12 font-medium text-faint">
                  {category}
                </h2>
                <ul className="grid grid-cols-[repeat(auto-fill,minmax(220px,1fr))] gap-2">
                  {members.map(([name, { version, priority }]) => (
                    <li key={name}>
                      <Link
                        to={'/plugins/new' as '/'}
                        search={{ ...search, plugin: name } as never}
                        className="flex h-full flex-col gap-1 rounded-lg border border-line bg-surface px-3.5 py-3 transition-colors duration-(--quick) hover:border-control"
                      >
                        <span className="flex items-center justify-between gap-2">
                          <span className="truncate font-medium">{name}</span>
                          {there.has(name) && <Badge>there already</Badge>}
                        </span>
                        <span className="numeric text-12 text-faint">
                          priority {priority} · {version}
                        </span>
                      </Link>
                    </li>
                  ))}
                </ul>
              </section>
            );
          })}
        </div>
      )}
    </Page>
  );
}

function Configure({ plugin }: { readonly plugin: string }) {
  const search = useSearch({ strict: false }) as Address;
  const { schema, error, unknownPlugin } = useSchema('plugins', plugin);
  const names = useScopeNames();
  const others = (useEntities(pathOf('plugins')).rows ?? []).filter((one) => one['name'] === plugin);
  const preset = useMemo(() => {
    const draft: Record<string, unknown> = { name: plugin };
    for (const field of ['service', 'route', 'consumer'] as const)
      if (search[field] !== undefined) draft[field] = { id: search[field] };
    return draft;
  }, [plugin, search]);
  return (
    <Page title={`New ${plugin}`} crumbs={[CRUMB, { label: 'New plugin', to: '/plugins/new' as '/' }]}>
      {others.length > 0 && (
        <div className="mb-4">
          <Card>
            <p className="text-soft">
              Configured already: {others.map((one) => scopeText(one, names)).join(', ')}. Of several, the one
              of the narrowest scope runs for a request, with its own settings alone.
            </p>
          </Card>
        </div>
      )}
      {error !== null ? (
        <ErrorPanel error={error} what="the form" />
      ) : schema === undefined ? (
        <SkeletonBlock className="h-96" />
      ) : unknownPlugin ? (
        <p className="text-warn">This gateway has no plugin {plugin}.</p>
      ) : (
        <CreateForm kind={knownKind('plugins')} schema={schema} preset={preset} />
      )}
    </Page>
  );
}
