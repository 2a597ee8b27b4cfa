/** The fields of an entity: basic ones first, the rest folded, a search over all, rules between them as sentences. */
import { ChevronRight, CircleAlert, Search } from 'lucide-react';
import { type ReactNode, useId, useMemo, useState, useSyncExternalStore } from 'react';
import { Input } from '../parts/controls.tsx';
import { withDefaults } from './defaults.ts';
import type { DraftStore } from './draft-store.ts';
import { checkSentences } from './entity-checks.ts';
import { pathOfKey } from './field-errors.ts';
import { controlId, FormContext } from './form-context.ts';
import { editableFields, fieldsOf, labelOf, mustBeGiven, type NamedField, type Path } from './schema.ts';
import { SchemaField } from './schema-field.tsx';
import { valueAt } from './values.ts';

export interface FormLayout {
  /** Fields that stand first, by name; with `config.` for those of a plugin. */
  readonly basic: readonly string[];
  /** Fields that stand elsewhere on the page. */
  readonly hidden?: readonly string[];
}

interface PlacedField extends NamedField {
  readonly path: Path;
}

const SEARCH_FROM = 10;
const MOST_CONFIG = 10;

export function SchemaForm({
  store,
  layout,
  children,
}: {
  store: DraftStore;
  layout: FormLayout;
  children?: ReactNode;
}) {
  const [text, setText] = useState('');
  const searchId = useId();
  const { basic, advanced } = useMemo(() => place(store, layout), [store, layout]);
  const wanted = text.trim().toLowerCase();
  const all = [...basic, ...advanced];
  const hits = wanted === '' ? undefined : all.filter((field) => mentions(field, wanted));
  return (
    <FormContext value={store}>
      <div className="flex flex-col gap-5">
        {all.length >= SEARCH_FROM && (
          <span className="relative block max-w-[360px]">
            <Search aria-hidden size={14} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-faint" />
            <span className="[&_input]:pl-8">
              <Input
                id={searchId}
                type="search"
                aria-label="Find a field"
                placeholder={`Find one of ${all.length} fields`}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            </span>
          </span>
        )}
        <Sentences store={store} />
        {hits === undefined ? (
          <>
            <FieldGrid fields={basic} />
            {children}
            {advanced.length > 0 && <Advanced fields={advanced} store={store} />}
          </>
        ) : hits.length === 0 ? (
          <p className="text-soft">No field mentions “{text}”.</p>
        ) : (
          <FieldGrid fields={hits} />
        )}
      </div>
    </FormContext>
  );
}

function FieldGrid({ fields }: { readonly fields: readonly PlacedField[] }) {
  return (
    <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
      {fields.map(({ name, schema, path }) => (
        <SchemaField key={path.join('.')} name={name} schema={schema} path={path} />
      ))}
    </div>
  );
}

function Advanced({
  fields,
  store,
}: {
  readonly fields: readonly PlacedField[];
  readonly store: DraftStore;
}) {
  const problems = useSyncExternalStore(store.problems.subscribe, () => store.problems.value);
  const wrong = [...problems.fields.keys()].some((key) => {
    const path = pathOfKey(key);
    return fields.some((field) => field.path.every((step, i) => step === path[i]));
  });
  const [opened, setOpened] = useState(false);
  const open = opened || wrong;
  return (
    <details open={open} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary className="flex w-fit list-none items-center gap-1.5 rounded-sm py-1 font-medium text-soft hover:text-text">
        <ChevronRight
          aria-hidden
          size={15}
          className={`text-faint transition-transform duration-(--quick) ${open ? 'rotate-90' : ''}`}
        />
        More fields ({fields.length})
      </summary>
      {open && (
        <div className="pt-3">
          <FieldGrid fields={fields} />
        </div>
      )}
    </details>
  );
}

/** Rules between fields: those that always hold, and those that are broken right now. */
function Sentences({ store }: { readonly store: DraftStore }) {
  const draft = useSyncExternalStore(store.draft.subscribe, () => store.draft.value);
  const sentences = useMemo(
    () =>
      checkSentences(store.schema, withDefaults(store.schema, draft)).filter(
        ({ always, kept }) => always || !kept,
      ),
    [store, draft],
  );
  if (sentences.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1">
      {sentences.map(({ text, kept, path }) => (
        <li key={text} className={`flex items-start gap-1.5 ${kept ? 'text-soft' : 'text-warn'}`}>
          <CircleAlert aria-hidden size={14} className="mt-[3px] shrink-0" />
          <span>
            {text}{' '}
            {!kept && (
              <button
                type="button"
                className="link"
                onClick={() => document.getElementById(controlId(path))?.focus()}
              >
                Go there
              </button>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Takes a plugin's config apart, so that its fields stand beside the others. */
function place(store: DraftStore, layout: FormLayout): { basic: PlacedField[]; advanced: PlacedField[] } {
  const placed = editableFields(store.schema)
    .filter(({ name }) => layout.hidden?.includes(name) !== true)
    .flatMap(({ name, schema }): PlacedField[] =>
      name === 'config' && schema.type === 'record' && schema.fields !== undefined
        ? fieldsOf({ fields: schema.fields }).map((field) => ({ ...field, path: ['config', field.name] }))
        : [{ name, schema, path: [name] }],
    );
  const config = basicConfig(store, placed);
  const rank = (field: PlacedField) => {
    const { path, schema } = field;
    const at = layout.basic.indexOf(path.join('.'));
    if (at !== -1) return at;
    if (mustBeGiven(schema) || isGiven(store, path, schema.default) || config.has(field))
      return layout.basic.length;
    return Number.POSITIVE_INFINITY;
  };
  const basic = placed
    .filter((field) => rank(field) !== Number.POSITIVE_INFINITY)
    .toSorted((a, b) => rank(a) - rank(b));
  return { basic, advanced: placed.filter((field) => !basic.includes(field)) };
}

/** A plugin is its config: what has to be said there stands first, and all of it when there is not much. */
function basicConfig(store: DraftStore, placed: readonly PlacedField[]): ReadonlySet<PlacedField> {
  const config = placed.filter(
    ({ path, schema }) => path[0] === 'config' && path.length > 1 && schema.type !== 'record',
  );
  const named = new Set(
    (store.schema.entity_checks ?? []).flatMap((check) => {
      const names = check['at_least_one_of'] ?? check['only_one_of'];
      return Array.isArray(names) ? names.map(String) : [];
    }),
  );
  const told = config.filter(({ path }) => named.has(path.join('.')));
  const rest = config.filter((field) => !told.includes(field));
  return new Set([...told, ...rest.slice(0, Math.max(0, MOST_CONFIG - told.length))]);
}

/** Somebody has said something about it, other than what holds anyway. */
function isGiven(store: DraftStore, path: Path, fallback: unknown): boolean {
  const value = valueAt(store.base.value, path);
  if (value === undefined || value === null) return false;
  if (Array.isArray(value) && value.length === 0) return false;
  if (typeof value === 'object' && !Array.isArray(value)) return false;
  return JSON.stringify(value) !== JSON.stringify(fallback);
}

function mentions({ name, schema }: NamedField, text: string): boolean {
  return (
    name.includes(text) ||
    labelOf(name).toLowerCase().includes(text) ||
    (schema.description ?? '').toLowerCase().includes(text) ||
    (schema.fields !== undefined &&
      fieldsOf({ fields: schema.fields }).some((field) => mentions(field, text)))
  );
}
