/** Controls for several values: typed one after another or pasted as lines, or ticked. */
import { Checkbox } from '@base-ui/react/checkbox';
import { ArrowLeft, ArrowRight, Check, X } from 'lucide-react';
import { useState } from 'react';
import { CONTROL } from '../parts/controls.tsx';
import { defaultText } from './defaults.ts';
import type { FieldSchema } from './schema.ts';
import type { ControlProps } from './schema-field.tsx';

/** Values as little boxes with an input behind them. Enter, comma and pasted lines add; arrays can be put in order. */
export function TagsControl({ id, schema, value, onChange, onBlur, invalid, describedBy }: ControlProps) {
  const [text, setText] = useState('');
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const ordered = schema.type === 'array';

  function add(raw: string) {
    const parts = raw
      .split(/[\n\r]+/)
      .map((part) => part.trim())
      .filter((part) => part !== '');
    const next = [...values];
    for (const part of parts) {
      const made = elementOf(schema.elements, part);
      if (ordered || !next.includes(made)) next.push(made);
    }
    if (next.length > values.length) onChange(next);
    setText('');
  }

  function move(from: number, to: number) {
    const next = [...values];
    const [moved] = next.splice(from, 1);
    next.splice(to, 0, moved);
    onChange(next);
  }

  const remove = (at: number) => onChange(values.filter((_, i) => i !== at));

  return (
    <span
      className={`${CONTROL} flex min-h-(--control-height) flex-wrap items-center gap-1 py-0.5 pl-1 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent ${invalid ? 'border-bad' : ''}`}
    >
      {values.map((one, i) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: arrays may hold the same value twice.
          key={i}
          className="inline-flex max-w-full items-center rounded-sm border border-line bg-sunken pl-1.5 font-mono text-12"
        >
          <span className="truncate">{String(one)}</span>
          {ordered && values.length > 1 && (
            <>
              <TagButton label={`Move ${one} forward`} disabled={i === 0} onClick={() => move(i, i - 1)}>
                <ArrowLeft aria-hidden size={12} />
              </TagButton>
              <TagButton
                label={`Move ${one} back`}
                disabled={i === values.length - 1}
                onClick={() => move(i, i + 1)}
              >
                <ArrowRight aria-hidden size={12} />
              </TagButton>
            </>
          )}
          <TagButton label={`Remove ${one}`} onClick={() => remove(i)}>
            <X aria-hidden size={12} />
          </TagButton>
        </span>
      ))}
      <input
        id={id}
        value={text}
        autoComplete="off"
        spellCheck={false}
        placeholder={values.length === 0 ? defaultText(schema.default) || 'Add …' : 'Add …'}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        onChange={(event) => setText(event.target.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text');
          if (!/[\n\r]/.test(pasted)) return;
          event.preventDefault();
          add(text + pasted);
        }}
        onKeyDown={(event) => {
          if ((event.key === 'Enter' || event.key === ',') && text.trim() !== '') {
            event.preventDefault();
            add(text);
          } else if (event.key === 'Backspace' && text === '' && values.length > 0) remove(values.length - 1);
        }}
        onBlur={() => {
          if (text.trim() !== '') add(text);
          onBlur();
        }}
        className="h-6 min-w-24 flex-1 bg-transparent px-1.5 outline-none"
      />
    </span>
  );
}

function TagButton(props: {
  label: string;
  disabled?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  const { label, disabled = false, onClick, children } = props;
  return (
    <button
      type="button"
      aria-label={label}
      disabled={disabled}
      onClick={onClick}
      className="grid size-6 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text disabled:opacity-30"
    >
      {children}
    </button>
  );
}

function elementOf(elements: FieldSchema | undefined, text: string): unknown {
  if (elements?.type !== 'integer' && elements?.type !== 'number') return text;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** A set of known values: each can be ticked. */
export function ChecksControl({ id, schema, value, onChange, describedBy }: ControlProps) {
  const choices = schema.elements?.one_of ?? [];
  const chosen = Array.isArray(value)
    ? (value as readonly unknown[])
    : ((schema.default as readonly unknown[]) ?? []);
  const others = chosen.filter((one) => !choices.includes(one as string));
  return (
    <fieldset
      id={id}
      tabIndex={-1}
      aria-describedby={describedBy}
      className="flex min-h-(--control-height) flex-wrap items-center gap-x-4 gap-y-1"
    >
      {[...choices, ...others].map((choice) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox is in it.
        <label key={String(choice)} className="flex min-h-6 items-center gap-1.5">
          <Tick
            checked={chosen.includes(choice)}
            onChange={(checked) =>
              onChange(checked ? [...chosen, choice] : chosen.filter((one) => one !== choice))
            }
          />
          {String(choice)}
        </label>
      ))}
    </fieldset>
  );
}

export function Tick({
  checked,
  onChange,
  indeterminate = false,
  ...rest
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean, event: Event) => void;
  readonly indeterminate?: boolean;
  readonly 'aria-label'?: string;
}) {
  return (
    <Checkbox.Root
      {...rest}
      checked={checked}
      indeterminate={indeterminate}
      onCheckedChange={(now, details) => onChange(now, details.event)}
      className="grid size-4 shrink-0 place-items-center rounded-sm border border-control bg-surface data-[checked]:border-accent data-[checked]:bg-accent data-[indeterminate]:border-accent data-[indeterminate]:bg-accent"
    >
      <Checkbox.Indicator className="text-surface">
        {indeterminate ? (
          <span className="block h-0.5 w-2 bg-surface" />
        ) : (
          <Check aria-hidden size={12} strokeWidth={3} />
        )}
      </Checkbox.Indicator>
    </Checkbox.Root>
  );
}
