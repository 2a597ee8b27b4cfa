/**
 * Targets, below their upstream alone. PUT changes a target and never makes one: decK then sends POST. Every
 * entry of `/targets/all` is one of `/targets` as well: there is no history of targets here.
 */

import type { StoredEntity } from '../../../shared/config/change.ts';
import type { ModelView } from '../../model/contract.ts';
import { NO_CONTENT, NOT_FOUND, Refusal } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable, Handler } from '../http/endpoint-table.ts';
import { mustFind } from './addressing.ts';
import type { EntityApi } from './entity-api.ts';
import type { Resource } from './resources.ts';

const COLLECTION = 'targets';
const FIELD = 'upstream';
export const TARGETS_PATH = '/upstreams/{upstreams}/targets';

export function addTargets(table: EndpointTable, api: EntityApi, { definition }: Resource): void {
  const list =
    (suffix: string): Handler =>
    (call) => {
      const { id } = upstreamOf(api.view, call);
      return api.children(call, COLLECTION, FIELD, id, `/upstreams/${id}/targets${suffix}`);
    };
  table.add(TARGETS_PATH, {
    GET: list(''),
    POST: async (call) => {
      upstreamOf(api.view, call);
      api.mustBeWritable('create', definition);
      const input = await api.input(call, definition);
      const entity = await api.write(call, (draft) =>
        draft.insert(COLLECTION, input, { fixed: { [FIELD]: { id: upstreamOf(draft, call).id } } }),
      );
      return { ...api.shown(COLLECTION, entity), status: 201 };
    },
  });
  table.add(`${TARGETS_PATH}/all`, { GET: list('/all') });

  const change: Handler = async (call) => {
    const stored = targetOf(api.view, call);
    api.mustBeWritable('update', definition);
    const input = await api.input(call, definition, stored);
    const entity = await api.write(call, (draft) =>
      draft.update(COLLECTION, targetOf(draft, call).id, input, {
        fixed: { [FIELD]: { id: upstreamOf(draft, call).id } },
      }),
    );
    return api.shown(COLLECTION, entity);
  };
  table.add(`${TARGETS_PATH}/{${COLLECTION}}`, {
    GET: (call) => api.shown(COLLECTION, targetOf(api.view, call)),
    PUT: change,
    PATCH: change,
    DELETE: async (call) => {
      targetOf(api.view, call);
      api.mustBeWritable('remove', definition);
      await api.write(call, (draft) => draft.remove(COLLECTION, targetOf(draft, call).id));
      return NO_CONTENT;
    },
  });
}

export function upstreamOf(view: ModelView, call: AdminCall): StoredEntity {
  return mustFind(view, 'upstreams', call.values[0] as string);
}

/** By id or address. Throws a Refusal (404). */
export function targetOf(view: ModelView, call: AdminCall): StoredEntity {
  const target = view.findChild(COLLECTION, FIELD, upstreamOf(view, call).id, call.values[1] as string);
  if (target === undefined) throw new Refusal(NOT_FOUND);
  return target;
}
