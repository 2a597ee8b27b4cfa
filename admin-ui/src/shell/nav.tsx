/** The list of pages: a column beside the page, a drawer where there is no room for one. */
import { Link } from '@tanstack/react-router';
import { NAVIGATION } from './navigation.ts';

export function Nav({ onChosen }: { readonly onChosen?: () => void }) {
  return (
    <nav aria-label="Pages" className="flex flex-col gap-5 px-3 py-4">
      {NAVIGATION.map(({ label, pages }) => (
        <div key={label}>
          <h2 className="px-2 pb-1 text-12 font-medium text-faint">{label}</h2>
          <ul className="flex flex-col gap-px">
            {pages.map(({ to, label: name, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to as '/'}
                  onClick={onChosen}
                  activeProps={{ className: 'bg-hover text-text', 'aria-current': 'page' }}
                  inactiveProps={{ className: 'text-soft hover:bg-hover hover:text-text' }}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2 font-medium transition-colors duration-(--quick)"
                >
                  <Icon aria-hidden size={16} strokeWidth={1.9} className="shrink-0" />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
