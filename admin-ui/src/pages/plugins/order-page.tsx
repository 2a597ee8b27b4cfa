/** Which plugins run for a route and in which order: asked of the gateway, with a request that the route should match. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useId, useState } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { useApi } from '../../api/use-api.ts';
import { knownKind } from '../../entities/kinds.ts';
import { sampleRequest } from '../../entities/sample-request.ts';
import { EntityPicker } from '../../form/foreign-control.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Field, Input } from '../../parts/controls.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ErrorPanel, SkeletonRows } from '../../parts/states.tsx';

interface Explained {
  readonly matched: { readonly route: { readonly id: string; readonly name: string | null } } | null;
  readonly plugins: readonly {
    readonly name: string;
    readonly id: string;
    readonly priority: number;
    readonly scope: readonly string[];
    readonly hides: readonly unknown[];
  }[];
}

export function OrderPage() {
  const { route: routeId, url: given } = useSearch({ strict: false }) as { route?: string; url?: string };
  const navigate = useNavigate();
  const routeField = useId();
  const urlField = useId();
  const { data: route } = useApi<Entity>(pathOf('route', routeId ?? '-'), { enabled: routeId !== undefined });
  const sample = route === undefined ? undefined : sampleRequest(route);
  const [typed, setTyped] = useState('');
  const url = given ?? sample?.url;
  useEffect(() => setTyped(url ?? ''), [url]);
  const explained = useQuery({
    queryKey: ['explain', sample?.method, url, sample?.headers],
    queryFn: () =>
      client.ask<Explained>(pathOf('explain'), {
        method: 'POST',
        body: { request: { method: sample?.method ?? 'GET', url, headers: sample?.headers ?? {} } },
      }),
    enabled: url !== undefined && url !== '',
  });
  const put = (search: Readonly<Record<string, string | undefined>>) =>
    void navigate({ to: '.' as '/', search: search as never, replace: true });
  const elsewhere =
    explained.data !== undefined && route !== undefined && explained.data.matched?.route.id !== route.id;
  return (
    <Page
      title="Execution order"
      crumbs={[{ label: 'Plugins', to: '/plugins' as '/' }]}
      note="The plugins that run for a request, the first one first."
    >
      <div className="flex flex-col gap-4">
        <Card>
          <form
            className="grid items-end gap-4 md:grid-cols-[minmax(0,280px)_minmax(0,1fr)_auto]"
            onSubmit={(event) => {
              event.preventDefault();
              put({ route: routeId, url: typed });
            }}
          >
            <Field id={routeField} label="Route">
              <EntityPicker
                id={routeField}
                kind={knownKind('routes')}
                value={routeId}
                placeholder="Choose a route"
                onChange={(id) => put({ route: id })}
              />
            </Field>
            <Field id={urlField} label={`A ${sample?.method ?? 'GET'} request that it should get`}>
              <Input
                id={urlField}
                mono
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
                placeholder="http://host/path"
              />
            </Field>
            <Button type="submit" weight="primary" disabled={typed === ''}>
              Ask
            </Button>
          </form>
        </Card>
        {explained.error !== null && (
          <ErrorPanel error={explained.error} what="the order" onRetry={() => void explained.refetch()} />
        )}
        {elsewhere && (
          <p role="status" className="text-warn">
            {explained.data.matched === null
              ? 'This request matches no route; only global plugins see it.'
              : `This request goes to the route ${explained.data.matched.route.name ?? explained.data.matched.route.id} instead. Change the URL until it is one of this route.`}
          </p>
        )}
        {url !== undefined && (
          <Card flush title="In this order">
            {explained.data === undefined ? (
              explained.isFetching && <SkeletonRows rows={4} />
            ) : explained.data.plugins.length === 0 ? (
              <p className="p-4 text-soft">No plugin runs for this request.</p>
            ) : (
              <ol>
                {explained.data.plugins.map(({ id, name, priority, scope, hides }, i) => (
                  <li
                    key={id}
                    className="flex min-h-(--row) items-center gap-4 border-b border-line px-4 last:border-0"
                  >
                    <span aria-hidden className="numeric w-5 text-right text-faint">
                      {i + 1}
                    </span>
                    <Link to={`/plugins/${id}` as '/'} className="min-w-40 font-medium hover:underline">
                      {name}
                    </Link>
                    <span className="numeric w-24 text-12 text-faint">priority {priority}</span>
                    <span className="flex flex-1 gap-1">
                      {scope.map((one) => (
                        <Badge key={one}>{one}</Badge>
                      ))}
                    </span>
                    {hides.length > 0 && (
                      <span className="text-12 text-soft">hides {hides.map(hiddenText).join(', ')}</span>
                    )}
                  </li>
                ))}
              </ol>
            )}
          </Card>
        )}
      </div>
    </Page>
  );
}

function hiddenText(hidden: unknown): string {
  if (typeof hidden === 'string') return hidden;
  if (typeof hidden === 'object' && hidden !== null && 'scope' in hidden && Array.isArray(hidden.scope))
    return hidden.scope.join(' and ');
  return 'one of a wider scope';
}
