/** The list of one kind: its table, what can be done with rows, what is there when there is nothing. */
import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, Plus, Power, PowerOff, Tag, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import type { Entity } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { client } from '../api/gateway.ts';
import { refreshAll, useReadOnly } from '../api/use-api.ts';
import { Button, ButtonLink, IconButton } from '../parts/button.tsx';
import { curlOf } from '../parts/command-text.ts';
import { Menu, MenuItem, MenuLine } from '../parts/menu.tsx';
import { EmptyFirst, ErrorPanel } from '../parts/states.tsx';
import { toast } from '../shell/toasts.tsx';
import type { TableColumn } from '../table/columns.ts';
import { DataTable } from '../table/data-table.tsx';
import { useTableAddress } from '../table/use-table-address.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import type { Kind } from './kinds.ts';
import { TagDialog } from './tag-dialog.tsx';
import { useEntities } from './use-entities.ts';

export interface EntityListProps {
  readonly kind: Kind;
  readonly columns: readonly TableColumn<Entity>[];
  /** Instead of all of the kind: a list below another entity. */
  readonly path?: string;
  /** Where the button for a new one leads, when the kind's own place would not do. */
  readonly createAt?: string;
  readonly createSearch?: Readonly<Record<string, string>>;
  readonly toolbar?: ReactNode;
  /** Keeps only some rows, beside the filter that is typed. */
  readonly keep?: (entity: Entity) => boolean;
  /** Tells the addresses of several lists on a page apart. */
  readonly prefix?: string;
  /** A body that makes a first one, for the command. */
  readonly example?: Readonly<Record<string, unknown>>;
}

const rowId = (entity: Entity) => entity.id;

export function EntityList(props: EntityListProps) {
  const { kind, columns, path = pathOf(kind.list), keep, prefix = '' } = props;
  const { rows: all, error, refreshing, retry, more } = useEntities(path);
  const address = useTableAddress(prefix);
  const { readOnly } = useReadOnly();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState<readonly Entity[]>([]);
  const [tagging, setTagging] = useState<readonly Entity[]>([]);
  const rows = useMemo(() => (keep === undefined ? all : all?.filter(keep)), [all, keep]);
  if (error !== null) return <ErrorPanel error={error} what={kind.plural} onRetry={retry} />;
  const switchable = kind.collection === 'services' || kind.collection === 'plugins';
  const createAt = props.createAt ?? kind.createAt;

  async function setEnabled(entities: readonly Entity[], enabled: boolean) {
    try {
      for (const entity of entities) {
        await client.ask(pathOf(kind.one, entity.id), { method: 'PATCH', body: { enabled } });
      }
      toast.done(
        `${entities.length === 1 ? `The ${kind.singular} is` : `${entities.length} ${kind.plural} are`} ${enabled ? 'enabled' : 'disabled'}`,
      );
    } catch (problem) {
      toast.failed(`Not all ${kind.plural} were changed`, (problem as Error).message);
    }
    void refreshAll();
  }

  return (
    <>
      <DataTable
        name={`${prefix}${kind.collection}`}
        caption={kind.plural}
        singular={kind.singular}
        columns={columns}
        rows={rows}
        rowId={rowId}
        address={address}
        {...(columns[0] === undefined ? {} : { defaultSort: columns[0].id })}
        refreshing={refreshing}
        more={more}
        toolbar={props.toolbar}
        empty={
          <section className="rounded-lg border border-line bg-surface">
            <EmptyFirst
              icon={kind.icon}
              title={`No ${kind.plural} yet`}
              text={kind.about}
              action={
                createAt !== undefined && !readOnly ? (
                  <ButtonLink
                    weight="primary"
                    icon={Plus}
                    to={createAt as '/'}
                    search={(props.createSearch ?? {}) as never}
                  >
                    New {kind.singular}
                  </ButtonLink>
                ) : undefined
              }
              {...(props.example === undefined
                ? {}
                : { command: curlOf(String(client.url(path)), { method: 'POST', body: props.example }) })}
            />
          </section>
        }
        rowMenu={(entity) => (
          <Menu trigger={<IconButton icon={Ellipsis} label="Actions" />}>
            <MenuItem
              onClick={() => void navigate({ to: `${kind.page}/${encodeURIComponent(entity.id)}` as '/' })}
            >
              Open
            </MenuItem>
            <MenuItem
              onClick={() =>
                void navigate({
                  to: `${kind.page}/${encodeURIComponent(entity.id)}` as '/',
                  search: { tab: 'configuration' } as never,
                })
              }
            >
              Edit
            </MenuItem>
            {switchable && !readOnly && (
              <MenuItem
                icon={entity['enabled'] === false ? Power : PowerOff}
                onClick={() => void setEnabled([entity], entity['enabled'] === false)}
              >
                {entity['enabled'] === false ? 'Enable' : 'Disable'}
              </MenuItem>
            )}
            {!readOnly && (
              <>
                <MenuLine />
                <MenuItem icon={Trash2} danger onClick={() => setDeleting([entity])}>
                  Delete …
                </MenuItem>
              </>
            )}
          </Menu>
        )}
        {...(readOnly
          ? {}
          : {
              bulk: (chosen: readonly Entity[], clear: () => void) => (
                <>
                  {switchable && (
                    <>
                      <Button icon={Power} onClick={() => void setEnabled(chosen, true).then(clear)}>
                        Enable
                      </Button>
                      <Button icon={PowerOff} onClick={() => void setEnabled(chosen, false).then(clear)}>
                        Disable
                      </Button>
                    </>
                  )}
                  <Button icon={Tag} onClick={() => setTagging(chosen)}>
                    Tag …
                  </Button>
                  <Button weight="danger" icon={Trash2} onClick={() => setDeleting(chosen)}>
                    Delete …
                  </Button>
                </>
              ),
            })}
      />
      <DeleteDialog
        kind={kind}
        entities={deleting}
        onClose={() => setDeleting([])}
        onDeleted={() => setDeleting([])}
      />
      <TagDialog kind={kind} entities={tagging} onClose={() => setTagging([])} />
    </>
  );
}
