/** The bar above every page: which gateway this is, search, whether it answers, help, appearance, who is logged in. */
import { CircleHelp, Menu as MenuIcon, Monitor, Search } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useNode } from '../api/use-api.ts';
import { Badge, Kbd } from '../parts/badge.tsx';
import { IconButton } from '../parts/button.tsx';
import { LiveDot } from './live-dot.tsx';

const HeaderMenus = lazy(() => import('./header-menus.tsx'));

const ROLES: Readonly<Record<string, string>> = {
  traditional: 'edge',
  control_plane: 'control plane',
  data_plane: 'data plane',
};

export function Header(props: { onPalette: () => void; onHelp: () => void; onDrawer: () => void }) {
  return (
    <header className="sticky top-0 z-30 flex h-(--header) items-center gap-2 border-b border-line bg-surface px-3 md:px-4">
      <span className="md:hidden">
        <IconButton icon={MenuIcon} label="Pages" onClick={props.onDrawer} />
      </span>
      <Mark />
      <Facts />
      <span className="flex-1" />
      <button
        type="button"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={props.onPalette}
        className="flex h-8 items-center gap-2 rounded-md border border-control/55 bg-sunken px-2 text-faint transition-colors duration-(--quick) hover:border-control sm:w-52"
      >
        <Search aria-hidden size={15} />
        <span className="sr-only flex-1 text-left sm:not-sr-only">Search</span>
        <span aria-hidden className="hidden sm:block">
          <Kbd>Ctrl K</Kbd>
        </span>
      </button>
      <span className="mx-2 hidden sm:inline">
        <LiveDot />
      </span>
      <Suspense fallback={<IconButton icon={Monitor} label="Appearance" aria-disabled />}>
        <HeaderMenus />
      </Suspense>
      <IconButton icon={CircleHelp} label="Keyboard shortcuts" onClick={props.onHelp} />
    </header>
  );
}

function Mark() {
  return (
    <span className="flex items-center gap-2 pr-1 font-semibold tracking-[-0.01em]">
      <svg aria-hidden viewBox="0 0 24 24" className="size-5.5 text-brand">
        <path d="M12 1 22 6.8v10.4L12 23 2 17.2V6.8z" fill="currentColor" />
        <path
          d="M15.9 9.2A4.9 4.9 0 1 0 15.9 14.8"
          fill="none"
          stroke="#fff"
          strokeWidth="2.6"
          strokeLinecap="round"
        />
      </svg>
      <span className="hidden text-14 sm:inline">Cardinal</span>
    </span>
  );
}

function Facts() {
  const { data } = useNode();
  if (data === undefined) return null;
  const { role, database } = data.configuration;
  return (
    <span className="hidden min-w-0 items-center gap-2 text-12 text-soft lg:flex">
      <span aria-hidden className="h-4 w-px bg-line" />
      <span
        className="max-w-[18ch] truncate font-medium text-text"
        title={`${data.hostname} (${data.node_id})`}
      >
        {data.hostname}
      </span>
      <Badge>{ROLES[role] ?? role}</Badge>
      <span className="numeric">{data.cardinal_version}</span>
      <span className="text-faint">{database === 'off' ? 'no store' : `stored in ${database}`}</span>
    </span>
  );
}
