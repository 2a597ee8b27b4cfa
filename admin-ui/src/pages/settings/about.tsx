/** Versions, plugins, and what the page is made of. */
import { useNode } from '../../api/use-api.ts';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { SkeletonBlock } from '../../parts/states.tsx';

export function About() {
  const { data } = useNode();
  if (data === undefined) return <SkeletonBlock className="h-64" />;
  const plugins = Object.entries(data.plugins.available_on_server).toSorted(([a], [b]) => a.localeCompare(b));
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="Versions">
        <Facts
          rows={[
            ['Cardinal', data.cardinal_version],
            ['Answers as Kong', data.version],
            ['Node', data.node_id],
            [
              'This page',
              <a key="licences" className="link" href="./licences.md" target="_blank" rel="noreferrer">
                packages in it and their licences
              </a>,
            ],
          ]}
        />
      </Card>
      <Card title={`Plugins (${plugins.length})`}>
        <Facts
          rows={plugins.map(([name, { version, priority }]) => [
            name,
            <span key={name} className="numeric">{`${version}, priority ${priority}`}</span>,
          ])}
        />
      </Card>
    </div>
  );
}
