/**
 * Keys for the whole page. Letters alone never count while somebody types, in a dialog, or when they are switched off; with
 * Ctrl or ⌘ they always do.
 */
import { useEffect } from 'react';
import { DESTINATIONS } from './navigation.ts';
import { letterShortcuts } from './preferences.ts';

export interface ShortcutRow {
  readonly keys: readonly string[];
  readonly what: string;
}

export const SHORTCUTS: readonly ShortcutRow[] = [
  { keys: ['Ctrl K'], what: 'Search and commands' },
  { keys: ['/'], what: 'Filter of the page, or search' },
  { keys: ['?'], what: 'This list' },
  ...DESTINATIONS.flatMap(({ key, label }) => (key === undefined ? [] : [{ keys: ['g', key], what: label }])),
  { keys: ['n'], what: 'New, on a list' },
  { keys: ['j', 'k'], what: 'Next and previous row' },
  { keys: ['Enter'], what: 'Open the row' },
  { keys: ['e'], what: 'Edit' },
  { keys: ['Ctrl S'], what: 'Save' },
  { keys: ['y'], what: 'Copy as …' },
  { keys: ['p'], what: 'Pause, on Live' },
];

const SEQUENCE_MS = 1_500;

export interface ShortcutActions {
  palette(): void;
  help(): void;
  go(to: string): void;
}

/** What a page offers carries `data-shortcut`: the key presses or focuses it. */
export function useShortcuts(actions: ShortcutActions): void {
  useEffect(() => {
    let afterG = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent) => {
      const command = event.ctrlKey || event.metaKey;
      if (command && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        actions.palette();
        return;
      }
      if (command && event.key.toLowerCase() === 's') {
        const save = offered('save');
        if (save !== undefined) {
          event.preventDefault();
          save.click();
        }
        return;
      }
      if (command || event.altKey || event.defaultPrevented || !letterShortcutsHold(event)) return;
      if (event.timeStamp - afterG < SEQUENCE_MS) {
        afterG = Number.NEGATIVE_INFINITY;
        const page = DESTINATIONS.find(({ key }) => key === event.key);
        if (page !== undefined) {
          event.preventDefault();
          actions.go(page.to);
        }
        return;
      }
      if (event.key === 'g') afterG = event.timeStamp;
      else if (event.key === 'j' || event.key === 'k') stepRows(event.key === 'j' ? 1 : -1);
      else if (event.key === '?') actions.help();
      else if (event.key === '/') {
        event.preventDefault();
        const filter = offered('/');
        if (filter === undefined) actions.palette();
        else filter.focus();
      } else if (/^[a-z]$/.test(event.key)) {
        const element = offered(event.key);
        if (element === undefined) return;
        event.preventDefault();
        element.focus();
        element.click();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [actions]);
}

function offered(key: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(`[data-shortcut="${CSS.escape(key)}"]`)].find(
    (element) => element.checkVisibility() && !element.matches(':disabled'),
  );
}

/** The first table on the page moves its focus. */
function stepRows(by: number): void {
  document.querySelector('[data-rows]')?.dispatchEvent(new CustomEvent('rows-step', { detail: by }));
}

function letterShortcutsHold(event: KeyboardEvent): boolean {
  if (letterShortcuts.value === 'off') return false;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return true;
  const inText =
    target.isContentEditable ||
    target.matches('input, textarea, select, [role="combobox"], [role="textbox"]');
  // Inside of a shadow root only its host is seen.
  const inEditor = target.shadowRoot !== null;
  return !inText && !inEditor && target.closest('[role="dialog"], [role="menu"], [role="listbox"]') === null;
}
