/** One field of a schema: its label, its control, its rule, what is wrong, and the way back to its default. */
import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { describedBy, Field } from '../parts/controls.tsx';
import { type ControlKind, controlKind } from './control-kind.ts';
import { defaultText } from './defaults.ts';
import { pathKey } from './field-errors.ts';
import { problemWith, ruleText } from './field-rules.ts';
import { ForeignControl } from './foreign-control.tsx';
import { controlId, useDraft, useFieldProblem, useFieldValue } from './form-context.ts';
import { JsonControl } from './json-control.tsx';
import { ChecksControl, TagsControl } from './list-controls.tsx';
import { MapControl } from './map-control.tsx';
import { RecordControl } from './record-control.tsx';
import { RecordsControl } from './records-control.tsx';
import {
  BooleanControl,
  ChoiceControl,
  NumberControl,
  TextControl,
  ThreeWayControl,
} from './scalar-controls.tsx';
import { type FieldSchema, labelOf, mustBeGiven, type Path } from './schema.ts';
import { SecretControl } from './secret-control.tsx';

export interface ControlProps {
  readonly id: string;
  readonly path: Path;
  readonly schema: FieldSchema;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly onBlur: () => void;
  readonly invalid: boolean;
  readonly describedBy: string | undefined;
}

const CONTROLS: Readonly<Record<Exclude<ControlKind, 'record'>, (props: ControlProps) => ReactNode>> = {
  switch: BooleanControl,
  'three-way': ThreeWayControl,
  radio: ChoiceControl,
  select: ChoiceControl,
  text: TextControl,
  'long-text': TextControl,
  secret: SecretControl,
  number: NumberControl,
  tags: TagsControl,
  checks: ChecksControl,
  records: RecordsControl,
  map: MapControl,
  foreign: ForeignControl,
  json: JsonControl,
};

const GROUPS: ReadonlySet<ControlKind> = new Set(['radio', 'checks', 'records', 'map']);

export function SchemaField({ name, schema, path }: { name: string; schema: FieldSchema; path: Path }) {
  const store = useDraft();
  const kind = controlKind(name, schema);
  const value = useFieldValue(path);
  const problem = useFieldProblem(path, kind !== 'record' && kind !== 'records');
  if (kind === 'record') return <RecordControl name={name} schema={schema} path={path} />;
  const id = controlId(path);
  const Control = CONTROLS[kind];
  const rule = ruleText(schema);
  const fallback = defaultText(schema.default);
  const set = value !== undefined && value !== null;
  const isDefault = !set || JSON.stringify(value) === JSON.stringify(schema.default);
  const description = [
    schema.description,
    rule === undefined ? undefined : `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`,
    fallback !== '' && fallback.length < 60 ? `Default: ${fallback}.` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
  return (
    <Field
      id={id}
      label={labelOf(name)}
      group={GROUPS.has(kind)}
      required={mustBeGiven(schema)}
      error={problem}
      description={description === '' ? undefined : description}
      aside={
        !isDefault &&
        !mustBeGiven(schema) && (
          <button
            type="button"
            onClick={() => store.set(path, store.creating ? undefined : (schema.default ?? null))}
            className="inline-flex h-6 items-center gap-1 rounded-sm px-1.5 text-12 text-faint hover:bg-hover hover:text-text"
            aria-label={`${schema.default === undefined ? 'Clear' : 'Reset'} ${labelOf(name)}`}
          >
            <RotateCcw aria-hidden size={12} />
            {schema.default === undefined ? 'Clear' : 'Reset'}
          </button>
        )
      }
    >
      <Control
        id={id}
        path={path}
        schema={schema}
        value={value}
        onChange={(next) => store.set(path, next)}
        onBlur={() => {
          const wrong = problemWith(schema, store.value(path));
          if (wrong === undefined) return;
          const { fields, general } = store.problems.value;
          store.problems.set({ general, fields: new Map(fields).set(pathKey(path), wrong) });
        }}
        invalid={problem !== undefined}
        describedBy={describedBy(id, problem, description)}
      />
    </Field>
  );
}
