/** What dump, diff and apply have in common: the plugins that are known here, the gateway, and the tags. */
import type { Call } from '../../../shared/cli/command.ts';
import { resolveSettings } from '../../../shared/config/settings/resolve.ts';
import type { PluginCatalog } from '../../../shared/plugins/catalog.ts';
import { pluginsOrFail } from '../../../shared/process/serve.ts';
import { AdminClient } from '../admin-client.ts';
import { Labels } from './labels.ts';
import { makePlan, type Plan } from './plan.ts';
import { readDesired } from './read-file.ts';
import { readGateway } from './read-gateway.ts';
import { Schemas } from './schemas.ts';

export interface Session {
  readonly catalog: PluginCatalog;
  readonly schemas: Schemas;
  readonly client: AdminClient;
  readonly selectTags: readonly string[];
}

export async function openSession({ flags, io }: Call): Promise<Session> {
  const client = new AdminClient(flags, io.env);
  const paths = flags.get('plugin-paths');
  const given = new Map(paths === undefined ? [] : [['plugin_paths', paths] as const]);
  const catalog = await pluginsOrFail(resolveSettings('gateway', given, io.env).values);
  const selectTags = (flags.get('select-tag') ?? '').split(',').map((tag) => tag.trim());
  return {
    catalog,
    schemas: new Schemas(catalog),
    client,
    selectTags: selectTags.filter((tag) => tag !== ''),
  };
}

/** What the file of a call asks the gateway to become. */
export async function planOf(
  { catalog, schemas, client, selectTags }: Session,
  { positionals, io }: Call,
): Promise<{ readonly plan: Plan; readonly labels: Labels }> {
  const desired = await readDesired(positionals[0] as string, catalog, schemas, io);
  const current = await readGateway(client, schemas);
  const tags = selectTags.length > 0 ? selectTags : desired.selectTags;
  const plan = makePlan(desired, current, schemas, { selectTags: tags });
  for (const note of plan.notes) io.writeError(`${io.err.yellow('note')}: ${note}\n`);
  return { plan, labels: new Labels(schemas, desired.entities, current) };
}
