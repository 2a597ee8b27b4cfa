/** What the gateway did not take, as a list of links to the fields. */
import { CircleX } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import type { DraftStore } from './draft-store.ts';
import { pathOfKey } from './field-errors.ts';
import { controlId } from './form-context.ts';
import { labelOf, type Path } from './schema.ts';

export function ErrorSummary({ store }: { readonly store: DraftStore }) {
  const problems = useSyncExternalStore(store.problems.subscribe, () => store.problems.value);
  if (problems.fields.size === 0 && problems.general.length === 0) return null;
  return (
    <div role="alert" className="flex gap-2.5 rounded-md bg-bad-soft p-3 text-bad">
      <CircleX aria-hidden size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-0">
        <p className="font-semibold">This cannot be saved yet</p>
        <ul className="mt-1 flex flex-col gap-0.5">
          {problems.general.map((message) => (
            <li key={message} className="break-words">
              {message}
            </li>
          ))}
          {[...problems.fields].map(([key, message]) => {
            const path = pathOfKey(key);
            return (
              <li key={key}>
                <button
                  type="button"
                  className="underline underline-offset-2"
                  onClick={() => focusField(path)}
                >
                  {path
                    .map((step) => (typeof step === 'number' ? String(step + 1) : labelOf(step)))
                    .join(' › ')}
                </button>
                : {message}
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

/** The control of the field, or of the one around it. */
export function focusField(path: Path): void {
  for (let length = path.length; length > 0; length--) {
    const element = document.getElementById(controlId(path.slice(0, length)));
    if (element !== null) {
      element.focus();
      element.scrollIntoView({ block: 'center' });
      return;
    }
  }
}

/** After a failed save: folded groups open first, so it waits for them. */
export function focusFirstProblem(store: DraftStore): void {
  const [first] = store.problems.value.fields.keys();
  if (first !== undefined)
    requestAnimationFrame(() => requestAnimationFrame(() => focusField(pathOfKey(first))));
}
