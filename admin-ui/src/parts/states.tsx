/** What every page can be instead of its content: loading, empty, failed, partly there. They all look different. */
import { Copy, type LucideIcon, RotateCw, SearchX, ShieldAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { isProblem } from '../api/api-problem.ts';
import { toast } from '../shell/toasts.tsx';
import { Button } from './button.tsx';
import { CodeLine } from './code.tsx';
import { copyText } from './copy.ts';

/** Bars in the shape of rows. `aria-busy` belongs on the region around it. */
export function SkeletonRows({ rows = 8 }: { readonly rows?: number }) {
  return (
    <div className="appear-late" aria-hidden>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <div key={row} className="flex h-(--row) items-center gap-6 border-b border-line px-4 last:border-0">
          {['w-1/4', 'w-1/3', 'w-1/6', 'w-12'].map((width) => (
            <span key={width} className={`h-2.5 rounded-sm bg-sunken ${width}`} />
          ))}
        </div>
      ))}
    </div>
  );
}

export function SkeletonBlock({ className = 'h-24' }: { readonly className?: string }) {
  return <div aria-hidden className={`appear-late rounded-lg bg-sunken ${className}`} />;
}

/** Nothing has been made yet: what it is, how it begins, and the same as a command. */
export function EmptyFirst({
  icon: Icon,
  title,
  text,
  action,
  command,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: ReactNode;
  readonly action?: ReactNode;
  readonly command?: string;
}) {
  return (
    <div className="mx-auto flex max-w-[560px] flex-col items-center gap-3 px-4 py-14 text-center">
      <span className="grid size-10 place-items-center rounded-lg border border-line bg-sunken text-soft">
        <Icon aria-hidden size={18} />
      </span>
      <h2 className="text-14 font-semibold">{title}</h2>
      <p className="text-soft">{text}</p>
      {action !== undefined && <div className="mt-1 flex gap-2">{action}</div>}
      {command !== undefined && (
        <div className="mt-2 w-full text-left">
          <CodeLine text={command} label="The same as a command" />
        </div>
      )}
    </div>
  );
}

/** There is something, but the filter lets none of it through. */
export function EmptyFilter({ what, filter, onClear }: EmptyFilterProps) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-12 text-center">
      <SearchX aria-hidden size={20} className="text-faint" />
      <p>
        No {what} matches <code className="rounded-sm bg-sunken px-1 py-0.5 break-all">{filter}</code>
      </p>
      <Button onClick={onClear}>Clear the filter</Button>
    </div>
  );
}

interface EmptyFilterProps {
  readonly what: string;
  readonly filter: string;
  readonly onClear: () => void;
}

/** What failed, what the gateway said word for word, and what can be done. The page around it stays usable. */
export function ErrorPanel({ error, what, onRetry }: { error: Error; what: string; onRetry?: () => void }) {
  const problem = isProblem(error) ? error : undefined;
  const denied = problem?.status === 401 || problem?.status === 403;
  const Icon = denied ? ShieldAlert : TriangleAlert;
  const lines = [
    problem === undefined ? what : `${problem.asked.method} ${problem.asked.path}`,
    problem === undefined || problem.status === 0 ? 'no answer' : `status ${problem.status}`,
    error.message,
    ...(problem?.requestId === undefined ? [] : [`request id ${problem.requestId}`]),
  ];
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-line bg-surface p-4">
      <Icon aria-hidden size={18} className={`mt-0.5 shrink-0 ${denied ? 'text-warn' : 'text-bad'}`} />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{denied ? `You may not see ${what}` : `Cannot show ${what}`}</p>
        <p className="mt-1 break-words text-soft">{error.message}</p>
        <p className="mt-1 font-mono text-12 break-all text-faint">
          {lines.slice(0, 2).join(' · ')}
          {problem?.requestId !== undefined && ` · ${problem.requestId}`}
        </p>
        <div className="mt-3 flex flex-wrap gap-2">
          {onRetry !== undefined && (
            <Button icon={RotateCw} onClick={onRetry}>
              Try again
            </Button>
          )}
          <Button
            weight="quiet"
            icon={Copy}
            onClick={async () => {
              await copyText(lines.join('\n'));
              toast.done('Details copied');
            }}
          >
            Copy details
          </Button>
        </div>
      </div>
    </div>
  );
}

/** One part of a page is missing, the rest is there. */
export function PartialNote({ what, error }: { readonly what: string; readonly error: Error }) {
  return (
    <p role="status" className="flex items-center gap-1.5 text-12 text-warn">
      <TriangleAlert aria-hidden size={13} />
      {what} unavailable
      {isProblem(error) && error.status > 0 ? ` (${error.status})` : ''}: {error.message}
    </p>
  );
}

/** Old data stays while new data is fetched; a bar says so. It takes no room. */
export function RefreshBar({ active }: { readonly active: boolean }) {
  return (
    <div aria-hidden className="pointer-events-none absolute inset-x-0 top-0 h-0.5 overflow-hidden">
      {active && (
        <div className="appear-late h-full w-1/4">
          <div className="h-full w-full animate-[sweep_1s_linear_infinite] bg-accent" />
        </div>
      )}
    </div>
  );
}
