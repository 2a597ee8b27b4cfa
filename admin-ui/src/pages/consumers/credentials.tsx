/** Credentials of one kind: made here, shown once, masked from then on. */
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useReadOnly } from '../../api/use-api.ts';
import { Time } from '../../entities/cells.tsx';
import { given } from '../../entities/create-page.tsx';
import { layoutOf } from '../../entities/layouts.ts';
import { MASK } from '../../entities/mask-secrets.ts';
import { useEntities } from '../../entities/use-entities.ts';
import { useSchema } from '../../entities/use-schema.ts';
import { DraftStore } from '../../form/draft-store.ts';
import { ErrorSummary, focusFirstProblem } from '../../form/error-summary.tsx';
import { problemsOf } from '../../form/field-errors.ts';
import { type EntitySchema, labelOf } from '../../form/schema.ts';
import { SchemaForm } from '../../form/schema-form.tsx';
import { Button, IconButton } from '../../parts/button.tsx';
import { CodeLine } from '../../parts/code.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Card } from '../../parts/page.tsx';
import { PartialNote } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import type { CredentialKind } from './credential-kinds.ts';

export function Credentials({
  kind,
  consumer,
}: {
  readonly kind: CredentialKind;
  readonly consumer: Entity;
}) {
  const { rows, error } = useEntities(pathOf(kind.list, consumer.id));
  const { readOnly } = useReadOnly();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Entity>();
  const [deleting, setDeleting] = useState<Entity>();

  async function remove(credential: Entity) {
    try {
      await client.ask(pathOf(kind.one, consumer.id, credential.id), { method: 'DELETE' });
      toast.done(`Deleted the ${kind.singular}`);
      setDeleting(undefined);
    } catch (problem) {
      toast.failed(`The ${kind.singular} was not deleted`, (problem as Error).message);
    }
    void refreshAll();
  }

  return (
    <Card
      flush
      title={kind.title}
      actions={
        !readOnly && (
          <Button icon={Plus} onClick={() => setAdding(true)}>
            Add
          </Button>
        )
      }
    >
      {error !== null ? (
        <div className="p-4">
          <PartialNote what={kind.title} error={error} />
        </div>
      ) : rows === undefined || rows.length === 0 ? (
        <p className="px-4 py-3 text-faint">{rows === undefined ? '…' : 'None'}</p>
      ) : (
        <ul>
          {rows.map((credential) => (
            <li
              key={credential.id}
              className="flex min-h-(--row) items-center gap-4 border-b border-line pr-2 pl-4 last:border-0"
            >
              <span className="flex flex-1 flex-wrap gap-x-4">
                {kind.secrets.map((name) => (
                  <span key={name} className="font-mono text-12 text-soft">
                    <span className="sr-only">{labelOf(name)} </span>
                    {MASK}
                  </span>
                ))}
                {kind.shown.map((name) =>
                  credential[name] === null || credential[name] === undefined ? null : (
                    <span key={name}>
                      <span className="text-faint">{labelOf(name)} </span>
                      <span className="font-mono text-12">{String(credential[name])}</span>
                    </span>
                  ),
                )}
              </span>
              <span className="text-12 text-faint">
                <Time seconds={credential.created_at} />
              </span>
              {!readOnly && (
                <IconButton
                  icon={Trash2}
                  label={`Delete the ${kind.singular}`}
                  onClick={() => setDeleting(credential)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <Dialog open={adding} onClose={() => setAdding(false)} title={`Add a ${kind.singular}`}>
        {adding && (
          <AddForm
            kind={kind}
            consumer={consumer}
            onMade={(credential) => {
              setAdding(false);
              setMade(credential);
              void refreshAll();
            }}
          />
        )}
      </Dialog>
      <Dialog
        open={made !== undefined}
        onClose={() => setMade(undefined)}
        title={`The ${kind.singular} has been made`}
        description={kind.secrets.length > 0 ? 'Copy it now: it is not shown here again.' : undefined}
        footer={
          <Button weight="primary" onClick={() => setMade(undefined)}>
            Done
          </Button>
        }
      >
        <div className="flex flex-col gap-3">
          {[...kind.shown, ...kind.secrets].map((name) => {
            const value = made?.[name];
            return typeof value === 'string' && value !== '' && name !== 'password' ? (
              <CodeLine key={name} label={labelOf(name)} text={value} />
            ) : null;
          })}
        </div>
      </Dialog>
      <Dialog
        open={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete the ${kind.singular}?`}
        description="Whoever uses it is refused from then on."
        footer={
          <>
            <Button onClick={() => setDeleting(undefined)}>Keep</Button>
            <Button
              weight="danger"
              icon={Trash2}
              onClick={() => deleting !== undefined && void remove(deleting)}
            >
              Delete
            </Button>
          </>
        }
      />
    </Card>
  );
}

type AddProps = {
  readonly kind: CredentialKind;
  readonly consumer: Entity;
  readonly onMade: (made: Entity) => void;
};

function AddForm(props: AddProps) {
  const { schema, error } = useSchema(props.kind.collection);
  if (error !== null) return <PartialNote what="The form" error={error} />;
  return schema === undefined ? null : <LoadedForm {...props} schema={schema} />;
}

function LoadedForm({ kind, consumer, onMade, schema }: AddProps & { readonly schema: EntitySchema }) {
  const [store] = useState(() => new DraftStore(schema, {}, true));
  const [busy, setBusy] = useState(false);

  async function add() {
    setBusy(true);
    try {
      onMade(
        await client.ask<Entity>(pathOf(kind.list, consumer.id), {
          method: 'POST',
          body: given(store.draft.value),
        }),
      );
    } catch (problem) {
      const { fields, message } = problem as { fields?: undefined; message: string };
      store.problems.set(problemsOf(isProblem(problem) ? problem.fields : fields, message));
      focusFirstProblem(store);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      noValidate
      className="flex flex-col gap-4 [&_.grid]:lg:grid-cols-1"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <ErrorSummary store={store} />
      <SchemaForm
        store={store}
        layout={{ ...layoutOf(kind.collection), basic: [...kind.secrets, ...kind.shown] }}
      />
      <Button type="submit" weight="primary" icon={Plus} busy={busy}>
        Add the {kind.singular}
      </Button>
    </form>
  );
}
