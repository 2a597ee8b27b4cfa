/** Controls for one value: text, a number, a choice, yes or no. */
import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';
import { useState } from 'react';
import { Input, Select, Switch, TextArea } from '../parts/controls.tsx';
import { controlKind } from './control-kind.ts';
import { defaultText } from './defaults.ts';
import { unitOf } from './schema.ts';
import type { ControlProps } from './schema-field.tsx';

export function TextControl({
  id,
  path,
  schema,
  value,
  onChange,
  onBlur,
  invalid,
  describedBy,
}: ControlProps) {
  const text = typeof value === 'string' ? value : '';
  const props = {
    id,
    value: text,
    onBlur,
    placeholder: defaultText(schema.default),
    'aria-invalid': invalid || undefined,
    'aria-describedby': describedBy,
    // An emptied field is one that is not given.
    onChange: (event: { target: { value: string } }) =>
      onChange(event.target.value === '' ? null : event.target.value),
  };
  const name = String(path.at(-1));
  return controlKind(name, schema) === 'long-text' ? (
    <TextArea {...props} mono rows={5} />
  ) : (
    <Input {...props} mono={/path|uri|url|host|regex|header/.test(name)} />
  );
}

export function NumberControl({
  id,
  path,
  schema,
  value,
  onChange,
  onBlur,
  invalid,
  describedBy,
}: ControlProps) {
  // What is typed and no number yet ("-", "1e") stays as it is typed.
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? (value === null || value === undefined ? '' : String(value));
  const unit = unitOf(String(path.at(-1)), schema);
  return (
    <span className="relative block">
      <Input
        id={id}
        inputMode="decimal"
        value={shown}
        placeholder={defaultText(schema.default)}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        onChange={(event) => {
          const text = event.target.value;
          setTyped(text);
          if (text.trim() === '') onChange(null);
          else {
            const number = Number(text);
            onChange(Number.isNaN(number) ? text : number);
          }
        }}
        onBlur={() => {
          setTyped(undefined);
          onBlur();
        }}
      />
      {unit !== undefined && (
        <span
          aria-hidden
          className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-12 text-faint"
        >
          {unit}
        </span>
      )}
    </span>
  );
}

export function BooleanControl({ id, schema, value, onChange, describedBy }: ControlProps) {
  const checked = typeof value === 'boolean' ? value : schema.default === true;
  return <Switch id={id} checked={checked} onChange={onChange} aria-describedby={describedBy} />;
}

export function ThreeWayControl({ id, value, onChange, describedBy, invalid }: ControlProps) {
  return (
    <Select
      id={id}
      aria-describedby={describedBy}
      aria-invalid={invalid || undefined}
      value={value === true ? 'on' : value === false ? 'off' : 'unset'}
      onChange={(chosen) => onChange(chosen === 'unset' ? null : chosen === 'on')}
      options={[
        { value: 'unset', label: 'Not set' },
        { value: 'on', label: 'On' },
        { value: 'off', label: 'Off' },
      ]}
    />
  );
}

const UNSET = '\u0000';

export function ChoiceControl({ id, path, schema, value, onChange, describedBy, invalid }: ControlProps) {
  const choices = schema.one_of ?? [];
  const current = value ?? schema.default ?? null;
  const byText = new Map(choices.map((choice) => [String(choice), choice]));
  const choose = (text: string) => onChange(text === UNSET ? null : (byText.get(text) ?? text));
  if (controlKind(String(path.at(-1)), schema) === 'radio') {
    return (
      <RadioGroup
        id={id}
        aria-labelledby={`${id}-label`}
        aria-describedby={describedBy}
        value={String(current)}
        onValueChange={(chosen) => choose(String(chosen))}
        className="flex min-h-(--control-height) flex-wrap items-center gap-x-4 gap-y-1"
      >
        {choices.map((choice) => (
          // biome-ignore lint/a11y/noLabelWithoutControl: the radio is in it.
          <label key={choice} className="flex min-h-6 items-center gap-1.5">
            <Radio.Root
              value={String(choice)}
              className="grid size-4 place-items-center rounded-full border border-control bg-surface data-[checked]:border-accent"
            >
              <Radio.Indicator className="size-2 rounded-full bg-accent" />
            </Radio.Root>
            {String(choice)}
          </label>
        ))}
      </RadioGroup>
    );
  }
  const certain = schema.required === true || schema.default !== undefined;
  const known = current === null || byText.has(String(current));
  return (
    <Select
      id={id}
      aria-describedby={describedBy}
      aria-invalid={invalid || undefined}
      value={current === null ? UNSET : String(current)}
      onChange={choose}
      options={[
        ...(certain && current !== null ? [] : [{ value: UNSET, label: 'Not set' }]),
        // Whatever is stored stays chosen, even if the schema does not name it.
        ...(known ? [] : [{ value: String(current), label: String(current) }]),
        ...choices.map((choice) => ({ value: String(choice), label: String(choice) })),
      ]}
    />
  );
}
