/** The end of the guided page: a line that sends the first request, and a box that turns green when it comes. */
import { CircleCheck, Radio } from 'lucide-react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { useApi, useNode } from '../../api/use-api.ts';
import { sampleRequest } from '../../entities/sample-request.ts';
import type { TrafficRow } from '../../entities/traffic.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { CodeLine } from '../../parts/code.tsx';
import { Card } from '../../parts/page.tsx';
import { firstRequest, proxyAddress } from './proxy-address.ts';

export function FirstRequest({ service, route }: { readonly service: Entity; readonly route: Entity }) {
  const { data: node } = useNode();
  const proxy = proxyAddress(String(node?.configuration['proxy_listen'] ?? ''), location.hostname);
  const { data } = useApi<{ readonly total: TrafficRow }>(pathOf('stats'), {
    query: { route: route.id, window: '15m' },
    everyMs: 1_000,
  });
  const total = data?.total;
  const came = total !== undefined && total.requests > 0;
  const statuses = Object.entries(total?.statuses ?? {})
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} × ${status}`);
  const hosts = Array.isArray(route['hosts']) ? (route['hosts'] as readonly string[]) : [];
  const Icon = came ? CircleCheck : Radio;
  return (
    <Card title="Send the first request">
      <div className="flex flex-col gap-4">
        <p className="text-soft">
          {String(service['name'] ?? 'The service')} is served by every worker. Paste this into a terminal:
        </p>
        {proxy !== undefined && (
          <CodeLine label="The first request" text={firstRequest(proxy, sampleRequest(route), hosts)} />
        )}
        <div
          role="status"
          className={`flex items-center gap-3 rounded-md border px-4 py-3 ${came ? 'border-good bg-good-soft text-good' : 'border-dashed border-control text-soft'}`}
        >
          <Icon aria-hidden size={18} className="shrink-0" />
          {came ? (
            <span>
              <strong className="font-semibold">
                {total.requests === 1
                  ? 'The first request has come.'
                  : `${total.requests} requests have come.`}
              </strong>{' '}
              Answered with {statuses.join(', ')}.
            </span>
          ) : (
            <span>Waiting for it …</span>
          )}
        </div>
        <div className="flex flex-wrap gap-2">
          <ButtonLink weight="primary" to={`/services/${service.id}` as '/'}>
            Go to the service
          </ButtonLink>
          <ButtonLink
            to={'/live' as '/'}
            search={{ filter: `route:${String(route['name'] ?? route.id)}` } as never}
          >
            Watch it live
          </ButtonLink>
        </div>
      </div>
    </Card>
  );
}
