/** A new entity of one kind: a form that accepts what the gateway accepts, with the same as a command beside it. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Copy, Plus } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import { isProblem } from '../api/api-problem.ts';
import type { Entity } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { client } from '../api/gateway.ts';
import { refreshAll, useReadOnly } from '../api/use-api.ts';
import { DraftStore } from '../form/draft-store.ts';
import { ErrorSummary, focusFirstProblem } from '../form/error-summary.tsx';
import { problemsOf } from '../form/field-errors.ts';
import type { EntitySchema } from '../form/schema.ts';
import { SchemaForm } from '../form/schema-form.tsx';
import type { Draft } from '../form/values.ts';
import { Button } from '../parts/button.tsx';
import { copyText } from '../parts/copy.ts';
import { Card, type Crumb, Page } from '../parts/page.tsx';
import { ErrorPanel, SkeletonBlock } from '../parts/states.tsx';
import { toast } from '../shell/toasts.tsx';
import { declarativeYaml } from './declarative.ts';
import { given } from './given.ts';
import { type Kind, knownKind } from './kinds.ts';
import { layoutOf } from './layouts.ts';
import { nameOf } from './names.ts';
import { useUnsavedWarning } from './unsaved.ts';
import { useSchema } from './use-schema.ts';
import { YamlPreview } from './yaml-preview.tsx';

export function CreatePage({
  collection,
  crumbs,
}: {
  readonly collection: string;
  readonly crumbs: readonly Crumb[];
}) {
  const kind = knownKind(collection);
  const { schema, error } = useSchema(collection);
  return (
    <Page title={`New ${kind.singular}`} crumbs={crumbs} note={kind.about}>
      {error !== null ? (
        <ErrorPanel error={error} what="the form" />
      ) : schema === undefined ? (
        <SkeletonBlock className="h-96" />
      ) : (
        <CreateForm kind={kind} schema={schema} />
      )}
    </Page>
  );
}

/** `preset`: fields that are given already. */
export function CreateForm({
  kind,
  schema,
  preset,
}: {
  readonly kind: Kind;
  readonly schema: EntitySchema;
  readonly preset?: Draft;
}) {
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const navigate = useNavigate();
  const { readOnly } = useReadOnly();
  const [store] = useState(() => new DraftStore(schema, {}, true, preset ?? referencesOf(schema, search)));
  const draft = useSyncExternalStore(store.draft.subscribe, () => store.draft.value);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  useUnsavedWarning(!saved && Object.keys(draft).length > Object.keys(preset ?? {}).length + 1);

  async function create() {
    setBusy(true);
    try {
      const entity = await client.ask<Entity>(pathOf(kind.list), { method: 'POST', body: given(draft) });
      setSaved(true);
      toast.done(`Created ${kind.singular} ${nameOf(kind, entity)}`, 'Every worker serves it.');
      void refreshAll();
      // After the state that lets go of the page.
      window.setTimeout(() => void navigate({ to: `${kind.page}/${encodeURIComponent(entity.id)}` as '/' }));
    } catch (problem) {
      if (isProblem(problem) && problem.status >= 400 && problem.status < 500 && problem.status !== 401) {
        store.problems.set(problemsOf(problem.fields, problem.message));
        focusFirstProblem(store);
      } else
        toast.failed(
          `The ${kind.singular} was not created`,
          `${(problem as Error).message} What you typed is still here.`,
        );
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_340px]">
      <Card>
        <form
          noValidate
          className="flex flex-col gap-5"
          onSubmit={(event) => {
            event.preventDefault();
            void create();
          }}
        >
          <ErrorSummary store={store} />
          <SchemaForm store={store} layout={layoutOf(kind.collection)} />
          <div className="flex justify-end gap-2 border-t border-line pt-4">
            {readOnly ? (
              <Button
                weight="primary"
                icon={Copy}
                data-shortcut="save"
                onClick={async () => {
                  await copyText(await declarativeYaml({ [kind.collection]: [given(draft)] }));
                  toast.done('Copied as kong.yml');
                }}
              >
                Copy YAML
              </Button>
            ) : (
              <Button type="submit" weight="primary" icon={Plus} busy={busy} data-shortcut="save">
                Create the {kind.singular}
              </Button>
            )}
          </div>
        </form>
      </Card>
      <YamlPreview collections={{ [kind.collection]: [given(draft)] }} />
    </div>
  );
}

/** `?service=<id>` in the address fills in the field. */
function referencesOf(schema: EntitySchema, search: Readonly<Record<string, unknown>>): Draft {
  const draft: Record<string, unknown> = {};
  for (const one of schema.fields) {
    for (const [name, field] of Object.entries(one)) {
      const id = search[name];
      if (field.type === 'foreign' && typeof id === 'string') draft[name] = { id };
    }
  }
  return draft;
}
