/** Short notices about what has just been done. They never take the focus; errors stay until they are closed. */
import { CircleCheck, CircleX, X } from 'lucide-react';
import { Observable } from '../api/observable.ts';
import { useValue } from '../api/use-value.ts';

interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: string;
  readonly detail: string | undefined;
}

const MOST = 4;
const DONE_MS = 5_000;
const toasts = new Observable<readonly Toast[]>([]);
let next = 1;

function add(kind: Toast['kind'], text: string, detail?: string): void {
  const id = next++;
  toasts.set([...toasts.value.slice(1 - MOST), { id, kind, text, detail }]);
  if (kind === 'done') window.setTimeout(() => close(id), DONE_MS);
}

function close(id: number): void {
  toasts.set(toasts.value.filter((toast) => toast.id !== id));
}

export const toast = {
  done: (text: string, detail?: string) => add('done', text, detail),
  failed: (text: string, detail?: string) => add('failed', text, detail),
};

export function Toasts() {
  const shown = useValue(toasts);
  const of = (kind: Toast['kind']) => shown.filter((one) => one.kind === kind);
  return (
    <div className="pointer-events-none fixed right-4 bottom-4 z-60 flex w-[min(380px,calc(100vw-2rem))] flex-col gap-2">
      <div role="status" aria-live="polite" className="flex flex-col gap-2">
        {of('done').map((one) => (
          <ToastView key={one.id} toast={one} />
        ))}
      </div>
      <div role="alert" className="flex flex-col gap-2">
        {of('failed').map((one) => (
          <ToastView key={one.id} toast={one} />
        ))}
      </div>
    </div>
  );
}

function ToastView({ toast: { id, kind, text, detail } }: { toast: Toast }) {
  const Icon = kind === 'done' ? CircleCheck : CircleX;
  return (
    <div className="pointer-events-auto flex items-start gap-2.5 rounded-lg border border-line bg-raised p-3 shadow-float">
      <Icon
        aria-hidden
        size={16}
        className={`mt-0.5 shrink-0 ${kind === 'done' ? 'text-good' : 'text-bad'}`}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{text}</p>
        {detail !== undefined && <p className="mt-0.5 text-12 break-words text-soft">{detail}</p>}
      </div>
      <button
        type="button"
        aria-label="Close the notice"
        onClick={() => close(id)}
        className="-m-1 grid size-6 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
      >
        <X aria-hidden size={14} />
      </button>
    </div>
  );
}
