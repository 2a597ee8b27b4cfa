/** One consumer: who it is, by what it is known, what runs for it. */
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { Tags, Time } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { TrafficFacts } from '../../entities/traffic-facts.tsx';
import { ButtonLink } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { pluginColumns } from '../plugins/plugin-columns.tsx';
import { CREDENTIAL_KINDS } from './credential-kinds.ts';
import { Credentials } from './credentials.tsx';
import { Reach } from './reach.tsx';

export function ConsumerPage() {
  return (
    <EntityPage
      collection="consumers"
      summary={(consumer) => <Summary consumer={consumer} />}
      tabs={(consumer) => [
        {
          id: 'credentials',
          label: 'Credentials',
          content: () => (
            <div className="flex flex-col gap-4">
              {CREDENTIAL_KINDS.map((kind) => (
                <Credentials key={kind.collection} kind={kind} consumer={consumer} />
              ))}
            </div>
          ),
        },
        { id: 'reach', label: 'What it can reach', content: () => <Reach consumer={consumer} /> },
        { id: 'plugins', label: 'Plugins', content: () => <Plugins consumer={consumer} /> },
      ]}
      actions={(consumer) => (
        <ButtonLink icon={Plus} to={'/plugins/new' as '/'} search={{ consumer: consumer.id } as never}>
          Add a plugin
        </ButtonLink>
      )}
    />
  );
}

function Summary({ consumer }: { readonly consumer: Entity }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <TrafficFacts by="consumer" id={consumer.id} />
      <Card title="Facts">
        <Facts
          rows={[
            ['Username', consumer['username'] as string],
            ['Custom id', consumer['custom_id'] as string],
            ['Tags', <Tags key="tags" tags={consumer.tags} />],
            ['Created', <Time key="created" seconds={consumer.created_at} />],
            ['Changed', <Time key="changed" seconds={consumer.updated_at} />],
            [
              'Id',
              <span key="id" className="font-mono text-12">
                {consumer.id}
              </span>,
            ],
          ]}
        />
      </Card>
    </div>
  );
}

function Plugins({ consumer }: { readonly consumer: Entity }) {
  const columns = useMemo(() => pluginColumns(new Map(), undefined), []);
  return (
    <EntityList
      kind={knownKind('plugins')}
      columns={columns}
      path={pathOf('consumerPlugins', consumer.id)}
      prefix="plugins-"
      createSearch={{ consumer: consumer.id }}
    />
  );
}
