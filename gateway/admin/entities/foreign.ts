/** The entity that another one refers to, under its field: `/routes/{routes}/service`. */
import { randomUUID } from 'node:crypto';
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { ModelView } from '../../model/contract.ts';
import { METHOD_NOT_ALLOWED, NOT_FOUND, Refusal } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import { mustFind } from './addressing.ts';
import type { EntityApi } from './entity-api.ts';
import type { Resource } from './resources.ts';

export function addForeign(
  table: EndpointTable,
  api: EntityApi,
  child: Resource,
  field: string,
  parent: Resource,
): void {
  const { collection } = child.definition;
  const { definition } = parent;
  const owner = definition.collection;
  const referring = (view: ModelView, call: AdminCall): StoredEntity =>
    mustFind(view, collection, call.values[0] as string);
  const referredId = (entity: StoredEntity): string | undefined =>
    (entity[field] as { readonly id: string } | null | undefined)?.id;
  const mustRefer = (view: ModelView, call: AdminCall): string => {
    const id = referredId(referring(view, call));
    if (id === undefined) throw new Refusal(NOT_FOUND);
    return id;
  };
  table.add(`/${child.path}/{${collection}}/${field}`, {
    GET: (call) => api.shown(owner, mustFind(api.view, owner, mustRefer(api.view, call))),
    PUT: async (call) => {
      referring(api.view, call);
      api.mustBeWritable('create or update', definition);
      const input = await api.input(call, definition);
      const newId = randomUUID();
      const entity = await api.write(call, (draft) => {
        const from = referring(draft, call);
        const id = referredId(from);
        if (id !== undefined) return draft.upsert(owner, id, input);
        const made = draft.upsert(owner, newId, input);
        draft.update(collection, from.id, { [field]: { id: made.id } });
        return made;
      });
      return api.shown(owner, entity);
    },
    PATCH: async (call) => {
      const stored = api.view.byId(owner, mustRefer(api.view, call));
      api.mustBeWritable('update', definition);
      const input = await api.input(call, definition, stored);
      const entity = await api.write(call, (draft) => draft.update(owner, mustRefer(draft, call), input));
      return api.shown(owner, entity);
    },
    DELETE: (call) => {
      mustRefer(api.view, call);
      return METHOD_NOT_ALLOWED;
    },
  });
}
