/** The frame of a page: its title, where it stands, and what can be done on it. */
import { Link, type LinkProps } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';

export interface Crumb {
  readonly label: string;
  readonly to: LinkProps['to'];
}

export function Page({
  title,
  heading,
  crumbs = [],
  actions,
  note,
  children,
}: {
  /** Of the document as well. */
  readonly title: string;
  /** Instead of the title, when more stands there. */
  readonly heading?: ReactNode;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ReactNode;
  /** A sentence below the title. */
  readonly note?: ReactNode;
  readonly children: ReactNode;
}) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Cardinal`;
  }, [title]);
  // A new page begins at its title, for those who hear it; the first one at the top of the document.
  useEffect(() => {
    if (
      document.body.dataset['navigated'] !== undefined &&
      document.querySelector('[role="dialog"]') === null
    )
      head.current?.focus({ preventScroll: true });
    document.body.dataset['navigated'] = '';
  }, []);
  return (
    <div className="mx-auto w-full max-w-[1560px] px-4 pt-5 pb-16 md:px-7">
      {crumbs.length > 0 && (
        <nav aria-label="Breadcrumb" className="mb-1.5">
          <ol className="flex flex-wrap items-center gap-1 text-12 text-faint">
            {crumbs.map(({ label, to }, i) => (
              <li key={label} className="flex items-center gap-1">
                <Link to={to as '/'} className="rounded-sm hover:text-text hover:underline">
                  {label}
                </Link>
                {i < crumbs.length - 1 && <ChevronRight aria-hidden size={12} />}
              </li>
            ))}
          </ol>
        </nav>
      )}
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 ref={head} tabIndex={-1} className="text-20 font-semibold tracking-[-0.012em] break-words">
            {heading ?? title}
          </h1>
          {note !== undefined && <div className="mt-0.5 text-soft">{note}</div>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({
  title,
  actions,
  children,
  flush = false,
}: {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** No room around the content: tables bring their own. */
  readonly flush?: boolean;
}) {
  return (
    <section className="overflow-hidden rounded-lg border border-line bg-surface">
      {title !== undefined && (
        <div className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="text-13 font-semibold">{title}</h2>
          {actions !== undefined && <div className="flex items-center gap-2">{actions}</div>}
        </div>
      )}
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  );
}
