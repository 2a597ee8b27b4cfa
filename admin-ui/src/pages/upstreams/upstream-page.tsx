/** One upstream: its targets first, then how it chooses among them and how it knows that they are well. */
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { EntityLink, Tags, Time } from '../../entities/cells.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { useEntities } from '../../entities/use-entities.ts';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { healthSentences } from './health-words.ts';
import { Targets } from './targets.tsx';

export function UpstreamPage() {
  return <EntityPage collection="upstreams" summary={(upstream) => <Summary upstream={upstream} />} />;
}

function Summary({ upstream }: { readonly upstream: Entity }) {
  const users = (useEntities(pathOf('services')).rows ?? []).filter(
    (service) => service['host'] === upstream['name'],
  );
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <Targets upstream={upstream} />
      <div className="flex flex-col gap-4">
        <Card title="Health checks">
          <ul className="flex flex-col gap-1 text-soft">
            {healthSentences(upstream).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Card>
        <Card title="Facts">
          <Facts
            rows={[
              ['Algorithm', String(upstream['algorithm'])],
              ...(upstream['hash_on'] === 'none'
                ? []
                : [['Hashes on', String(upstream['hash_on'])] as const]),
              ['Slots', String(upstream['slots'])],
              [
                'Used by',
                users.length === 0 ? (
                  'no service'
                ) : (
                  <span key="users" className="flex flex-wrap gap-x-2">
                    {users.slice(0, 10).map((service) => (
                      <EntityLink key={service.id} kind={knownKind('services')} entity={service} />
                    ))}
                  </span>
                ),
              ],
              ['Tags', <Tags key="tags" tags={upstream.tags} />],
              ['Created', <Time key="created" seconds={upstream.created_at} />],
              ['Changed', <Time key="changed" seconds={upstream.updated_at} />],
              [
                'Id',
                <span key="id" className="font-mono text-12">
                  {upstream.id}
                </span>,
              ],
            ]}
          />
        </Card>
      </div>
    </div>
  );
}
