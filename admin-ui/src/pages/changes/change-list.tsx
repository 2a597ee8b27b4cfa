/** Entities that changed, each with its fields before and after. */
import { useMemo } from 'react';
import type { Change } from '../../api/documents.ts';
import type { ChangedField } from '../../form/changed-fields.ts';
import { valueAt } from '../../form/values.ts';
import { Badge } from '../../parts/badge.tsx';
import { DiffTable } from '../../parts/diff-table.tsx';
import { kindWord, OPERATION_TONES } from './operation.ts';

const HIDDEN: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at']);

export function ChangeList({
  changes,
  total,
}: {
  readonly changes: readonly Change[];
  readonly total: number;
}) {
  return (
    <div className="flex flex-col gap-3">
      {changes.map((change) => (
        <details
          key={`${change.collection} ${change.id}`}
          open={changes.length <= 5}
          className="rounded-lg border border-line bg-surface"
        >
          <summary className="flex min-h-11 flex-wrap items-center gap-2 px-4 py-1.5">
            <Badge tone={OPERATION_TONES[change.operation]}>{change.operation}</Badge>
            <span className="font-medium">
              {kindWord(change.collection)} {change.name ?? change.id.slice(0, 8)}
            </span>
            {change.fields.length > 0 && (
              <span className="truncate text-12 text-faint">{change.fields.join(', ')}</span>
            )}
          </summary>
          <div className="border-t border-line px-4 py-2">
            <Fields change={change} />
          </div>
        </details>
      ))}
      {total > changes.length && <p className="text-soft">and {total - changes.length} more</p>}
    </div>
  );
}

function Fields({ change }: { readonly change: Change }) {
  const fields = useMemo((): readonly ChangedField[] => {
    const { before, after } = change;
    if (before !== null && after !== null)
      return change.fields
        .filter((field) => !HIDDEN.has(field))
        .map((field) => {
          const path = field.split('.');
          const [was, is] = [valueAt(before, path), valueAt(after, path)];
          // Both are masked: that it is another one is what the list of fields says.
          return {
            path,
            before: was,
            after: was === is && is === '******' ? '****** (another one)' : is,
            secret: false,
          };
        });
    const entity = before ?? after ?? { id: change.id };
    return Object.entries(entity)
      .filter(([name, value]) => !HIDDEN.has(name) && value !== null)
      .map(([name, value]) => ({
        path: [name],
        before: before === null ? null : value,
        after: after === null ? null : value,
        secret: false,
      }));
  }, [change]);
  return fields.length === 0 ? (
    <p className="text-soft">Nothing but times.</p>
  ) : (
    <DiffTable fields={fields} />
  );
}
