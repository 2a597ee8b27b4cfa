/** The routes, with what they carry, and those that nobody uses. */
import { Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EntityList } from '../../entities/entity-list.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { useTraffic } from '../../entities/traffic.ts';
import { useById } from '../../entities/use-entities.ts';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import { routeColumns } from './route-columns.tsx';

const KIND = knownKind('routes');

export function RoutesPage() {
  const services = useById(pathOf('services'));
  const { byId: traffic, error } = useTraffic('route');
  const [unused, setUnused] = useState(false);
  const columns = useMemo(() => routeColumns(services, traffic, true), [services, traffic]);
  const keep = useMemo(
    () => (unused ? (route: Entity) => !traffic.has(route.id) : undefined),
    [unused, traffic],
  );
  return (
    <Page
      title="Routes"
      actions={
        <>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('routes'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/routes/new' as '/'} data-shortcut="n">
            New route
          </ButtonLink>
        </>
      }
    >
      <EntityList
        kind={KIND}
        columns={columns}
        example={{ name: 'orders', paths: ['/orders'], service: { name: 'orders' } }}
        {...(keep === undefined ? {} : { keep })}
        toolbar={
          error === null && (
            <Button
              weight={unused ? 'primary' : 'plain'}
              aria-pressed={unused}
              onClick={() => setUnused(!unused)}
            >
              Unused for 15 min
            </Button>
          )
        }
      />
    </Page>
  );
}
