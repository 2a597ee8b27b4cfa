/** Keys, sets of them, and vaults. */
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EntityLink, ReferenceLink, Tags, Time, tagText } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { type Kind, knownKind } from '../../entities/kinds.ts';
import { nameOf } from '../../entities/names.ts';
import { useById } from '../../entities/use-entities.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import type { TableColumn } from '../../table/columns.ts';

export function KeysPage() {
  return (
    <Page
      title="Keys & vaults"
      actions={
        <>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('keys'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/keys/keys/new' as '/'} data-shortcut="n">
            New key
          </ButtonLink>
        </>
      }
    >
      <Tabs
        label="Keys and vaults"
        tabs={[
          { id: 'keys', label: 'Keys', content: () => <Keys /> },
          {
            id: 'sets',
            label: 'Key sets',
            content: () => <Simple kind={knownKind('key_sets')} extra={[]} />,
          },
          {
            id: 'vaults',
            label: 'Vaults',
            content: () => (
              <Simple
                kind={knownKind('vaults')}
                extra={[
                  { id: 'kind', header: 'Kind', width: 120, value: (vault) => String(vault['name']) },
                  {
                    id: 'description',
                    header: 'Description',
                    value: (vault) => vault['description'] as string,
                  },
                ]}
              />
            ),
          },
        ]}
      />
    </Page>
  );
}

function Keys() {
  const sets = useById(pathOf('keySets'));
  return (
    <Simple
      kind={knownKind('keys')}
      extra={[
        { id: 'kid', header: 'Key id (kid)', mono: true, value: (key) => key['kid'] as string },
        {
          id: 'set',
          header: 'Key set',
          width: 180,
          value: (key) => JSON.stringify(key['set']),
          cell: (key) => <ReferenceLink collection="key_sets" value={key['set']} byId={sets} />,
        },
      ]}
    />
  );
}

function Simple({ kind, extra }: { readonly kind: Kind; readonly extra: readonly TableColumn<Entity>[] }) {
  const columns = useMemo(
    (): readonly TableColumn<Entity>[] => [
      {
        id: 'name',
        header: 'Name',
        width: 260,
        value: (entity) => nameOf(kind, entity),
        cell: (entity) => <EntityLink kind={kind} entity={entity} />,
      },
      ...extra,
      {
        id: 'changed',
        header: 'Changed',
        width: 190,
        value: (entity) => entity.updated_at,
        cell: (entity) => <Time seconds={entity.updated_at} />,
      },
      {
        id: 'tags',
        header: 'Tags',
        width: 160,
        value: tagText,
        cell: (entity) => <Tags tags={entity.tags} />,
      },
    ],
    [kind, extra],
  );
  return <EntityList kind={kind} columns={columns} prefix={`${kind.collection}-`} />;
}
