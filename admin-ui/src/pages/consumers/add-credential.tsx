/** The form for a new credential: what its schema asks for. */
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { given } from '../../entities/given.ts';
import { layoutOf } from '../../entities/layouts.ts';
import { useSchema } from '../../entities/use-schema.ts';
import { DraftStore } from '../../form/draft-store.ts';
import { ErrorSummary, focusFirstProblem } from '../../form/error-summary.tsx';
import { problemsOf } from '../../form/field-errors.ts';
import type { EntitySchema } from '../../form/schema.ts';
import { SchemaForm } from '../../form/schema-form.tsx';
import { Button } from '../../parts/button.tsx';
import { PartialNote } from '../../parts/states.tsx';
import type { CredentialKind } from './credential-kinds.ts';

type AddProps = {
  readonly kind: CredentialKind;
  readonly consumer: Entity;
  readonly onMade: (made: Entity) => void;
};

export default function AddCredential(props: AddProps) {
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
