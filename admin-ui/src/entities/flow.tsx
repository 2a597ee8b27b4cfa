/** The way of a request through what is configured, as boxes in their order. */
import { ArrowRight, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export interface FlowStep {
  readonly icon: LucideIcon;
  /** What it is: route, service, ... */
  readonly role: string;
  readonly content: ReactNode;
  readonly faint?: boolean;
}

export function Flow({ steps, label }: { readonly steps: readonly FlowStep[]; readonly label: string }) {
  return (
    <ol aria-label={label} className="flex flex-wrap items-stretch gap-y-2">
      {steps.map(({ icon: Icon, role, content, faint = false }, i) => (
        <li key={role} className="flex items-stretch">
          {i > 0 && (
            <span aria-hidden className="grid w-8 place-items-center text-faint">
              <ArrowRight size={15} />
            </span>
          )}
          <span
            className={`flex min-w-[120px] flex-col gap-1 rounded-md border px-3 py-2 ${faint ? 'border-dashed border-line text-faint' : 'border-line bg-canvas'}`}
          >
            <span className="flex items-center gap-1.5 text-12 text-faint">
              <Icon aria-hidden size={13} />
              {role}
            </span>
            <span className="flex flex-col leading-6 font-medium break-words">{content}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
