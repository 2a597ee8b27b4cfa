/** The head of a column: a button that sorts, and a handle that makes it wider, by pointer and by arrow keys. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type PointerEvent, useRef } from 'react';

const STEP_PX = 16;

export function HeaderCell({
  id,
  label,
  numeric,
  sort,
  onSort,
  onWidth,
}: {
  readonly id: string;
  readonly label: string;
  readonly numeric: boolean;
  readonly sort: string | undefined;
  readonly onSort: (sort: string | undefined) => void;
  readonly onWidth: (id: string, width: number) => void;
}) {
  const cell = useRef<HTMLTableCellElement>(null);
  const direction = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : 'none';
  const Icon = direction === 'descending' ? ArrowDown : ArrowUp;
  const mark = (
    <Icon aria-hidden size={12} className={direction === 'none' ? 'invisible' : 'shrink-0 text-text'} />
  );
  const widthNow = () => cell.current?.getBoundingClientRect().width ?? 0;

  function drag(event: PointerEvent<HTMLButtonElement>) {
    const handle = event.currentTarget;
    const [startX, startWidth] = [event.clientX, widthNow()];
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => onWidth(id, startWidth + moved.clientX - startX);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  }

  return (
    <th
      ref={cell}
      scope="col"
      aria-sort={direction}
      className="sticky top-0 z-10 h-9 border-b border-line bg-surface p-0 text-left text-12 font-medium text-faint"
    >
      <span className={`flex h-full items-center ${numeric ? 'justify-end' : ''}`}>
        <button
          type="button"
          onClick={() => onSort(direction === 'none' ? id : direction === 'ascending' ? `-${id}` : undefined)}
          className="flex h-full min-w-0 items-center gap-1 px-3 hover:text-text focus-visible:outline-offset-[-2px]"
        >
          {numeric && mark}
          <span className="truncate">{label}</span>
          {!numeric && mark}
        </button>
        <button
          type="button"
          tabIndex={-1}
          aria-label={`Width of ${label}: arrow keys`}
          onPointerDown={drag}
          onKeyDown={(event) => {
            const by = event.key === 'ArrowRight' ? STEP_PX : event.key === 'ArrowLeft' ? -STEP_PX : 0;
            if (by === 0) return;
            event.preventDefault();
            onWidth(id, widthNow() + by);
          }}
          className="absolute inset-y-2 right-0 w-1.5 cursor-col-resize rounded-full opacity-0 hover:bg-control hover:opacity-100 focus-visible:bg-accent focus-visible:opacity-100"
        />
      </span>
    </th>
  );
}
