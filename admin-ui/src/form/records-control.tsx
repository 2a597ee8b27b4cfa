/** Several groups of the same fields: cards that are added, copied, moved and taken away. */
import { ArrowDown, ArrowUp, CopyPlus, Plus, Trash2 } from 'lucide-react';
import { Button, IconButton } from '../parts/button.tsx';
import { fieldsOf } from './schema.ts';
import { type ControlProps, SchemaField } from './schema-field.tsx';

export function RecordsControl({ id, path, schema, value, onChange, describedBy }: ControlProps) {
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const fields = fieldsOf({ fields: schema.elements?.fields ?? [] });
  const put = (next: readonly unknown[]) => onChange(next.length === 0 ? null : next);
  const moved = (from: number, to: number) => {
    const next = [...values];
    const [one] = next.splice(from, 1);
    next.splice(to, 0, one);
    put(next);
  };
  return (
    <div className="col-span-full flex flex-col gap-2">
      {values.map((_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place is what a card is known by.
        <div key={i} className="rounded-md border border-line">
          <div className="flex items-center justify-between border-b border-line py-0.5 pr-1 pl-3">
            <span className="numeric text-12 text-faint">{i + 1}</span>
            <span className="flex">
              <IconButton
                icon={ArrowUp}
                label={`Move ${i + 1} up`}
                disabled={i === 0}
                onClick={() => moved(i, i - 1)}
              />
              <IconButton
                icon={ArrowDown}
                label={`Move ${i + 1} down`}
                disabled={i === values.length - 1}
                onClick={() => moved(i, i + 1)}
              />
              <IconButton
                icon={CopyPlus}
                label={`Copy ${i + 1}`}
                onClick={() => put(values.toSpliced(i + 1, 0, values[i]))}
              />
              <IconButton
                icon={Trash2}
                label={`Remove ${i + 1}`}
                onClick={() => put(values.toSpliced(i, 1))}
              />
            </span>
          </div>
          <div className="grid gap-x-6 gap-y-4 p-4 lg:grid-cols-2">
            {fields.map((field) => (
              <SchemaField
                key={field.name}
                name={field.name}
                schema={field.schema}
                path={[...path, i, field.name]}
              />
            ))}
          </div>
        </div>
      ))}
      <span>
        <Button id={id} icon={Plus} aria-describedby={describedBy} onClick={() => put([...values, {}])}>
          Add
        </Button>
      </span>
    </div>
  );
}
