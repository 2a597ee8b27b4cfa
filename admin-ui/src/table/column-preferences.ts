/** Which columns of a table somebody wants and how wide, kept in their browser. */

export interface ColumnPreferences {
  readonly visible: Readonly<Record<string, boolean>>;
  readonly widths: Readonly<Record<string, number>>;
}

const EMPTY: ColumnPreferences = { visible: {}, widths: {} };

export function readColumns(table: string): ColumnPreferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`cardinal.columns.${table}`) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return EMPTY;
    const { visible = {}, widths = {} } = kept as Partial<ColumnPreferences>;
    return { visible, widths };
  } catch {
    return EMPTY;
  }
}

export function writeColumns(table: string, preferences: ColumnPreferences): void {
  try {
    localStorage.setItem(`cardinal.columns.${table}`, JSON.stringify(preferences));
  } catch {
    // Then it lasts as long as the page.
  }
}
