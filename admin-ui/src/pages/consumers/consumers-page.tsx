/** The consumers. */
import { Plus } from 'lucide-react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EntityLink, Tags, Time, tagText } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { nameOf } from '../../entities/names.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import type { TableColumn } from '../../table/columns.ts';

const KIND = knownKind('consumers');
const COLUMNS: readonly TableColumn<Entity>[] = [
  {
    id: 'username',
    header: 'Username',
    width: 260,
    value: (consumer) => nameOf(KIND, consumer),
    cell: (consumer) => <EntityLink kind={KIND} entity={consumer} />,
  },
  {
    id: 'custom_id',
    header: 'Custom id',
    mono: true,
    value: (consumer) => consumer['custom_id'] as string | null,
  },
  {
    id: 'created',
    header: 'Created',
    width: 190,
    value: (consumer) => consumer.created_at,
    cell: (consumer) => <Time seconds={consumer.created_at} />,
  },
  {
    id: 'tags',
    header: 'Tags',
    width: 200,
    value: tagText,
    cell: (consumer) => <Tags tags={consumer.tags} />,
  },
  { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: ({ id }) => id },
];

export function ConsumersPage() {
  return (
    <Page
      title="Consumers"
      actions={
        <>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('consumers'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/consumers/new' as '/'} data-shortcut="n">
            New consumer
          </ButtonLink>
        </>
      }
    >
      <EntityList kind={KIND} columns={COLUMNS} example={{ username: 'ann' }} />
    </Page>
  );
}
