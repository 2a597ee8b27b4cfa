/** What the gateway would do with a request, were the plan there already: nothing is saved for it. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { sampleRequest } from '../../entities/sample-request.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/page.tsx';
import { PartialNote } from '../../parts/states.tsx';
import type { Plan } from './plan.ts';

interface Explained {
  readonly result: {
    readonly kind: string;
    readonly status: number | null;
    readonly by: string | null;
    readonly message: string | null;
  };
  readonly matched: { readonly route: { readonly name: string | null } } | null;
  readonly upstream: { readonly url: string } | null;
  readonly plugins: readonly { readonly name: string; readonly scope: readonly string[] }[];
}

const NAME = 'this-new-one';

export function ExplainPreview({ plan }: { readonly plan: Plan }) {
  const settled = useDeferredValue(plan);
  const ready =
    URL.canParse(String(settled.service['url'])) &&
    Object.keys(settled.route).some((field) => field !== 'name' && field !== 'strip_path');
  const sample = sampleRequest(settled.route);
  const name = String(settled.service['name'] ?? NAME);
  const { data, error } = useQuery({
    queryKey: ['explain plan', settled],
    queryFn: () =>
      client.ask<Explained>(pathOf('explain'), {
        method: 'POST',
        body: {
          request: { method: sample.method, url: sample.url, headers: sample.headers },
          services: [{ ...settled.service, name }],
          routes: [{ ...settled.route, name, service: { name } }],
          plugins: settled.plugins.map((plugin) => ({ ...plugin, service: { name } })),
        },
      }),
    enabled: ready,
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <Card title="What would happen">
      {!ready ? (
        <p className="text-soft">Give an address and something that the route matches by.</p>
      ) : error !== null ? (
        <PartialNote what="Explain" error={error} />
      ) : data === undefined ? (
        <p className="appear-late text-faint">…</p>
      ) : (
        <dl className="flex flex-col gap-2">
          <Row label="Request">
            <code>
              {sample.method} {sample.url}
            </code>
          </Row>
          <Row label="Route">
            {data.matched === null ? (
              <Badge tone="bad" icon>
                no route
              </Badge>
            ) : data.matched.route.name === name ? (
              <Badge tone="good" icon>
                this one
              </Badge>
            ) : (
              <Badge tone="warn" icon>{`another one: ${data.matched.route.name ?? 'unnamed'}`}</Badge>
            )}
          </Row>
          {data.upstream !== null && (
            <Row label="Goes to">
              <code className="break-all">{data.upstream.url}</code>
            </Row>
          )}
          {data.plugins.length > 0 && (
            <Row label="Plugins">{data.plugins.map((plugin) => plugin.name).join(', ')}</Row>
          )}
          {data.result.kind !== 'forwarded' && (
            <Row label="Answer">
              {[data.result.status, data.result.by, data.result.message]
                .filter((part) => part !== null)
                .join(' · ')}
            </Row>
          )}
        </dl>
      )}
    </Card>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div className="flex gap-3">
      <dt className="w-16 shrink-0 text-faint">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
