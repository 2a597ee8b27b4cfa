/** One plugin: where it applies, what it is set to, and what hides it or is hidden by it. */
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { useNode } from '../../api/use-api.ts';
import { EnabledBadge, EntityLink, Tags, Time } from '../../entities/cells.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { maskSecrets } from '../../entities/mask-secrets.ts';
import { referred } from '../../entities/names.ts';
import { useEntities } from '../../entities/use-entities.ts';
import { useSchema } from '../../entities/use-schema.ts';
import { labelOf } from '../../form/schema.ts';
import { isObject } from '../../form/values.ts';
import { Badge } from '../../parts/badge.tsx';
import { valueText } from '../../parts/diff-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { scopeText } from './plugin-columns.tsx';
import { useScopeNames } from './scope-names.ts';

export function PluginPage() {
  return (
    <EntityPage
      collection="plugins"
      badges={(plugin) => (
        <>
          <EnabledBadge enabled={plugin['enabled'] !== false} />
          {plugin['instance_name'] !== null && <Badge>{String(plugin['name'])}</Badge>}
        </>
      )}
      summary={(plugin) => <Summary plugin={plugin} />}
      formNote={(plugin) => <Wider plugin={plugin} />}
    />
  );
}

function Summary({ plugin }: { readonly plugin: Entity }) {
  const name = String(plugin['name']);
  const known = useNode().data?.plugins.available_on_server[name];
  const names = useScopeNames();
  const { schema } = useSchema('plugins', name);
  const shown = schema === undefined ? undefined : maskSecrets(schema, plugin).value['config'];
  const config = isObject(shown)
    ? Object.entries(shown).filter(
        ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
      )
    : [];
  const scopes = [
    ['Service', 'services', 'service'],
    ['Route', 'routes', 'route'],
    ['Consumer', 'consumers', 'consumer'],
  ] as const;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <Card title="Settings">
        <Facts
          rows={config.map(([key, value]) => [
            labelOf(key),
            <span key={key} className="font-mono text-12 break-all">
              {valueText(value, false)}
            </span>,
          ])}
        />
      </Card>
      <div className="flex flex-col gap-4">
        <Card title="Applies to">
          <Facts
            rows={[
              ...scopes.map(([label, collection, field]) => {
                const id = referred(plugin[field]);
                const entity = id === undefined ? undefined : (names.get(id)?.entity ?? { id });
                return [
                  label,
                  entity === undefined ? (
                    <span key={field} className="text-faint">
                      any
                    </span>
                  ) : (
                    <EntityLink key={field} kind={knownKind(collection)} entity={entity} />
                  ),
                ] as const;
              }),
              ['Protocols', Array.isArray(plugin['protocols']) ? plugin['protocols'].join(', ') : ''],
            ]}
          />
        </Card>
        <Card title="Facts">
          <Facts
            rows={[
              ['Plugin', name],
              ['Version', known?.version ?? 'not on this gateway'],
              ['Priority', known === undefined ? '' : String(known.priority)],
              ['Tags', <Tags key="tags" tags={plugin.tags} />],
              ['Created', <Time key="created" seconds={plugin.created_at} />],
              ['Changed', <Time key="changed" seconds={plugin.updated_at} />],
              [
                'Id',
                <span key="id" className="font-mono text-12">
                  {plugin.id}
                </span>,
              ],
            ]}
          />
        </Card>
        <Wider plugin={plugin} />
      </div>
    </div>
  );
}

/** Others of the same name: the narrowest scope wins, and takes nothing from the wider ones. */
function Wider({ plugin }: { readonly plugin: Entity }) {
  const names = useScopeNames();
  const others = (useEntities(pathOf('plugins')).rows ?? []).filter(
    (one) => one['name'] === plugin['name'] && one.id !== plugin.id,
  );
  if (others.length === 0) return null;
  return (
    <Card title={`Other ${plugin['name']} plugins`}>
      <p className="mb-2 text-soft">
        For a request the one of the narrowest scope runs, with its own settings alone.
      </p>
      <ul className="flex flex-col gap-1">
        {others.map((one) => (
          <li key={one.id}>
            <EntityLink kind={knownKind('plugins')} entity={one} />{' '}
            <span className="text-faint">{scopeText(one, names)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
