/**
 * Asks before anything is deleted, and says what goes with it and what stands in the way. What stands in the way can go
 * first, when whoever asks says so; more than one entity needs the number typed.
 */
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import type { Entity, Page } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { client } from '../api/gateway.ts';
import { refreshAll } from '../api/use-api.ts';
import { Button } from '../parts/button.tsx';
import { Field, Input } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { toast } from '../shell/toasts.tsx';
import { type Child, type Kind, kindOf, knownKind } from './kinds.ts';
import { nameOf } from './names.ts';

interface Found {
  readonly child: Child;
  readonly entities: readonly Entity[];
  readonly more: boolean;
}

export function DeleteDialog({
  kind,
  entities,
  onClose,
  onDeleted,
}: {
  readonly kind: Kind;
  /** Empty: closed. */
  readonly entities: readonly Entity[];
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}) {
  return (
    <Dialog
      open={entities.length > 0}
      onClose={onClose}
      title={
        entities.length === 1 && entities[0] !== undefined
          ? `Delete ${kind.singular} ${nameOf(kind, entities[0])}?`
          : `Delete ${entities.length} ${kind.plural}?`
      }
    >
      {entities.length > 0 && (
        <Question kind={kind} entities={entities} onClose={onClose} onDeleted={onDeleted} />
      )}
    </Dialog>
  );
}

type QuestionProps = Parameters<typeof DeleteDialog>[0];

function Question({ kind, entities, onClose, onDeleted }: QuestionProps) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const { data: found, isPending } = useQuery({
    queryKey: ['what goes with', kind.collection, ...entities.map((entity) => entity.id)],
    queryFn: () => whatGoes(kind, entities),
    staleTime: 0,
  });
  const inTheWay = (found ?? []).filter(({ child }) => !child.cascade);
  const alsoGoes = (found ?? []).filter(({ child }) => child.cascade);
  const total = entities.length + inTheWay.reduce((sum, { entities: others }) => sum + others.length, 0);
  const certain = total === 1 || typed.trim() === String(total);

  async function remove() {
    setBusy(true);
    setError(undefined);
    try {
      for (const { child, entities: others } of inTheWay) {
        for (const other of others)
          await client.ask(pathOf(knownKind(child.collection).one, other.id), { method: 'DELETE' });
      }
      for (const entity of entities) await client.ask(pathOf(kind.one, entity.id), { method: 'DELETE' });
      toast.done(total === 1 ? `Deleted the ${kind.singular}` : `Deleted ${total} entities`);
      onDeleted();
    } catch (problem) {
      setError((problem as Error).message);
    } finally {
      setBusy(false);
      void refreshAll();
    }
  }

  return (
    <div className="flex flex-col gap-4">
      <div aria-busy={isPending} className="min-h-10">
        {isPending ? (
          <p className="appear-late text-faint">Looking what goes with it …</p>
        ) : (
          <>
            {inTheWay.map(({ child, entities: others, more }) => (
              <Consequence
                key={child.collection}
                child={child}
                entities={others}
                more={more}
                text="must go first, and will be deleted together with it"
              />
            ))}
            {alsoGoes.map(({ child, entities: others, more }) => (
              <Consequence
                key={child.collection}
                child={child}
                entities={others}
                more={more}
                text="will go with it"
              />
            ))}
            {found?.length === 0 && <p className="text-soft">Nothing else goes with it.</p>}
          </>
        )}
      </div>
      {total > 1 && (
        <Field id={id} label={`Type ${total} to delete ${total} entities`}>
          <Input
            id={id}
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </Field>
      )}
      {error !== undefined && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Keep</Button>
        <Button weight="danger" icon={Trash2} busy={busy} disabled={isPending || !certain} onClick={remove}>
          Delete
        </Button>
      </div>
    </div>
  );
}

function Consequence({ child, entities, more, text }: Found & { readonly text: string }) {
  const kind = kindOf(child.collection);
  const names = entities
    .slice(0, 8)
    .map((entity) => (kind === undefined ? String(entity['target'] ?? entity.id) : nameOf(kind, entity)));
  return (
    <p className="text-soft">
      <strong className="font-semibold text-text">
        {entities.length}
        {more ? '+' : ''} {entities.length === 1 ? (kind?.singular ?? 'target') : (kind?.plural ?? 'targets')}
      </strong>{' '}
      {text}: {names.join(', ')}
      {entities.length > names.length ? ' …' : ''}
    </p>
  );
}

async function whatGoes(kind: Kind, entities: readonly Entity[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const child of kind.children) {
    const pages = await Promise.all(
      entities
        .slice(0, 50)
        .map((entity) => client.ask<Page>(pathOf(child.list, entity.id), { query: { size: 1000 } })),
    );
    const children = pages.flatMap((page) => page.data);
    if (children.length > 0)
      found.push({ child, entities: children, more: pages.some((page) => page.next !== null) });
  }
  return found;
}
