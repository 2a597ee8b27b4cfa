/** Requests as they come. What does not match the filter never leaves the gateway. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { Pause, Play } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { msText } from '../../entities/traffic.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Input, Select } from '../../parts/controls.tsx';
import { Page } from '../../parts/page.tsx';
import { ErrorPanel } from '../../parts/states.tsx';
import { RequestDialog } from './request-dialog.tsx';
import type { RequestRow } from './tap-stream.ts';
import { type TapState, useTap } from './use-tap.ts';

const ROW_PX = 32;
const CHIPS = ['status:>=400', 'status:5xx', 'plugin:*', 'ms:>100'];
const SHARES = ['100', '10', '1'].map((value) => ({ value, label: `${value} % of all` }));
const WORDS: Readonly<Record<TapState, string>> = {
  connecting: 'Connecting',
  open: 'Watching',
  lost: 'Connection lost, trying again',
  refused: 'Refused',
  paused: 'Paused',
};

export function LivePage() {
  const [draft, setDraft] = useState('');
  const [filter, setFilter] = useState('');
  const [sample, setSample] = useState('100');
  const [paused, setPaused] = useState(false);
  const [opened, setOpened] = useState<RequestRow>();
  const tap = useTap(filter, Number(sample), paused);
  const apply = (next: string) => {
    setDraft(next);
    setFilter(next.trim());
    tap.clear();
  };
  const { matched, shown, dropped } = tap.counters;
  return (
    <Page
      title="Live"
      actions={
        <>
          <Button data-shortcut="p" icon={paused ? Play : Pause} onClick={() => setPaused(!paused)}>
            {paused ? 'Resume' : 'Pause'}
          </Button>
          <Button onClick={tap.clear}>Clear</Button>
        </>
      }
    >
      <form
        className="mb-2 flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          apply(draft);
        }}
      >
        <div className="min-w-60 flex-1">
          <Input
            mono
            aria-label="Filter"
            data-shortcut="f"
            placeholder="status:>=400 route:orders"
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
        </div>
        <div className="w-36">
          <Select aria-label="Share of requests" value={sample} onChange={setSample} options={SHARES} />
        </div>
        <Button type="submit">Filter</Button>
      </form>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        {CHIPS.map((chip) => (
          <Button key={chip} weight="quiet" onClick={() => apply(`${draft} ${chip}`.trim())}>
            {chip}
          </Button>
        ))}
        <span role="status" className="ml-auto text-12 text-soft">
          {WORDS[tap.state]}
        </span>
        <span className="numeric text-12 text-soft">
          {matched} matched, {shown} shown, {dropped} dropped
        </span>
      </div>
      {tap.error !== undefined && <ErrorPanel error={tap.error} what="live traffic" onRetry={tap.retry} />}
      <Rows rows={tap.rows} filtered={filter !== ''} onOpen={setOpened} />
      {opened !== undefined && (
        <RequestDialog
          row={opened}
          onClose={() => setOpened(undefined)}
          onFilter={(next) => {
            setOpened(undefined);
            apply(next);
          }}
        />
      )}
    </Page>
  );
}

function Rows({
  rows,
  filtered,
  onOpen,
}: {
  readonly rows: readonly RequestRow[];
  readonly filtered: boolean;
  readonly onOpen: (row: RequestRow) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]!.id,
    overscan: 10,
  });
  if (rows.length === 0)
    return (
      <p className="mt-3 rounded-lg border border-line p-8 text-center text-soft">
        {filtered ? 'No request has matched the filter yet.' : 'No request was seen yet.'}
      </p>
    );
  return (
    <div ref={box} className="h-[65vh] overflow-y-auto rounded-lg border border-line bg-surface">
      <ul aria-label="Requests" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index]!;
          return (
            <li
              key={key}
              className="absolute inset-x-0 top-0 h-8"
              style={{ transform: `translateY(${start}px)` }}
            >
              <button
                type="button"
                onClick={() => onOpen(row)}
                onKeyDown={move}
                className="flex h-8 w-full items-center gap-3 border-b border-line px-4 text-left text-12 hover:bg-hover"
              >
                <span className="numeric shrink-0 text-faint">
                  {new Date(row.at * 1000).toLocaleTimeString()}
                </span>
                <span className="w-16 shrink-0">
                  <Badge icon tone={row.status >= 500 ? 'bad' : row.status >= 400 ? 'warn' : 'good'}>
                    {row.status}
                  </Badge>
                </span>
                <span className="w-14 shrink-0 truncate font-mono">{row.method}</span>
                <span className="min-w-0 flex-1 truncate font-mono">
                  {row.host}
                  {row.path}
                </span>
                <span className="max-w-[35%] truncate text-soft">
                  {row.ended_by === null ? row.route?.name : `${row.ended_by}: ${row.reason ?? ''}`}
                </span>
                <span className="numeric w-20 shrink-0 text-right">{msText(row.total_ms)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** j and k, and the arrows, go from row to row; Enter is the button's own. */
function move(event: KeyboardEvent<HTMLElement>): void {
  const down = event.key === 'j' || event.key === 'ArrowDown';
  if (!down && event.key !== 'k' && event.key !== 'ArrowUp') return;
  const item = document.activeElement?.closest('li');
  const next = down ? item?.nextElementSibling : item?.previousElementSibling;
  event.preventDefault();
  next?.querySelector('button')?.focus();
}
