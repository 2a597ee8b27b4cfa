/** The choice of another entity, searched as one types. What is stored stays, even when it is not in the list. */
import { Combobox } from '@base-ui/react/combobox';
import { Check, ChevronsUpDown, X } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity, Page } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { useApi } from '../api/use-api.ts';
import { type Kind, kindOf, knownKind } from '../entities/kinds.ts';
import { hintOf, nameOf, referred } from '../entities/names.ts';
import { CONTROL, Input } from '../parts/controls.tsx';
import { POPUP } from '../parts/menu.tsx';
import type { ControlProps } from './schema-field.tsx';

const PAGE_SIZE = 1000;
const MOST_SHOWN = 100;

export function ForeignControl(props: ControlProps) {
  const kind = kindOf(props.schema.reference ?? '');
  return kind === undefined ? <IdInput {...props} /> : <Picker {...props} kind={kind} />;
}

/** For kinds that have no page here. */
function IdInput({ id, value, onChange, onBlur, invalid, describedBy }: ControlProps) {
  return (
    <Input
      id={id}
      mono
      placeholder="id"
      value={referred(value) ?? ''}
      aria-invalid={invalid || undefined}
      aria-describedby={describedBy}
      onBlur={onBlur}
      onChange={(event) => onChange(event.target.value === '' ? null : { id: event.target.value })}
    />
  );
}

function Picker({ id, value, onChange, invalid, describedBy, kind }: ControlProps & { readonly kind: Kind }) {
  return (
    <EntityPicker
      id={id}
      kind={kind}
      value={referred(value)}
      onChange={(chosen) => onChange(chosen === undefined ? null : { id: chosen })}
      invalid={invalid}
      describedBy={describedBy}
    />
  );
}

interface Item {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
}

export function EntityPicker({
  id,
  kind,
  value,
  onChange,
  invalid = false,
  describedBy,
  label,
  placeholder,
}: {
  readonly id: string;
  readonly kind: Kind;
  readonly value: string | undefined;
  readonly onChange: (id: string | undefined) => void;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
  readonly label?: string;
  readonly placeholder?: string;
}) {
  const { data } = useApi<Page>(pathOf(knownKind(kind.collection).list), { query: { size: PAGE_SIZE } });
  const items = useMemo(() => (data?.data ?? []).map((entity) => itemOf(kind, entity)), [data, kind]);
  const chosen = useMemo(
    () =>
      value === undefined
        ? null
        : (items.find((item) => item.id === value) ?? { id: value, label: value.slice(0, 8), hint: '' }),
    [items, value],
  );
  return (
    <Combobox.Root
      items={items}
      value={chosen}
      onValueChange={(item: Item | null) => onChange(item?.id)}
      itemToStringLabel={(item: Item) => item.label}
      isItemEqualToValue={(a: Item, b: Item) => a.id === b.id}
      filter={(item: Item, text) =>
        `${item.label} ${item.hint} ${item.id}`.toLowerCase().includes(text.toLowerCase())
      }
      limit={MOST_SHOWN}
    >
      <span className="relative block">
        <Combobox.Input
          id={id}
          aria-label={label}
          aria-invalid={invalid || undefined}
          aria-describedby={describedBy}
          placeholder={placeholder ?? `Any ${kind.singular}`}
          className={`${CONTROL} h-(--control-height) pr-16`}
        />
        <span className="absolute inset-y-0 right-1 flex items-center">
          <Combobox.Clear
            aria-label="Clear"
            className="grid size-6 place-items-center rounded-sm text-faint hover:text-text"
          >
            <X aria-hidden size={14} />
          </Combobox.Clear>
          <Combobox.Trigger
            aria-label={`Choose a ${kind.singular}`}
            className="grid size-6 place-items-center rounded-sm text-faint"
          >
            <ChevronsUpDown aria-hidden size={14} />
          </Combobox.Trigger>
        </span>
      </span>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} className="z-50">
          <Combobox.Popup className={`${POPUP} max-h-[46vh] w-(--anchor-width) overflow-y-auto p-1`}>
            <Combobox.Empty className="px-2 py-1.5 text-faint empty:hidden">
              No {kind.singular} is called that.
            </Combobox.Empty>
            <Combobox.List>
              {(item: Item) => (
                <Combobox.Item
                  key={item.id}
                  value={item}
                  className="flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-[highlighted]:bg-hover"
                >
                  <span className="truncate">{item.label}</span>
                  <span className="min-w-0 flex-1 truncate text-12 text-faint">{item.hint}</span>
                  <Combobox.ItemIndicator>
                    <Check aria-hidden size={14} />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

function itemOf(kind: Kind, entity: Entity): Item {
  return { id: entity.id, label: nameOf(kind, entity), hint: hintOf(kind, entity) };
}
