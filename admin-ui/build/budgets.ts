/** What the page may weigh, compressed: the build fails above it. */
import type { Rolldown } from 'vite';
import type { Size } from './compress.ts';

const KB = 1000;
export const BUDGETS = {
  /** Scripts that the first page needs. */
  overview: 170 * KB,
  styles: 25 * KB,
  /** What any other page adds to that. */
  page: 60 * KB,
  /** The text editor. */
  editor: 160 * KB,
  everything: 2000 * KB,
} as const;

const FRAME: ReadonlySet<string> = new Set(['header-menus', 'overlays']);

type Output = readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[];

export function checkBudgets(
  output: Output,
  sizes: ReadonlyMap<string, Size>,
): { readonly lines: readonly string[]; readonly exceeded: boolean } {
  const lines: string[] = [];
  let exceeded = false;
  const check = (what: string, bytes: number, budget: number) => {
    const over = bytes > budget;
    exceeded ||= over;
    lines.push(
      `${over ? 'OVER ' : '     '}${what.padEnd(34)}${kilobytes(bytes)} of ${kilobytes(budget)} kB compressed`,
    );
  };
  const chunks = new Map(
    output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one] as const] : [])),
  );
  const gzip = (name: string) => sizes.get(name)?.gzip ?? 0;
  const closure = (name: string, into = new Set<string>()): Set<string> => {
    if (into.has(name)) return into;
    into.add(name);
    for (const imported of chunks.get(name)?.imports ?? []) closure(imported, into);
    return into;
  };
  const sum = (names: Iterable<string>) => [...names].reduce((total, name) => total + gzip(name), 0);

  const entry = [...chunks.values()].find((chunk) => chunk.isEntry);
  if (entry === undefined) throw new Error('the build has no entry');
  const first = closure(entry.fileName);
  const lazy = [...chunks.values()].filter((chunk) => chunk.isDynamicEntry && !first.has(chunk.fileName));
  // The frame's menus and dialogs: no page waits for them, all have them.
  const frame = new Set(first);
  for (const chunk of lazy) if (FRAME.has(chunk.name)) closure(chunk.fileName, frame);
  const added = (chunk: Rolldown.OutputChunk, known: ReadonlySet<string>) =>
    sum([...closure(chunk.fileName)].filter((name) => !known.has(name)));
  const overview = lazy.find((chunk) => chunk.name === 'overview-page');
  check(
    'scripts of the first page',
    sum(first) + (overview === undefined ? 0 : added(overview, first)),
    BUDGETS.overview,
  );
  check('styles', sum([...sizes.keys()].filter((name) => name.endsWith('.css'))), BUDGETS.styles);
  for (const chunk of lazy) {
    const budget = chunk.name === 'code-editor' ? BUDGETS.editor : BUDGETS.page;
    check(`+ ${chunk.name}`, added(chunk, FRAME.has(chunk.name) ? first : frame), budget);
  }
  check('everything', sum(sizes.keys()), BUDGETS.everything);
  return { lines, exceeded };
}

function kilobytes(bytes: number): string {
  return (bytes / KB).toFixed(1).padStart(6);
}
