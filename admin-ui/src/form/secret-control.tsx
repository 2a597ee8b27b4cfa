/** A secret: what is stored is not shown unless it is asked for; it is replaced, or refers to a vault. */
import { Eye, EyeOff, PencilLine, Vault } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../parts/button.tsx';
import { Input } from '../parts/controls.tsx';
import { useDraft } from './form-context.ts';
import type { ControlProps } from './schema-field.tsx';
import { valueAt } from './values.ts';

export function SecretControl({
  id,
  path,
  schema,
  value,
  onChange,
  onBlur,
  invalid,
  describedBy,
}: ControlProps) {
  const store = useDraft();
  const [changing, setChanging] = useState(false);
  const [seen, setSeen] = useState(false);
  const text = typeof value === 'string' ? value : '';
  const stored = valueAt(store.base.value, path);
  const reference = text.startsWith('{vault://');
  if (typeof stored === 'string' && stored !== '' && !changing && text === stored && !reference) {
    return (
      <span className="flex items-center gap-2">
        <span className="flex h-(--control-height) min-w-0 flex-1 items-center truncate rounded-md border border-line bg-sunken px-2.5 font-mono text-12 text-soft">
          {seen ? text : '••••••••••••'}
        </span>
        <IconButton
          icon={seen ? EyeOff : Eye}
          label={seen ? 'Hide the secret' : 'Show the secret'}
          onClick={() => setSeen(!seen)}
        />
        <Button
          id={id}
          icon={PencilLine}
          aria-describedby={describedBy}
          onClick={() => {
            setChanging(true);
            onChange(null);
          }}
        >
          Replace
        </Button>
      </span>
    );
  }
  return (
    <span className="flex items-center gap-2">
      <Input
        id={id}
        type={seen || reference ? 'text' : 'password'}
        autoComplete="new-password"
        mono
        value={text}
        placeholder={schema.auto === true ? 'made by the gateway when empty' : ''}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
        onBlur={onBlur}
      />
      <IconButton
        icon={seen ? EyeOff : Eye}
        label={seen ? 'Hide what is typed' : 'Show what is typed'}
        onClick={() => setSeen(!seen)}
      />
      {schema.referenceable === true && !reference && (
        <Button icon={Vault} onClick={() => onChange('{vault://env/name}')}>
          Refer to a vault
        </Button>
      )}
    </span>
  );
}
