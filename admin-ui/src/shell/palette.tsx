/**
 * Search and commands: pages, what can be made, and entities by name, id, host or path. Names are text and never more.
 */
import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import { CornerDownLeft, Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { type Found, found, useSearchIndex } from './search-index.ts';

export function Palette({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Popup className="fixed top-[10vh] left-1/2 z-50 flex max-h-[70vh] w-[calc(100vw-1.5rem)] max-w-[600px] -translate-x-1/2 flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-float outline-none">
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Content onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Content({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const list = useId();
  const box = useRef<HTMLDivElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { index, partial } = useSearchIndex();
  const results = useMemo(() => found(index, text), [index, text]);
  const active = Math.min(at, results.length - 1);

  useEffect(() => {
    box.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  function choose(result: Found | undefined) {
    if (result === undefined) return;
    onClose();
    void navigate({ to: result.to as '/', search: (result.search ?? {}) as never });
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && results.length > 0) {
      event.preventDefault();
      setAt((active + step + results.length) % results.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(results[active]);
    }
  }

  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden size={16} className="text-faint" />
        <input
          role="combobox"
          aria-label="Search and commands"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={results.length === 0 ? undefined : `${list}-${active}`}
          autoComplete="off"
          spellCheck={false}
          placeholder="A page, a name, a host, a path, an id, or a URL to explain"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 min-w-0 flex-1 bg-transparent text-14 outline-none"
        />
      </div>
      <div
        ref={box}
        id={list}
        role="listbox"
        tabIndex={-1}
        aria-label="Results"
        className="min-h-0 overflow-y-auto p-1.5"
      >
        {results.map((result, i) => {
          const { icon: Icon } = result;
          return (
            <div
              key={result.key}
              id={`${list}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === active}
              onMouseMove={() => setAt(i)}
              onClick={() => choose(result)}
              onKeyDown={() => undefined}
              className={`flex min-h-9 cursor-default items-center gap-3 rounded-md px-2.5 ${i === active ? 'bg-hover' : ''}`}
            >
              <Icon aria-hidden size={15} className="shrink-0 text-faint" />
              <span className="max-w-[60%] shrink-0 truncate font-medium">{result.label}</span>
              <span className="min-w-0 flex-1 truncate text-12 text-faint">{result.hint}</span>
              {i === active && <CornerDownLeft aria-hidden size={13} className="text-faint" />}
            </div>
          );
        })}
      </div>
      <p role="status" className="border-t border-line px-4 py-2 text-12 text-faint">
        {results.length === 0 ? `Nothing is called ${text}` : `${results.length} shown`}
        {partial && '. Searched in the first thousand of each kind.'}
      </p>
    </>
  );
}
