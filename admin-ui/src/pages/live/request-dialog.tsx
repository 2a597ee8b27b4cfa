/** One request step by step: what ended it comes first. Shows what the gateway has masked, never more. */

import { pathOf } from '../../api/endpoints.ts';
import { useApi } from '../../api/use-api.ts';
import { Button } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { copyText } from '../../parts/copy.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorPanel, SkeletonBlock } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import type { RequestRow } from './tap-stream.ts';

interface Step {
  readonly step: string;
  readonly plugin?: string;
  readonly at: number;
  readonly ms: number;
  readonly verdict?: 'ended' | 'failed';
}

interface RequestRecord extends RequestRow {
  readonly attempts: readonly { readonly address: string; readonly failure: string | null }[];
  readonly request_headers: readonly (readonly [string, string])[];
  readonly response_headers: readonly (readonly [string, string])[];
  readonly steps: readonly Step[] | null;
}

export function RequestDialog({
  row,
  onClose,
  onFilter,
}: {
  readonly row: RequestRow;
  readonly onClose: () => void;
  readonly onFilter: (filter: string) => void;
}) {
  const { data, error, refetch } = useApi<RequestRecord>(pathOf('request', row.id));
  const url = `${row.scheme}://${row.host}${row.path}`;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`${row.status} ${row.method} ${row.host}${row.path}`}
      description={
        row.ended_by === null
          ? `Answered by ${row.target ?? 'the gateway'}`
          : `Ended by ${row.ended_by}: ${row.reason ?? 'no reason was given'}`
      }
      footer={
        <>
          <Button
            onClick={() => onFilter(`status:${row.status} path:${JSON.stringify(row.path.split('?')[0])}`)}
          >
            Filter like this
          </Button>
          <Button
            onClick={async () => {
              await copyText(curlOf(url, { method: row.method }));
              toast.done('Copied as curl');
            }}
          >
            Copy as curl
          </Button>
        </>
      }
    >
      {error !== null ? (
        <ErrorPanel error={error} what="the steps of this request" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonBlock />
      ) : (
        <Record record={data} />
      )}
    </Dialog>
  );
}

function Record({ record }: { readonly record: RequestRecord }) {
  const { steps, attempts } = record;
  return (
    <div className="flex flex-col gap-4">
      <p className="numeric text-soft">
        {record.total_ms} ms in all, {record.gateway_ms ?? '–'} ms added by the gateway,{' '}
        {record.upstream_ms ?? '–'} ms upstream. Route {record.route?.name ?? 'none'}, service{' '}
        {record.service?.name ?? 'none'}.
      </p>
      {steps === null ? (
        <p className="text-soft">The steps of this request were not timed.</p>
      ) : (
        <Steps steps={steps} />
      )}
      {attempts.length > 0 && (
        <p className="font-mono text-12">
          Tries: {attempts.map(({ address, failure }) => `${address} ${failure ?? 'answered'}`).join(', ')}
        </p>
      )}
      <Lines title="Request headers" lines={record.request_headers} />
      <Lines title="Response headers" lines={record.response_headers} />
    </div>
  );
}

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  const end = Math.max(0.001, ...steps.map(({ at, ms }) => at + ms));
  const first = [...steps].sort(
    (a, b) => Number(b.verdict === 'ended') - Number(a.verdict === 'ended') || a.at - b.at,
  );
  return (
    <ol aria-label="Steps" className="flex flex-col gap-1 text-12">
      {first.map((step) => (
        <li
          key={`${step.at} ${step.step} ${step.plugin ?? ''}`}
          className="grid grid-cols-[11rem_4.5rem_1fr_4rem] gap-2"
        >
          <span className="truncate">
            {step.step} {step.plugin}
          </span>
          <span className="numeric text-right">{step.ms} ms</span>
          <span className="relative h-4 rounded-sm bg-sunken">
            <span
              className={`absolute inset-y-0 min-w-0.5 rounded-sm ${step.verdict === undefined ? 'bg-accent' : 'bg-bad'}`}
              style={{ left: `${(step.at / end) * 100}%`, width: `${(step.ms / end) * 100}%` }}
            />
          </span>
          <span className="text-bad">{step.verdict}</span>
        </li>
      ))}
    </ol>
  );
}

function Lines({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: RequestRecord['request_headers'];
}) {
  return (
    <section>
      <h3 className="mb-1 font-semibold">{title}</h3>
      <pre className="font-mono text-12 break-all whitespace-pre-wrap">
        {lines.map(([name, value]) => `${name}: ${value}`).join('\n')}
      </pre>
    </section>
  );
}
