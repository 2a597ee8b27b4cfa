/** Somebody else was faster: what it was, what they made of it, what you want; and which of the two it shall be. */
import { useState } from 'react';
import { pathKey } from '../form/field-errors.ts';
import type { Path } from '../form/schema.ts';
import { Badge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { pathText, valueText } from '../parts/diff-table.tsx';
import type { ConflictRow } from './conflict.ts';

export function ConflictDialog({
  rows,
  onClose,
  onResolved,
}: {
  /** Undefined: closed. */
  readonly rows: readonly ConflictRow[] | undefined;
  readonly onClose: () => void;
  /** The fields where theirs stands. */
  readonly onResolved: (theirs: readonly Path[]) => void;
}) {
  const [yielded, setYielded] = useState<ReadonlySet<string>>(new Set());
  const give = (path: Path, theirs: boolean) => {
    const next = new Set(yielded);
    if (theirs) next.add(pathKey(path));
    else next.delete(pathKey(path));
    setYielded(next);
  };
  const collisions = (rows ?? []).filter((row) => row.collides);
  return (
    <Dialog
      open={rows !== undefined}
      onClose={onClose}
      wide
      title="Somebody else changed this"
      description="What only one of you changed is kept. Where both did, choose."
      footer={
        <>
          <Button onClick={onClose}>Go on editing</Button>
          <Button
            weight="primary"
            onClick={() =>
              onResolved(collisions.map(({ path }) => path).filter((path) => yielded.has(pathKey(path))))
            }
          >
            Save with these choices
          </Button>
        </>
      }
    >
      <div className="overflow-x-auto">
        <table className="w-full border-separate border-spacing-0 text-left">
          <thead className="text-12 text-faint">
            <tr>
              {['Field', 'Base', 'Theirs', 'Mine', 'Result'].map((name) => (
                <th key={name} scope="col" className="border-b border-line py-1.5 pr-4 font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(rows ?? []).map(({ path, base, theirs, mine, secret, collides }) => (
              <tr key={pathKey(path)} className="align-top">
                <th scope="row" className="border-b border-line py-2 pr-4 font-mono text-12 font-medium">
                  {pathText(path)}
                </th>
                {[base, theirs, mine].map((value, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: three columns, always the same.
                  <td key={i} className="border-b border-line py-2 pr-4 font-mono text-12 break-all">
                    {valueText(value, secret)}
                  </td>
                ))}
                <td className="border-b border-line py-1.5">
                  {collides ? (
                    <fieldset className="flex gap-1" aria-label={`Result of ${pathText(path)}`}>
                      <Button
                        weight={yielded.has(pathKey(path)) ? 'primary' : 'plain'}
                        aria-pressed={yielded.has(pathKey(path))}
                        onClick={() => give(path, true)}
                      >
                        Theirs
                      </Button>
                      <Button
                        weight={yielded.has(pathKey(path)) ? 'plain' : 'primary'}
                        aria-pressed={!yielded.has(pathKey(path))}
                        onClick={() => give(path, false)}
                      >
                        Mine
                      </Button>
                    </fieldset>
                  ) : (
                    <Badge>both kept</Badge>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}
