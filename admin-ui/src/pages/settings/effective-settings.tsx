/** The settings that this gateway runs with, and the level of its log, which can be changed for a while. */
import { useId, useMemo, useState } from 'react';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useNode, useReadOnly } from '../../api/use-api.ts';
import { Button } from '../../parts/button.tsx';
import { Field, Select } from '../../parts/controls.tsx';
import { Card } from '../../parts/page.tsx';
import { ErrorPanel } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import type { TableColumn } from '../../table/columns.ts';
import { DataTable } from '../../table/data-table.tsx';
import { useTableAddress } from '../../table/use-table-address.ts';

interface Row {
  readonly name: string;
  readonly value: string;
}

const COLUMNS: readonly TableColumn<Row>[] = [
  { id: 'name', header: 'Setting', width: 320, mono: true, value: (row) => row.name },
  { id: 'value', header: 'Value', mono: true, value: (row) => row.value },
  {
    id: 'variable',
    header: 'Environment variable',
    mono: true,
    width: 360,
    value: (row) => `CARDINAL_${row.name.toUpperCase()}`,
  },
];
const rowId = (row: Row) => row.name;
/** Not settings: what the answer says beside them. */
const NO_SETTINGS: ReadonlySet<string> = new Set(['loaded_plugins', 'database', 'router_flavor']);

export function EffectiveSettings() {
  const { data, error, isFetching, refetch } = useNode();
  const address = useTableAddress();
  const rows = useMemo(
    () =>
      data === undefined
        ? undefined
        : Object.entries(data.configuration)
            .filter(([name]) => !NO_SETTINGS.has(name))
            .map(([name, value]) => ({ name, value: String(value) })),
    [data],
  );
  if (error !== null && data === undefined)
    return <ErrorPanel error={error} what="the settings" onRetry={() => void refetch()} />;
  return (
    <div className="flex flex-col gap-4">
      <LogLevel current={data?.configuration.log_level} />
      <DataTable
        name="settings"
        caption="Effective settings"
        singular="setting"
        columns={COLUMNS}
        rows={rows}
        rowId={rowId}
        address={address}
        refreshing={isFetching}
        empty={<p>None</p>}
      />
    </div>
  );
}

const LEVELS = ['debug', 'info', 'notice', 'warn', 'error', 'crit'] as const;
const TIMES = [
  { value: '60', label: 'for a minute' },
  { value: '600', label: 'for ten minutes' },
  { value: '3600', label: 'for an hour' },
  { value: '0', label: 'until it is changed again' },
] as const;

function LogLevel({ current }: { readonly current: string | undefined }) {
  const id = useId();
  const { readOnly } = useReadOnly();
  const [level, setLevel] = useState<(typeof LEVELS)[number]>('debug');
  const [seconds, setSeconds] = useState<(typeof TIMES)[number]['value']>('600');

  async function change() {
    try {
      await client.ask(pathOf('setLogLevel', level), { method: 'PUT', query: { timeout: seconds } });
      toast.done(`The log level is ${level}`, TIMES.find(({ value }) => value === seconds)?.label);
    } catch (problem) {
      toast.failed('The log level was not changed', (problem as Error).message);
    }
    void refreshAll();
  }

  return (
    <Card title="Log level">
      <div className="flex flex-wrap items-end gap-3">
        <p className="mr-4 flex h-(--control-height) items-center text-soft">
          It is&nbsp;<strong className="font-semibold text-text">{current ?? '…'}</strong>
        </p>
        {readOnly ? (
          <p className="flex h-(--control-height) items-center text-soft">
            It can only be changed on a gateway with a store; elsewhere restart it with another{' '}
            <code>log_level</code>.
          </p>
        ) : (
          <>
            <div className="w-36">
              <Field id={`${id}-level`} label="Change to">
                <Select
                  id={`${id}-level`}
                  value={level}
                  onChange={setLevel}
                  options={LEVELS.map((value) => ({ value, label: value }))}
                />
              </Field>
            </div>
            <div className="w-52">
              <Field id={`${id}-time`} label="How long">
                <Select id={`${id}-time`} value={seconds} onChange={setSeconds} options={TIMES} />
              </Field>
            </div>
            <Button onClick={() => void change()}>Change</Button>
          </>
        )}
      </div>
    </Card>
  );
}
