/** What a gateway has now, through its Admin API. Changes nothing. */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { AdminClient } from '../admin-client.ts';
import { inParallel } from './in-parallel.ts';
import type { Entities, Schemas } from './schemas.ts';

/** Rejects with a CliError. A kind of entity that the gateway does not know has none. */
export async function readGateway(client: AdminClient, schemas: Schemas): Promise<Entities> {
  const entities = new Map<string, readonly StoredEntity[]>();
  const lists = schemas.managed.filter(({ collection }) => collection !== 'targets');
  await inParallel(lists, async ({ collection, adminPath }) => {
    entities.set(collection, ((await client.list(`/${adminPath}`)) ?? []) as readonly StoredEntity[]);
  });
  // Targets are found below their upstreams alone, as in Kong.
  const upstreams = entities.get('upstreams') ?? [];
  const targets = new Map<string, readonly StoredEntity[]>();
  await inParallel(upstreams, async ({ id }) => {
    const path = `/upstreams/${encodeURIComponent(id)}/targets`;
    targets.set(id, ((await client.list(path)) ?? []) as readonly StoredEntity[]);
  });
  entities.set(
    'targets',
    upstreams.flatMap(({ id }) => targets.get(id) ?? []),
  );
  return entities;
}
