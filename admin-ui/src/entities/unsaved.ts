import { useBlocker } from '@tanstack/react-router';

/** Asks before edits are left behind: on another page, and when the page is closed. */
export function useUnsavedWarning(unsaved: boolean): void {
  useBlocker({
    shouldBlockFn: ({ current, next }) => {
      if (!unsaved || current.pathname === next.pathname) return false;
      return !window.confirm('There are changes that have not been saved. Leave them behind?');
    },
    enableBeforeUnload: () => unsaved,
  });
}
