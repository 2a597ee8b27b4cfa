/**
 * Entities below those that they refer to: `/services/{services}/routes`, `/consumers/{consumers}/key-auth/{...}`.
 * The reference comes from the path; what belongs to another parent is not there.
 */
import type { StoredEntity } from '../../../shared/config/change.ts';
import { isUuid } from '../../../shared/config/schema/rules.ts';
import type { ModelView } from '../../model/contract.ts';
import { NO_CONTENT, NOT_FOUND, Refusal } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import { localKey, mustFind } from './addressing.ts';
import type { EntityApi } from './entity-api.ts';
import type { Resource } from './resources.ts';

export function addNested(
  table: EndpointTable,
  api: EntityApi,
  child: Resource,
  field: string,
  parent: Resource,
): void {
  const { definition } = child;
  const { collection } = definition;
  const owner = parent.definition.collection;
  const path = `/${parent.path}/{${owner}}/${child.nestedPath}`;
  const parentOf = (view: ModelView, call: AdminCall): string =>
    mustFind(view, owner, call.values[0] as string).id;
  const childOf = (view: ModelView, call: AdminCall): StoredEntity | undefined =>
    view.findChild(collection, field, parentOf(view, call), call.values[1] as string);
  const mustFindChild = (view: ModelView, call: AdminCall): StoredEntity => {
    const entity = childOf(view, call);
    if (entity === undefined) throw new Refusal(NOT_FOUND);
    return entity;
  };
  table.add(path, {
    GET: (call) => {
      const id = parentOf(api.view, call);
      return api.children(call, collection, field, id, `/${parent.path}/${id}/${child.nestedPath}`);
    },
    POST: async (call) => {
      parentOf(api.view, call);
      api.mustBeWritable('create', definition);
      const input = await api.input(call, definition);
      const entity = await api.write(call, (draft) =>
        draft.insert(collection, input, { fixed: { [field]: { id: parentOf(draft, call) } } }),
      );
      return { ...api.shown(collection, entity), status: 201 };
    },
  });
  table.add(`${path}/{${collection}}`, {
    GET: (call) => api.shown(collection, mustFindChild(api.view, call)),
    PUT: async (call) => {
      const key = call.values[1] as string;
      const stored = childOf(api.view, call);
      api.mustBeWritable('create or update', definition, key);
      const sent = await api.input(call, definition, stored);
      const local = isUuid(key) ? undefined : localKey(definition, field);
      const input = local === undefined ? sent : { ...sent, [local]: key };
      const entity = await api.write(call, (draft) => {
        const fixed = { [field]: { id: parentOf(draft, call) } };
        const known = childOf(draft, call);
        if (known !== undefined) return draft.upsert(collection, known.id, input, { fixed });
        if (local !== undefined) return draft.insert(collection, input, { fixed });
        // It is there, but elsewhere.
        if (draft.find(collection, key) !== undefined) throw new Refusal(NOT_FOUND);
        return draft.upsert(collection, key, input, { fixed });
      });
      return api.shown(collection, entity);
    },
    PATCH: async (call) => {
      const stored = mustFindChild(api.view, call);
      api.mustBeWritable('update', definition, call.values[1]);
      const input = await api.input(call, definition, stored);
      const entity = await api.write(call, (draft) =>
        draft.update(collection, mustFindChild(draft, call).id, input),
      );
      return api.shown(collection, entity);
    },
    DELETE: async (call) => {
      mustFindChild(api.view, call);
      api.mustBeWritable('remove', definition, call.values[1]);
      await api.write(call, (draft) => draft.remove(collection, mustFindChild(draft, call).id));
      return NO_CONTENT;
    },
  });
}
