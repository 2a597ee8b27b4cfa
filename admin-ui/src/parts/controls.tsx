/** Fields that are typed into or chosen from. Each gets its name and description from the label around it (`Field`). */
import { Select as BaseSelect } from '@base-ui/react/select';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { Check, ChevronsUpDown } from 'lucide-react';
import type { InputHTMLAttributes, ReactNode, Ref, TextareaHTMLAttributes } from 'react';
import { POPUP } from './menu.tsx';

export const CONTROL =
  'w-full min-w-0 rounded-md border border-control/70 bg-surface px-2.5 text-13 transition-colors duration-(--quick) hover:border-control focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 aria-invalid:border-bad disabled:bg-sunken disabled:text-faint';

type InputProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'className'> & {
  readonly mono?: boolean;
  readonly ref?: Ref<HTMLInputElement>;
};

export function Input({ mono = false, ...rest }: InputProps) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={`${CONTROL} h-(--control-height) ${mono ? 'font-mono text-12' : ''}`}
    />
  );
}

export function TextArea({
  mono = false,
  ...rest
}: Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'className'> & { readonly mono?: boolean }) {
  return (
    <textarea
      spellCheck={false}
      {...rest}
      className={`${CONTROL} min-h-20 py-1.5 ${mono ? 'font-mono text-12 leading-5' : ''}`}
    />
  );
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

interface SelectProps<T extends string> {
  readonly value: T;
  readonly options: readonly Choice<T>[];
  readonly onChange: (value: T) => void;
  readonly id?: string;
  readonly 'aria-label'?: string;
  readonly 'aria-describedby'?: string | undefined;
  readonly 'aria-invalid'?: boolean | undefined;
  readonly disabled?: boolean;
  readonly narrow?: boolean;
}

export function Select<T extends string>({
  value,
  options,
  onChange,
  narrow = false,
  ...rest
}: SelectProps<T>) {
  return (
    <BaseSelect.Root
      value={value}
      onValueChange={(chosen) => chosen !== null && onChange(chosen)}
      items={options.map((option) => ({ value: option.value, label: option.label }))}
    >
      <BaseSelect.Trigger
        {...rest}
        className={`${CONTROL} flex h-(--control-height) items-center justify-between gap-2 text-left ${narrow ? 'w-auto' : ''}`}
      >
        <span className="truncate">
          <BaseSelect.Value />
        </span>
        <BaseSelect.Icon>
          <ChevronsUpDown aria-hidden size={14} className="text-faint" />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <BaseSelect.Popup className={`${POPUP} max-h-[50vh] min-w-(--anchor-width) overflow-y-auto p-1`}>
            {options.map(({ value: one, label, hint }) => (
              <BaseSelect.Item
                key={one}
                value={one}
                className="flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none select-none data-[highlighted]:bg-hover"
              >
                <span className="grid size-4 place-items-center">
                  <BaseSelect.ItemIndicator>
                    <Check aria-hidden size={14} />
                  </BaseSelect.ItemIndicator>
                </span>
                <BaseSelect.ItemText>{label}</BaseSelect.ItemText>
                {hint !== undefined && <span className="ml-auto pl-4 text-12 text-faint">{hint}</span>}
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

export function Switch({
  checked,
  onChange,
  on = 'On',
  off = 'Off',
  ...rest
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  /** The state in a word, beside it. */
  readonly on?: string;
  readonly off?: string;
  readonly id?: string;
  readonly disabled?: boolean;
  readonly 'aria-label'?: string;
  readonly 'aria-describedby'?: string | undefined;
}) {
  return (
    <span className="inline-flex h-(--control-height) items-center gap-2">
      <BaseSwitch.Root
        {...rest}
        checked={checked}
        onCheckedChange={onChange}
        className="relative inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-control bg-sunken p-px transition-colors duration-(--quick) data-[checked]:border-accent data-[checked]:bg-accent data-[disabled]:opacity-50"
      >
        <BaseSwitch.Thumb className="size-4 rounded-full bg-control transition-transform duration-(--quick) data-[checked]:translate-x-4 data-[checked]:bg-surface" />
      </BaseSwitch.Root>
      <span aria-hidden className="text-soft">
        {checked ? on : off}
      </span>
    </span>
  );
}

/** A label, the control, what it is for, and what is wrong with it. `id` is the control's. */
export function Field({
  id,
  label,
  description,
  error,
  required = false,
  aside,
  group = false,
  children,
}: {
  readonly id: string;
  /** Several controls: the label names all of them together. */
  readonly group?: boolean;
  readonly label: ReactNode;
  readonly description?: ReactNode;
  readonly error?: string | undefined;
  readonly required?: boolean;
  /** Right of the label. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  const Label = group ? 'span' : 'label';
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex min-h-6 items-center justify-between gap-2">
        <Label className="font-medium" {...(group ? { id: `${id}-label` } : { htmlFor: id })}>
          {label}
          {required && <span className="ml-1 text-12 font-normal text-faint">required</span>}
        </Label>
        {aside}
      </div>
      {group ? (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own legend and box.
        <div role="group" aria-labelledby={`${id}-label`}>
          {children}
        </div>
      ) : (
        children
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-12 text-bad">
          {error}
        </p>
      )}
      {description !== undefined && (
        <p id={`${id}-description`} className="text-12 text-faint">
          {description}
        </p>
      )}
    </div>
  );
}

/** What a control inside of a `Field` says about its description and error. */
export function describedBy(id: string, error: string | undefined, description: unknown): string | undefined {
  const ids = [
    ...(error === undefined ? [] : [`${id}-error`]),
    ...(description === undefined || description === '' ? [] : [`${id}-description`]),
  ];
  return ids.length === 0 ? undefined : ids.join(' ');
}
