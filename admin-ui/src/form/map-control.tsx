/** Keys with values, as rows. A row whose key is empty is not part of the value yet. */
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../parts/button.tsx';
import { Input } from '../parts/controls.tsx';
import type { ControlProps } from './schema-field.tsx';
import { isObject, sameValue } from './values.ts';

interface Row {
  readonly key: string;
  readonly text: string;
}

export function MapControl({ id, schema, value, onChange, onBlur, invalid, describedBy }: ControlProps) {
  const lists = schema.values?.type === 'array';
  const [rows, setRows] = useState<readonly Row[]>(() => rowsOf(value));
  // Whoever resets the field changes it from outside.
  const shown = sameValue(mapOf(rows, schema, lists), value ?? undefined) ? rows : rowsOf(value);

  function update(next: readonly Row[]) {
    setRows(next);
    onChange(mapOf(next, schema, lists) ?? null);
  }

  const change = (at: number, part: Partial<Row>) =>
    update(shown.map((row, i) => (i === at ? { ...row, ...part } : row)));
  return (
    <div className="flex flex-col gap-1.5">
      {shown.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place is what a row is known by.
        <div key={i} className="flex items-center gap-1.5">
          <Input
            {...(i === 0 ? { id } : {})}
            mono
            aria-label={`Key ${i + 1}`}
            aria-invalid={invalid || undefined}
            aria-describedby={describedBy}
            value={row.key}
            onChange={(event) => change(i, { key: event.target.value })}
            onBlur={onBlur}
          />
          <Input
            mono
            aria-label={`Value of ${row.key || `key ${i + 1}`}`}
            value={row.text}
            placeholder={lists ? 'values, separated by commas' : ''}
            onChange={(event) => change(i, { text: event.target.value })}
            onBlur={onBlur}
          />
          <IconButton
            icon={X}
            label={`Remove ${row.key || `row ${i + 1}`}`}
            onClick={() => update(shown.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      <span>
        <Button
          {...(shown.length === 0 ? { id } : {})}
          icon={Plus}
          aria-describedby={describedBy}
          onClick={() => setRows([...shown, { key: '', text: '' }])}
        >
          Add a row
        </Button>
      </span>
    </div>
  );
}

function rowsOf(value: unknown): readonly Row[] {
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, one]) => ({
    key,
    text: Array.isArray(one) ? one.map(String).join(', ') : String(one ?? ''),
  }));
}

function mapOf(
  rows: readonly Row[],
  { values }: ControlProps['schema'],
  lists: boolean,
): Readonly<Record<string, unknown>> | undefined {
  const entries = rows
    .filter(({ key }) => key !== '')
    .map(({ key, text }) => {
      const type = lists ? values?.elements?.type : values?.type;
      const one = (part: string) => (type === 'integer' || type === 'number' ? numberOr(part) : part);
      return [
        key,
        lists
          ? text
              .split(',')
              .map((part) => part.trim())
              .filter((part) => part !== '')
              .map(one)
          : one(text),
      ];
    });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function numberOr(text: string): unknown {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
