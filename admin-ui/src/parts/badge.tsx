/** A state in a word, an icon and a colour: never by colour alone. */
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleX,
  type LucideIcon,
  TriangleAlert,
} from 'lucide-react';
import type { ReactNode } from 'react';

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'accent';

const TONES: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  quiet: 'bg-quiet-soft text-soft',
  accent: 'bg-accent-soft text-accent',
};
const ICONS: Readonly<Record<Tone, LucideIcon>> = {
  good: CircleCheck,
  warn: TriangleAlert,
  bad: CircleX,
  quiet: CircleDashed,
  accent: CircleAlert,
};

export function Badge({
  tone = 'quiet',
  icon = false,
  children,
  title,
}: {
  readonly tone?: Tone;
  /** true: the tone's own. */
  readonly icon?: LucideIcon | boolean;
  readonly children: ReactNode;
  readonly title?: string;
}) {
  const Icon = icon === true ? ICONS[tone] : icon === false ? undefined : icon;
  return (
    <span
      title={title}
      className={`inline-flex h-5 align-middle max-w-full items-center gap-1 rounded-sm px-1.5 text-12 font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {Icon !== undefined && <Icon aria-hidden size={12} className="shrink-0" />}
      <span className="truncate">{children}</span>
    </span>
  );
}

export function Kbd({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded-sm border border-line bg-sunken px-1 font-sans text-11 text-faint">
      {children}
    </kbd>
  );
}
