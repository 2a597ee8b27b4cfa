/** One key, one set of keys, one vault. What is secret in them is never shown here. */
import type { ReactNode } from 'react';
import type { Entity } from '../../api/documents.ts';
import { Tags, Time } from '../../entities/cells.tsx';
import { CreatePage } from '../../entities/create-page.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { CodeLine } from '../../parts/code.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card, type Crumb } from '../../parts/page.tsx';

const CRUMBS: readonly Crumb[] = [{ label: 'Keys & vaults', to: '/keys' as '/' }];

export const NewKeyPage = () => <CreatePage collection="keys" crumbs={CRUMBS} />;
export const NewKeySetPage = () => <CreatePage collection="key_sets" crumbs={CRUMBS} />;
export const NewVaultPage = () => <CreatePage collection="vaults" crumbs={CRUMBS} />;

export const KeyPage = () => (
  <EntityPage
    collection="keys"
    crumbs={CRUMBS}
    summary={(key) => (
      <Summary
        entity={key}
        rows={[
          ['Key id (kid)', String(key['kid'])],
          ['Form', key['jwk'] === null || key['jwk'] === undefined ? 'PEM' : 'JWK'],
        ]}
      />
    )}
  />
);

export const KeySetPage = () => (
  <EntityPage
    collection="key_sets"
    crumbs={CRUMBS}
    summary={(set) => <Summary entity={set} rows={[['Name', set['name'] as string]]} />}
  />
);

export const VaultPage = () => (
  <EntityPage
    collection="vaults"
    crumbs={CRUMBS}
    summary={(vault) => (
      <div className="flex flex-col gap-4">
        <Summary
          entity={vault}
          rows={[
            ['Prefix', String(vault['prefix'])],
            ['Kind', String(vault['name'])],
            ['Description', vault['description'] as string],
          ]}
        />
        <CodeLine
          label="Fields refer to it like this"
          text={`{vault://${vault['prefix']}/name-of-the-secret}`}
        />
      </div>
    )}
  />
);

function Summary({
  entity,
  rows,
}: {
  readonly entity: Entity;
  readonly rows: readonly (readonly [string, ReactNode])[];
}) {
  return (
    <Card title="Facts">
      <Facts
        rows={[
          ...rows,
          ['Tags', <Tags key="tags" tags={entity.tags} />],
          ['Created', <Time key="created" seconds={entity.created_at} />],
          ['Changed', <Time key="changed" seconds={entity.updated_at} />],
          [
            'Id',
            <span key="id" className="font-mono text-12">
              {entity.id}
            </span>,
          ],
        ]}
      />
    </Card>
  );
}
