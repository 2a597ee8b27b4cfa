/** A menu that a button opens. */
import { Menu as Base } from '@base-ui/react/menu';
import { Check, type LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';

export const POPUP =
  'z-50 rounded-lg border border-line bg-raised shadow-float outline-none transition-opacity duration-(--quick) data-[ending-style]:opacity-0 data-[starting-style]:opacity-0';
const ITEM =
  'flex min-h-8 w-full cursor-default items-center gap-2.5 rounded-md px-2 text-left text-13 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover';

/** `trigger`: a button element; it gets the menu's behaviour. */
export function Menu({ trigger, children, align = 'end' }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} className="z-50">
          <Base.Popup className={`${POPUP} max-h-[70vh] min-w-[200px] overflow-y-auto p-1`}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

interface MenuProps {
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly children: ReactNode;
  readonly align?: 'start' | 'end';
}

export function MenuItem({
  icon: Icon,
  danger = false,
  hint,
  children,
  ...rest
}: {
  readonly icon?: LucideIcon;
  readonly danger?: boolean;
  readonly hint?: ReactNode;
  readonly disabled?: boolean;
  readonly onClick?: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Base.Item {...rest} className={`${ITEM} ${danger ? 'text-bad' : ''}`}>
      {Icon !== undefined && <Icon aria-hidden size={15} className={danger ? '' : 'text-faint'} />}
      <span className="flex-1">{children}</span>
      {hint !== undefined && <span className="text-12 text-faint">{hint}</span>}
    </Base.Item>
  );
}

export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ReactNode;
}) {
  return (
    <Base.CheckboxItem checked={checked} onCheckedChange={onChange} closeOnClick={false} className={ITEM}>
      <span className="grid size-4 place-items-center">
        <Base.CheckboxItemIndicator>
          <Check aria-hidden size={14} />
        </Base.CheckboxItemIndicator>
      </span>
      {children}
    </Base.CheckboxItem>
  );
}

export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly icon?: LucideIcon }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <Base.RadioGroup value={value} onValueChange={(chosen) => onChange(chosen as T)}>
      <Base.Group>
        <Base.GroupLabel className="px-2 pt-2 pb-1 text-12 text-faint">{label}</Base.GroupLabel>
        {options.map(({ value: one, label: text, icon: Icon }) => (
          <Base.RadioItem key={one} value={one} closeOnClick={false} className={ITEM}>
            {Icon !== undefined && <Icon aria-hidden size={15} className="text-faint" />}
            <span className="flex-1">{text}</span>
            <Base.RadioItemIndicator>
              <Check aria-hidden size={14} />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.Group>
    </Base.RadioGroup>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
