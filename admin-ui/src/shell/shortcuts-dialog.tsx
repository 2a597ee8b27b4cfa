import { useValue } from '../api/use-value.ts';
import { Kbd } from '../parts/badge.tsx';
import { Field, Switch } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { letterShortcuts } from './preferences.ts';
import { SHORTCUTS } from './shortcuts.ts';

/** The list of keys, and the switch for those of a single letter. */
export function ShortcutsDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const letters = useValue(letterShortcuts);
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-5 gap-y-2">
        {SHORTCUTS.map(({ keys, what }) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-5 border-t border-line pt-4">
        <Field id="letter-shortcuts" label="Shortcuts of a single letter">
          <Switch
            id="letter-shortcuts"
            checked={letters === 'on'}
            onChange={(on) => letterShortcuts.set(on ? 'on' : 'off')}
          />
        </Field>
      </div>
    </Dialog>
  );
}
