/** "Copy as": what a page shows or does, as text for elsewhere. */
import { ChevronDown, Copy, FileCode2, Terminal } from 'lucide-react';
import { toast } from '../shell/toasts.tsx';
import { Button } from './button.tsx';
import { copyText } from './copy.ts';
import { Menu, MenuItem } from './menu.tsx';

export interface CopyForms {
  readonly curl?: () => string;
  readonly yaml?: () => string | Promise<string>;
  readonly command?: () => string;
}

const FORMS = [
  ['curl', 'curl', Copy],
  ['yaml', 'kong.yml', FileCode2],
  ['command', 'cardinal command', Terminal],
] as const;

export function CopyAs(forms: CopyForms) {
  return (
    <Menu
      trigger={
        <Button icon={Copy} data-shortcut="y">
          Copy as
          <ChevronDown aria-hidden size={14} className="-mr-1 text-faint" />
        </Button>
      }
    >
      {FORMS.map(([name, label, Icon]) => {
        const form = forms[name];
        if (form === undefined) return null;
        return (
          <MenuItem
            key={name}
            icon={Icon}
            onClick={async () => {
              await copyText(await form());
              toast.done(`Copied as ${label}`);
            }}
          >
            {label}
          </MenuItem>
        );
      })}
    </Menu>
  );
}
