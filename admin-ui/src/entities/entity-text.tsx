/** An entity as text: as one writes it in a file, and as the Admin API gives it. Secrets are masked until they are asked for. */
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import type { Entity } from '../api/documents.ts';
import { Button } from '../parts/button.tsx';
import { CodeLine } from '../parts/code.tsx';
import type { Kind } from './kinds.ts';
import { maskSecrets } from './mask-secrets.ts';
import { useSchema } from './use-schema.ts';
import { YamlPreview } from './yaml-preview.tsx';

export function EntityText({ kind, entity }: { readonly kind: Kind; readonly entity: Entity }) {
  const { schema } = useSchema(
    kind.collection,
    kind.collection === 'plugins' ? String(entity['name']) : undefined,
  );
  const [seen, setSeen] = useState(false);
  if (schema === undefined) return null;
  const { value, masked } = maskSecrets(schema, entity);
  const shown = seen ? entity : value;
  return (
    <div className="flex flex-col gap-4">
      {masked && (
        <div>
          <Button icon={seen ? EyeOff : Eye} onClick={() => setSeen(!seen)}>
            {seen ? 'Hide the secrets' : 'Show the secrets'}
          </Button>
        </div>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <YamlPreview collections={{ [kind.collection]: [shown] }} />
        <CodeLine label="As the Admin API gives it" text={JSON.stringify(shown, null, 2)} />
      </div>
    </div>
  );
}
