/** What somebody prefers, kept in their browser: nothing about the gateway. */
import { Observable } from '../api/observable.ts';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'compact' | 'comfortable';

function kept<T extends string>(name: string, values: readonly [T, ...T[]]): Observable<T> {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(`cardinal.${name}`);
  } catch {
    // Browsers may keep nothing.
  }
  const found = values.find((value) => value === stored) ?? values[0];
  const observable = new Observable<T>(found);
  observable.subscribe(() => {
    try {
      localStorage.setItem(`cardinal.${name}`, observable.value);
    } catch {
      // Then it lasts as long as the page.
    }
  });
  return observable;
}

export const theme = kept<Theme>('theme', ['system', 'light', 'dark']);
export const density = kept<Density>('density', ['compact', 'comfortable']);
/** Shortcuts of a single letter (WCAG 2.1.4). */
export const letterShortcuts = kept<'on' | 'off'>('letter-shortcuts', ['on', 'off']);

/** Puts them on the document, now and whenever they change. */
export function applyPreferences(root: HTMLElement): void {
  const apply = () => {
    if (theme.value === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme.value;
    root.dataset['density'] = density.value;
  };
  theme.subscribe(apply);
  density.subscribe(apply);
  apply();
}
