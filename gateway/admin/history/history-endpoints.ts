/**
 * `/_cardinal/history`: what the last generations of the configuration changed, by whom, and the way back to one of
 * them. Where there is no store there is no history: the list is empty.
 */
import type { EntityChange, StoredEntity } from '../../../shared/config/change.ts';
import type { Commit } from '../../store/contract.ts';
import type { AdminContext } from '../context.ts';
import { readOnly } from '../entities/read-only.ts';
import { NOT_FOUND, ok, Refusal } from '../http/answer.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import type { PluginSchemas } from '../schemas/plugin-schemas.ts';
import { changedFields } from './changed-fields.ts';
import { masked, maskedKey } from './masked.ts';

const PATH = '/_cardinal/history';
/** Of each generation in the list; `changes_total` says how many there are. */
const MOST_LISTED = 100;

export function addHistory(table: EndpointTable, context: AdminContext, plugins: PluginSchemas): void {
  const { managed } = context;
  const { index } = managed.view;
  const show = (collection: string, entity: StoredEntity | null) =>
    entity === null ? null : masked(collection, entity, index, plugins);

  table.add(PATH, {
    GET: async () => {
      const commits = await managed.history();
      const data = commits.map((commit) => ({
        ...head(commit),
        changes: commit.change.slice(0, MOST_LISTED).map((change) => changeHead(change, index)),
        changes_total: commit.change.length,
      }));
      return ok({ data, current: managed.served.generation, next: null });
    },
  });
  table.add(`${PATH}/{generation}`, {
    GET: async ({ values: [text] }) => {
      const commit = await kept(context, text as string);
      const changes = commit.change.map((change) => {
        const { collection, before, after } = change;
        return {
          ...changeHead(change, index),
          before: show(collection, before),
          after: show(collection, after),
          fields: before === null || after === null ? [] : changedFields(before, after),
        };
      });
      return ok({ ...head(commit), changes });
    },
  });
  table.add(`${PATH}/{generation}/restore`, {
    POST: async (call) => {
      const { generation } = await kept(context, call.values[0] as string);
      if (!managed.writable) throw readOnly('create or update', 'history');
      await managed.restore(generation, { actor: call.actor, summary: call.summary });
      return ok({ message: 'restored', restored: generation, generation: managed.served.generation });
    },
  });
}

/** Throws a Refusal (404) for a generation that is not kept. */
async function kept({ managed }: AdminContext, text: string): Promise<Commit> {
  const generation = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0;
  const commit = (await managed.history()).find((one) => one.generation === generation);
  if (commit === undefined) throw new Refusal(NOT_FOUND);
  return commit;
}

function head({ generation, at, node, hash, authors }: Commit) {
  return { generation, at, node, hash, authors };
}

function changeHead(
  { collection, id, before, after }: EntityChange,
  index: AdminContext['managed']['view']['index'],
) {
  const operation = before === null ? 'create' : after === null ? 'delete' : 'update';
  return { collection, id, name: maskedKey(collection, after ?? before, index), operation };
}
