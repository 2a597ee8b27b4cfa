/** The last quarter of an hour of one route or service, in numbers. No traffic is said as such, never as zeros. */
import type { ReactNode } from 'react';
import { Card } from '../parts/page.tsx';
import { PartialNote } from '../parts/states.tsx';
import { msText, percentText, rateText, useTraffic } from './traffic.ts';

export function TrafficFacts({
  by,
  id,
}: {
  readonly by: 'route' | 'service' | 'consumer';
  readonly id: string;
}) {
  const { byId, error } = useTraffic(by);
  const row = byId.get(id);
  const latency = row?.latency_ms.total;
  return (
    <Card title="Last 15 minutes">
      {error !== null ? (
        <PartialNote what="Traffic" error={error} />
      ) : row === undefined || row.requests === 0 ? (
        <p className="text-soft">No traffic in the last 15 minutes.</p>
      ) : (
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-5">
          <Figure label="Requests" value={row.requests.toLocaleString('en')} />
          <Figure label="Per second" value={rateText(row)} />
          <Figure label="Errors" value={percentText(row.error_rate)} />
          <Figure label="p50" value={msText(latency?.p50)} />
          <Figure label="p99" value={msText(latency?.p99)} />
        </dl>
      )}
    </Card>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: ReactNode }) {
  return (
    <div>
      <dt className="text-12 text-faint">{label}</dt>
      <dd className="numeric text-20 font-semibold tracking-[-0.012em]">{value === '' ? '–' : value}</dd>
    </div>
  );
}
