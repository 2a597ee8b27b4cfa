/** The targets of an upstream: their share of the traffic, their health, and what can be done about either. */
import { CircleCheck, CircleX, Droplets, Ellipsis, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useReadOnly } from '../../api/use-api.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button, IconButton } from '../../parts/button.tsx';
import { Field, Input } from '../../parts/controls.tsx';
import { Menu, MenuItem, MenuLine } from '../../parts/menu.tsx';
import { Card } from '../../parts/page.tsx';
import { ErrorPanel, SkeletonRows } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import { HEALTH_WORDS, type TargetHealth, useHealth } from './health.ts';

export function Targets({ upstream }: { readonly upstream: Entity }) {
  const { data, error, refetch } = useHealth(upstream.id);
  const { readOnly } = useReadOnly();
  if (error !== null && data === undefined)
    return <ErrorPanel error={error} what="the targets" onRetry={() => void refetch()} />;
  const targets = data?.data;
  const total = (targets ?? []).reduce((sum, target) => sum + Number(target['weight']), 0);
  return (
    <div className="flex flex-col gap-4">
      {!readOnly && <AddTarget upstream={upstream} />}
      <Card flush title="Targets">
        {targets === undefined ? (
          <SkeletonRows rows={3} />
        ) : targets.length === 0 ? (
          <p className="p-4 text-soft">No targets yet: requests to this upstream are answered with 503.</p>
        ) : (
          <div className="overflow-x-auto">
            <table className="w-full border-separate border-spacing-0">
              <caption className="sr-only">Targets</caption>
              <thead className="text-left text-12 text-faint">
                <tr>
                  {['Target', 'Weight', 'Share', 'Health', 'Addresses', ''].map((name) => (
                    <th key={name} scope="col" className="h-9 border-b border-line px-4 font-medium">
                      {name === '' ? <span className="sr-only">Actions</span> : name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {targets.map((target) => (
                  <TargetRow
                    key={target.id}
                    upstream={upstream}
                    target={target}
                    total={total}
                    readOnly={readOnly}
                  />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
    </div>
  );
}

function TargetRow(props: { upstream: Entity; target: TargetHealth; total: number; readOnly: boolean }) {
  const { upstream, target, total, readOnly } = props;
  const [tone, word] = HEALTH_WORDS[target.health];
  const weight = Number(target['weight']);
  const share = total === 0 ? 0 : weight / total;
  const name = String(target['target']);

  /** `undo`: what takes it back. */
  async function act(what: string, work: () => Promise<unknown>) {
    try {
      await work();
      toast.done(what);
    } catch (problem) {
      toast.failed(`Not done: ${what}`, (problem as Error).message);
    }
    void refreshAll();
  }
  const mark = (healthy: boolean) =>
    act(`${name} is marked ${healthy ? 'healthy' : 'unhealthy'}`, () =>
      client.ask(pathOf(healthy ? 'targetHealthy' : 'targetUnhealthy', upstream.id, target.id), {
        method: 'PUT',
      }),
    );
  const setWeight = (to: number) =>
    act(to === 0 ? `${name} gets no more traffic` : `${name} has the weight ${to}`, () =>
      client.ask(pathOf('target', upstream.id, target.id), { method: 'PATCH', body: { weight: to } }),
    );

  return (
    <tr className="h-(--row) [&>td]:border-b [&>td]:border-line [&>td]:px-4 last:[&>td]:border-0">
      <td className="font-mono text-12">{name}</td>
      <td className="numeric">{weight}</td>
      <td className="min-w-32">
        <span className="flex items-center gap-2">
          <span aria-hidden className="h-1.5 w-20 overflow-hidden rounded-full bg-sunken">
            <svg
              aria-hidden="true"
              className="block h-full w-full text-accent"
              preserveAspectRatio="none"
              viewBox="0 0 100 1"
            >
              <rect width={share * 100} height="1" fill="currentColor" />
            </svg>
          </span>
          <span className="numeric text-12 whitespace-nowrap text-soft">{(share * 100).toFixed(0)} %</span>
        </span>
      </td>
      <td>
        <Badge tone={weight === 0 ? 'quiet' : tone} icon>
          {weight === 0 ? 'Drained' : word}
        </Badge>
      </td>
      <td className="font-mono text-12">
        {target.data.addresses.length === 0 ? (
          <span className="text-faint">–</span>
        ) : (
          target.data.addresses.map(({ ip, port, health }) => (
            <span key={`${ip}:${port}`} className="mr-2 inline-flex items-center gap-1">
              {ip}:{port}
              {health === 'UNHEALTHY' && <Badge tone="bad">down</Badge>}
            </span>
          ))
        )}
      </td>
      <td className="w-12 text-right">
        <Menu trigger={<IconButton icon={Ellipsis} label={`Actions for ${name}`} />}>
          <MenuItem icon={CircleCheck} onClick={() => void mark(true)}>
            Mark healthy
          </MenuItem>
          <MenuItem icon={CircleX} onClick={() => void mark(false)}>
            Mark unhealthy
          </MenuItem>
          {!readOnly && (
            <>
              <MenuLine />
              {weight === 0 ? (
                <MenuItem icon={Droplets} onClick={() => void setWeight(100)}>
                  Give it traffic again
                </MenuItem>
              ) : (
                <MenuItem icon={Droplets} onClick={() => void setWeight(0)}>
                  Drain
                </MenuItem>
              )}
              <MenuItem
                icon={Trash2}
                danger
                onClick={() =>
                  void act(`Deleted ${name}`, () =>
                    client.ask(pathOf('target', upstream.id, target.id), { method: 'DELETE' }),
                  )
                }
              >
                Delete
              </MenuItem>
            </>
          )}
        </Menu>
      </td>
    </tr>
  );
}

function AddTarget({ upstream }: { readonly upstream: Entity }) {
  const id = useId();
  const [target, setTarget] = useState('');
  const [weight, setWeight] = useState('100');
  const [error, setError] = useState<string>();

  async function add(event: FormEvent) {
    event.preventDefault();
    try {
      await client.ask(pathOf('targets', upstream.id), {
        method: 'POST',
        body: { target, weight: Number(weight) },
      });
      toast.done(`Added ${target}`);
      setTarget('');
      setError(undefined);
      void refreshAll();
    } catch (problem) {
      setError((problem as Error).message);
    }
  }

  return (
    <form
      noValidate
      onSubmit={add}
      className="flex flex-wrap items-end gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div className="w-72">
        <Field id={`${id}-target`} label="Add a target" error={error}>
          <Input
            id={`${id}-target`}
            mono
            placeholder="10.0.0.7:8080 or a name"
            value={target}
            aria-invalid={error !== undefined || undefined}
            aria-describedby={error === undefined ? undefined : `${id}-target-error`}
            onChange={(event) => setTarget(event.target.value)}
          />
        </Field>
      </div>
      <div className="w-28">
        <Field id={`${id}-weight`} label="Weight">
          <Input
            id={`${id}-weight`}
            inputMode="numeric"
            value={weight}
            onChange={(event) => setWeight(event.target.value)}
          />
        </Field>
      </div>
      <Button type="submit" icon={Plus} disabled={target.trim() === ''}>
        Add
      </Button>
    </form>
  );
}
