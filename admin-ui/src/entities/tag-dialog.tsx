/** Gives several entities a tag, or takes it from them. */
import { useId, useState } from 'react';
import type { Entity } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { client } from '../api/gateway.ts';
import { refreshAll } from '../api/use-api.ts';
import { Button } from '../parts/button.tsx';
import { Field, Input } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { toast } from '../shell/toasts.tsx';
import type { Kind } from './kinds.ts';

export function TagDialog(props: { kind: Kind; entities: readonly Entity[]; onClose: () => void }) {
  const { kind, entities, onClose } = props;
  const id = useId();
  const [tag, setTag] = useState('');
  const [busy, setBusy] = useState(false);

  async function change(add: boolean) {
    setBusy(true);
    const wanted = tag.trim();
    try {
      for (const entity of entities) {
        const others = (entity.tags ?? []).filter((one) => one !== wanted);
        const tags = add ? [...others, wanted] : others;
        await client.ask(pathOf(kind.one, entity.id), {
          method: 'PATCH',
          body: { tags: tags.length === 0 ? null : tags },
        });
      }
      toast.done(
        `${add ? 'Tagged' : 'Untagged'} ${entities.length} ${entities.length === 1 ? kind.singular : kind.plural}`,
      );
      onClose();
    } catch (problem) {
      toast.failed('Not all tags were changed', (problem as Error).message);
    }
    setBusy(false);
    void refreshAll();
  }

  return (
    <Dialog
      open={entities.length > 0}
      onClose={onClose}
      title={`Tag ${entities.length} ${entities.length === 1 ? kind.singular : kind.plural}`}
      footer={
        <>
          <Button disabled={tag.trim() === ''} busy={busy} onClick={() => void change(false)}>
            Remove the tag
          </Button>
          <Button weight="primary" disabled={tag.trim() === ''} busy={busy} onClick={() => void change(true)}>
            Add the tag
          </Button>
        </>
      }
    >
      <Field id={id} label="Tag">
        <Input id={id} value={tag} onChange={(event) => setTag(event.target.value)} />
      </Field>
    </Dialog>
  );
}
