/** Text tables: columns as wide as their widest cell, numbers to the right, nothing at the ends of lines. */

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        return align === 'left' ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!);
      })
      .join('   ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n');
}

/** Left-aligned first column, the others to the right; a title that ends in `<` stays left. */
export function columns(...titles: readonly string[]): Column[] {
  return titles.map((title, index) =>
    title.endsWith('<')
      ? { title: title.slice(0, -1), align: 'left' }
      : { title, align: index === 0 ? 'left' : 'right' },
  );
}

export function microseconds(us: number): string {
  if (!Number.isFinite(us)) return '-';
  if (us < 1000) return us < 100 ? us.toFixed(1) : us.toFixed(0);
  return Math.round(us).toLocaleString('en');
}

export function milliseconds(ms: number, digits = 2): string {
  return Number.isFinite(ms) ? `${ms.toFixed(digits)}ms` : '-';
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1024 * 1024))} MB`;
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '-';
}
