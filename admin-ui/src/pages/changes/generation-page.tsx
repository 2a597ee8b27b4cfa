/** One generation: what it changed, and the way back to it. */
import { useParams } from '@tanstack/react-router';
import { History } from 'lucide-react';
import { useState } from 'react';
import type { Change, HistoryHead } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useApi, useReadOnly } from '../../api/use-api.ts';
import { Time } from '../../entities/cells.tsx';
import { Button } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ErrorPanel, SkeletonBlock } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import { ChangeList } from './change-list.tsx';
import type { HistoryDocument } from './history-list.tsx';
import { kindWord } from './operation.ts';

type Generation = HistoryHead & { readonly changes: readonly Change[] };

export function GenerationPage() {
  const { generation = '' } = useParams({ strict: false }) as { readonly generation?: string };
  const { data, error, refetch } = useApi<Generation>(pathOf('generation', generation));
  const { data: list } = useApi<HistoryDocument>(pathOf('history'));
  const { readOnly } = useReadOnly();
  const [asking, setAsking] = useState(false);
  const served = list?.current === Number(generation);
  return (
    <Page
      title={`Generation ${generation}`}
      crumbs={[{ label: 'Changes', to: '/changes' as '/' }]}
      actions={
        <>
          <CopyAs curl={() => curlOf(String(client.url(pathOf('generation', generation))))} />
          {!readOnly && !served && data !== undefined && (
            <Button icon={History} onClick={() => setAsking(true)}>
              Restore …
            </Button>
          )}
        </>
      }
    >
      {error !== null && data === undefined ? (
        <ErrorPanel error={error} what="the generation" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonBlock className="h-64" />
      ) : (
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
          <ChangeList changes={data.changes} total={data.changes.length} />
          <Card title="Facts">
            <Facts
              rows={[
                ['When', <Time key="when" seconds={data.at / 1000} />],
                ['Who', data.authors.map(({ actor }) => actor).join(', ')],
                [
                  'How',
                  <span key="how" className="flex flex-col font-mono text-12">
                    {data.authors.map(({ at, summary }) => (
                      <span key={`${at} ${summary}`} className="break-all">
                        {summary}
                      </span>
                    ))}
                  </span>,
                ],
                [
                  'Node',
                  <span key="node" className="font-mono text-12">
                    {data.node}
                  </span>,
                ],
                [
                  'Hash',
                  <span key="hash" className="font-mono text-12">
                    {data.hash}
                  </span>,
                ],
              ]}
            />
          </Card>
        </div>
      )}
      <RestoreDialog
        open={asking}
        generation={Number(generation)}
        list={list}
        onClose={() => setAsking(false)}
      />
    </Page>
  );
}

/** Says what would be undone before it is. */
function RestoreDialog(props: {
  open: boolean;
  generation: number;
  list: HistoryDocument | undefined;
  onClose: () => void;
}) {
  const { open, generation, list, onClose } = props;
  const [busy, setBusy] = useState(false);
  const later = (list?.data ?? []).filter((one) => one.generation > generation);
  const undone = later.flatMap(({ changes }) => changes);

  async function restore() {
    setBusy(true);
    try {
      const answer = await client.ask<{ generation: number }>(pathOf('restore', generation), {
        method: 'POST',
      });
      toast.done(`Generation ${generation} is served again`, `It is generation ${answer.generation} now.`);
      onClose();
    } catch (problem) {
      toast.failed('Not restored', (problem as Error).message);
    }
    setBusy(false);
    void refreshAll();
  }

  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Restore generation ${generation}?`}
      description="The configuration becomes what it was then, as a generation of its own: this can be undone in the same way."
      footer={
        <>
          <Button onClick={onClose}>Keep what is served</Button>
          <Button weight="primary" icon={History} busy={busy} onClick={() => void restore()}>
            Restore
          </Button>
        </>
      }
    >
      <p className="mb-2 text-soft">
        {later.length} later {later.length === 1 ? 'generation is' : 'generations are'} undone:
      </p>
      <ul className="flex max-h-60 flex-col gap-0.5 overflow-y-auto">
        {undone.slice(0, 100).map((change, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same entity may have changed several times.
          <li key={i}>
            {change.operation} of {kindWord(change.collection)} {change.name ?? change.id.slice(0, 8)}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
