/** `/services` and `/services/{services}`, and the same for every other kind of entity. */
import { isUuid } from '../../../shared/config/schema/rules.ts';
import { NO_CONTENT, NOT_FOUND, ok, Refusal } from '../http/answer.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import { missingForUpdate, mustFind } from './addressing.ts';
import type { EntityApi } from './entity-api.ts';
import type { Resource } from './resources.ts';

export function addTopLevel(table: EndpointTable, api: EntityApi, resource: Resource): void {
  const { definition } = resource;
  const { collection } = definition;
  const path = `/${resource.path}`;
  table.add(path, {
    GET: (call) => {
      const customId = collection === 'consumers' ? call.query.first('custom_id') : undefined;
      return customId === undefined ? api.list(call, collection, path) : consumerWith(api, customId);
    },
    POST: async (call) => {
      api.mustBeWritable('create', definition);
      const input = await api.input(call, definition);
      const entity = await api.write(call, (draft) => draft.insert(collection, input));
      return { ...api.shown(collection, entity), status: 201 };
    },
  });
  table.add(`${path}/{${collection}}`, {
    GET: ({ values }) => api.shown(collection, mustFind(api.view, collection, values[0] as string)),
    PUT: async (call) => {
      const key = call.values[0] as string;
      api.mustBeWritable('create or update', definition, key);
      const input = await api.input(call, definition);
      return api.shown(collection, await api.write(call, (draft) => draft.upsert(collection, key, input)));
    },
    PATCH: async (call) => {
      const key = call.values[0] as string;
      const stored = api.view.find(collection, key);
      if (stored === undefined) {
        // Kong has to know the plugin's name first, and stops there.
        if (collection === 'plugins') throw new Refusal(NOT_FOUND);
        throw missingForUpdate(definition, key);
      }
      api.mustBeWritable('update', definition, key);
      const input = await api.input(call, definition, stored);
      return api.shown(collection, await api.write(call, (draft) => draft.update(collection, key, input)));
    },
    DELETE: async (call) => {
      const key = call.values[0] as string;
      const stored = collection === 'certificates' ? mustFindBySni(api, key) : api.view.find(collection, key);
      if (stored === undefined && !api.writable) return NO_CONTENT;
      api.mustBeWritable('remove', definition, key);
      await api.write(call, (draft) => draft.remove(collection, key));
      return NO_CONTENT;
    },
  });
}

/** By id a certificate may be gone already; by the name of an SNI it must be there. */
function mustFindBySni(api: EntityApi, key: string) {
  const found = api.view.find('certificates', key);
  return found ?? (isUuid(key) ? undefined : mustFind(api.view, 'certificates', key));
}

function consumerWith(api: EntityApi, customId: string) {
  if (customId === '') return { status: 400, body: { message: 'custom_id must be an unempty string' } };
  const consumer = api.view.all('consumers').find((entity) => entity['custom_id'] === customId);
  return ok({ data: consumer === undefined ? [] : [consumer], next: null });
}
