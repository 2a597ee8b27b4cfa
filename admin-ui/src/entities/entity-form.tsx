/**
 * The configuration of one entity as a form: what changes is shown before it is sent, only that is sent, and nothing that was
 * typed is lost when it is refused or when somebody else was faster.
 */
import { useBlocker } from '@tanstack/react-router';
import { Copy, Save } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { isProblem } from '../api/api-problem.ts';
import type { Entity } from '../api/documents.ts';
import { client } from '../api/gateway.ts';
import { refreshAll, useReadOnly } from '../api/use-api.ts';
import { DraftStore } from '../form/draft-store.ts';
import { ErrorSummary, focusFirstProblem } from '../form/error-summary.tsx';
import { problemsOf } from '../form/field-errors.ts';
import type { EntitySchema, Path } from '../form/schema.ts';
import { type FormLayout, SchemaForm } from '../form/schema-form.tsx';
import { type Draft, valueAt, withValue } from '../form/values.ts';
import { Button } from '../parts/button.tsx';
import { CodeLine } from '../parts/code.tsx';
import { curlOf } from '../parts/command-text.ts';
import { copyText } from '../parts/copy.ts';
import { Dialog } from '../parts/dialog.tsx';
import { DiffTable } from '../parts/diff-table.tsx';
import { toast } from '../shell/toasts.tsx';
import { type ConflictRow, conflictOf } from './conflict.ts';
import { ConflictDialog } from './conflict-dialog.tsx';
import { declarativeYaml } from './declarative.ts';

export function EntityForm({
  schema,
  collection,
  path,
  entity,
  layout,
  singular,
  onSaved,
  children,
}: {
  readonly schema: EntitySchema;
  readonly collection: string;
  /** Of the entity at the Admin API. */
  readonly path: string;
  readonly entity: Entity;
  readonly layout: FormLayout;
  readonly singular: string;
  readonly onSaved?: () => void;
  readonly children?: ReactNode;
}) {
  const [store] = useState(() => new DraftStore(schema, entity, false));
  const draft = useSyncExternalStore(store.draft.subscribe, () => store.draft.value);
  const base = useSyncExternalStore(store.base.subscribe, () => store.base.value);
  const [reviewing, setReviewing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState<readonly ConflictRow[]>();
  const theirs = useRef<Entity>(undefined);
  const confirm = useRef<HTMLButtonElement>(null);
  const { readOnly } = useReadOnly();
  const difference = draft === base ? undefined : store.difference();
  const count = difference?.fields.length ?? 0;

  // What the gateway says anew is taken over as long as nothing has been typed.
  useEffect(() => {
    if (store.draft.value === store.base.value && entity !== store.base.value) store.saved(entity);
  }, [entity, store]);
  useUnsavedWarning(count > 0);

  async function save() {
    setBusy(true);
    try {
      const current = await client.ask<Entity>(path);
      const rows = conflictOf(schema, store.base.value, store.draft.value, current);
      if (rows !== undefined) {
        theirs.current = current;
        setReviewing(false);
        setConflict(rows);
        return;
      }
      await send(store.difference().body);
    } catch (problem) {
      failed(problem);
    } finally {
      setBusy(false);
    }
  }

  async function send(body: Readonly<Record<string, unknown>>) {
    const saved = await client.ask<Entity>(path, { method: 'PATCH', body });
    store.saved(saved);
    setReviewing(false);
    toast.done(`Saved the ${singular}`, 'Every worker serves it.');
    void refreshAll();
    onSaved?.();
  }

  function failed(problem: unknown) {
    setReviewing(false);
    if (isProblem(problem) && problem.status === 400) {
      store.problems.set(problemsOf(problem.fields, problem.message));
      focusFirstProblem(store);
    } else
      toast.failed(
        `The ${singular} was not saved`,
        `${(problem as Error).message} Your changes are still here.`,
      );
  }

  async function resolve(yielded: readonly Path[]) {
    const current = theirs.current;
    if (current === undefined) return;
    let mine: Draft = store.draft.value;
    for (const { path: at, collides, mine: own, base: was } of conflict ?? []) {
      const theirsStands = yielded.includes(at) || (!collides && JSON.stringify(own) === JSON.stringify(was));
      if (theirsStands) mine = withValue(mine, at, valueAt(current, at));
    }
    setConflict(undefined);
    store.base.set(current);
    store.draft.set({ ...mine, updated_at: current.updated_at });
    try {
      await send(store.difference().body);
    } catch (problem) {
      failed(problem);
    }
  }

  async function copyYaml() {
    await copyText(await declarativeYaml({ [collection]: [draft] }));
    toast.done('Copied as kong.yml');
  }

  return (
    <div className="flex flex-col gap-4">
      <ErrorSummary store={store} />
      <SchemaForm store={store} layout={layout}>
        {children}
      </SchemaForm>
      <div className="sticky bottom-0 z-20 -mx-4 -mb-4 flex flex-wrap items-center gap-2 border-t border-line bg-surface px-4 py-3">
        <span role="status" className="flex-1 text-soft">
          {count === 0 ? 'Nothing changed' : `${count} ${count === 1 ? 'field' : 'fields'} changed`}
        </span>
        {count > 0 && <Button onClick={() => store.discard()}>Discard</Button>}
        {readOnly ? (
          <Button weight="primary" icon={Copy} data-shortcut="save" onClick={() => void copyYaml()}>
            Copy YAML
          </Button>
        ) : (
          <Button
            weight="primary"
            icon={Save}
            data-shortcut="save"
            disabled={count === 0}
            onClick={() => setReviewing(true)}
          >
            Save …
          </Button>
        )}
      </div>
      <Dialog
        open={reviewing && difference !== undefined}
        onClose={() => setReviewing(false)}
        wide
        initialFocus={confirm}
        title={`Save ${count} ${count === 1 ? 'change' : 'changes'}?`}
        footer={
          <>
            <Button onClick={() => setReviewing(false)}>Go on editing</Button>
            <Button ref={confirm} weight="primary" icon={Save} busy={busy} onClick={() => void save()}>
              Save
            </Button>
          </>
        }
      >
        {difference !== undefined && (
          <div className="flex flex-col gap-4">
            <DiffTable fields={difference.fields} />
            {!difference.fields.some((field) => field.secret) && (
              <CodeLine
                label="The same with curl"
                text={curlOf(String(client.url(path)), { method: 'PATCH', body: difference.body })}
              />
            )}
          </div>
        )}
      </Dialog>
      <ConflictDialog
        rows={conflict}
        onClose={() => setConflict(undefined)}
        onResolved={(paths) => void resolve(paths)}
      />
    </div>
  );
}

/** Asks before edits are left behind: on another page, and when the page is closed. */
export function useUnsavedWarning(unsaved: boolean): void {
  useBlocker({
    shouldBlockFn: ({ current, next }) => {
      if (!unsaved || current.pathname === next.pathname) return false;
      return !window.confirm('There are changes that have not been saved. Leave them behind?');
    },
    enableBeforeUnload: () => unsaved,
  });
}
