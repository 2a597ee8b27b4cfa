/** The plugins that are configured, and the order in which they run. */
import { ListOrdered, Plus } from 'lucide-react';
import { useMemo } from 'react';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { useNode } from '../../api/use-api.ts';
import { EntityList } from '../../entities/entity-list.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import { pluginColumns } from './plugin-columns.tsx';
import { useScopeNames } from './scope-names.ts';

export function PluginsPage() {
  const names = useScopeNames();
  const available = useNode().data?.plugins.available_on_server;
  const columns = useMemo(() => pluginColumns(names, available), [names, available]);
  return (
    <Page
      title="Plugins"
      actions={
        <>
          <ButtonLink icon={ListOrdered} to={'/plugins/order' as '/'}>
            Execution order
          </ButtonLink>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('plugins'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/plugins/new' as '/'} data-shortcut="n">
            New plugin
          </ButtonLink>
        </>
      }
    >
      <EntityList
        kind={knownKind('plugins')}
        columns={columns}
        example={{ name: 'rate-limiting', config: { minute: 100, policy: 'local' } }}
      />
    </Page>
  );
}
