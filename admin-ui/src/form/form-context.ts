/** The draft of the form around a field. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { DraftStore } from './draft-store.ts';
import { problemAt } from './field-errors.ts';
import type { Path } from './schema.ts';

export const FormContext = createContext<DraftStore | undefined>(undefined);

export function useDraft(): DraftStore {
  const store = useContext(FormContext);
  if (store === undefined) throw new Error('a field needs a form around it');
  return store;
}

/** Renders anew only when this value is another. */
export function useFieldValue(path: Path): unknown {
  const store = useDraft();
  return useSyncExternalStore(store.draft.subscribe, () => store.value(path));
}

export function useFieldProblem(path: Path, below = false): string | undefined {
  const store = useDraft();
  return useSyncExternalStore(store.problems.subscribe, () => problemAt(store.problems.value, path, below));
}

/** The id of a control, so that the summary of errors can lead to it. */
export function controlId(path: Path): string {
  return `field-${path.join('.')}`;
}
