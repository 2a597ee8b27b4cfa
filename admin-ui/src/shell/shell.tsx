/** The frame around all pages. */
import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { Banners } from './banners.tsx';
import { Header } from './header.tsx';
import { Nav } from './nav.tsx';
import { useShortcuts } from './shortcuts.ts';
import { Toasts } from './toasts.tsx';

/** None of them is there when the page opens, so it does not wait for them. */
const Overlays = lazy(() => import('./overlays.tsx'));

export function Shell() {
  const [open, setOpen] = useState<'palette' | 'help' | 'drawer'>();
  const navigate = useNavigate();
  const close = () => setOpen(undefined);
  const actions = useMemo(
    () => ({
      palette: () => setOpen('palette'),
      help: () => setOpen('help'),
      go: (to: string) => void navigate({ to: to as '/' }),
    }),
    [navigate],
  );
  useShortcuts(actions);
  return (
    <div className="flex min-h-dvh flex-col">
      <button
        type="button"
        onClick={() => {
          document.querySelector<HTMLElement>('h1')?.focus();
          document.querySelector('main')?.scrollIntoView();
        }}
        className="fixed top-2 left-2 z-60 -translate-y-20 rounded-md bg-primary px-3 py-2 font-medium text-on-primary focus:translate-y-0"
      >
        Skip to the content
      </button>
      <Header onPalette={actions.palette} onHelp={actions.help} onDrawer={() => setOpen('drawer')} />
      <div className="flex flex-1">
        <div className="sticky top-(--header) hidden h-[calc(100dvh-var(--header))] w-(--nav) shrink-0 overflow-y-auto border-r border-line bg-surface md:block">
          <Nav />
        </div>
        <div className="flex min-w-0 flex-1 flex-col">
          <Banners />
          <main id="main" className="relative flex-1">
            <Outlet />
          </main>
        </div>
      </div>
      <Suspense>
        <Overlays open={open} onClose={close} />
      </Suspense>
      <Toasts />
    </div>
  );
}
