/** A group of fields. Folded when nothing in it differs from the defaults. */
import { ChevronRight } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import { Button } from '../parts/button.tsx';
import { withDefaults } from './defaults.ts';
import { problemAt } from './field-errors.ts';
import { useDraft, useFieldProblem, useFieldValue } from './form-context.ts';
import { type FieldSchema, fieldsOf, labelOf, type Path } from './schema.ts';
import { SchemaField } from './schema-field.tsx';
import { isObject, sameValue } from './values.ts';

export function RecordControl({ name, schema, path }: { name: string; schema: FieldSchema; path: Path }) {
  const store = useDraft();
  const value = useFieldValue(path);
  const own = useFieldProblem(path);
  const wrong = useSyncExternalStore(
    store.problems.subscribe,
    () => problemAt(store.problems.value, path, true) !== undefined,
  );
  const fields = fieldsOf({ fields: schema.fields ?? [] });
  const always = schema.required === true || schema.default !== undefined;
  const absent = value === null || value === undefined;
  const [opened, setOpened] = useState(() => !absent && !onlyDefaults(schema, value));
  const open = opened || wrong;
  return (
    <section className="col-span-full rounded-md border border-line" aria-label={labelOf(name)}>
      <div className="flex items-center gap-2 pr-2">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpened(!open)}
          className="flex min-h-10 flex-1 items-center gap-2 rounded-md px-3 py-1.5 text-left"
        >
          <ChevronRight
            aria-hidden
            size={15}
            className={`shrink-0 text-faint transition-transform duration-(--quick) ${open ? 'rotate-90' : ''}`}
          />
          <span className="font-medium">{labelOf(name)}</span>
          <span className="min-w-0 truncate text-12 text-faint">
            {schema.description ?? ''}
            {absent && !always ? ' Not set.' : ''}
          </span>
        </button>
        {!always && !absent && (
          <Button weight="quiet" onClick={() => store.set(path, store.creating ? undefined : null)}>
            Remove
          </Button>
        )}
      </div>
      {own !== undefined && <p className="px-3 pb-2 text-12 text-bad">{own}</p>}
      {open && (
        <div className="grid gap-x-6 gap-y-4 border-t border-line p-4 lg:grid-cols-2">
          {fields.map((field) => (
            <SchemaField
              key={field.name}
              name={field.name}
              schema={field.schema}
              path={[...path, field.name]}
            />
          ))}
        </div>
      )}
    </section>
  );
}

function onlyDefaults(schema: FieldSchema, value: unknown): boolean {
  if (!isObject(value)) return true;
  const fields = { fields: schema.fields ?? [] };
  const given = Object.fromEntries(Object.entries(stripNulls(value) as object));
  return sameValue(stripNulls(withDefaults(fields, {})), stripNulls(withDefaults(fields, given)));
}

function stripNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  const entries = Object.entries(value)
    .map(([key, one]) => [key, stripNulls(one)] as const)
    .filter(
      ([, one]) => one !== null && one !== undefined && !(isObject(one) && Object.keys(one).length === 0),
    );
  return Object.fromEntries(entries);
}
