/** Any value as JSON: for types that this page does not know. What does not parse is never taken over. */
import { useState } from 'react';
import { TextArea } from '../parts/controls.tsx';
import { pathKey } from './field-errors.ts';
import { useDraft } from './form-context.ts';
import type { ControlProps } from './schema-field.tsx';

export function JsonControl({ id, path, value, onChange, invalid, describedBy }: ControlProps) {
  const store = useDraft();
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? (value === undefined || value === null ? '' : JSON.stringify(value, null, 2));
  return (
    <TextArea
      id={id}
      mono
      rows={Math.min(14, Math.max(3, shown.split('\n').length))}
      value={shown}
      placeholder="JSON"
      aria-invalid={invalid || undefined}
      aria-describedby={describedBy}
      onChange={(event) => {
        const text = event.target.value;
        setTyped(text);
        try {
          onChange(text.trim() === '' ? null : JSON.parse(text));
        } catch {
          const { fields, general } = store.problems.value;
          store.problems.set({ general, fields: new Map(fields).set(pathKey(path), 'this is no JSON yet') });
        }
      }}
    />
  );
}
