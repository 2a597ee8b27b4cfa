/** All endpoints for entities. */
import { message } from '../http/answer.ts';
import type { EndpointTable, Methods } from '../http/endpoint-table.ts';
import type { EntityApi } from './entity-api.ts';
import { addForeign } from './foreign.ts';
import { addNested } from './nested.ts';
import type { Resource } from './resources.ts';
import { addTargets } from './targets.ts';
import { addTopLevel } from './top-level.ts';

export function addEntityEndpoints(
  table: EndpointTable,
  api: EntityApi,
  resources: ReadonlyMap<string, Resource>,
): void {
  for (const resource of resources.values()) {
    const { collection, foreignKeys } = resource.definition;
    if (collection === 'targets') {
      addTargets(table, api, resource);
      continue;
    }
    addTopLevel(table, api, resource);
    for (const { field, reference } of foreignKeys) {
      const parent = resources.get(reference);
      if (parent === undefined) continue;
      addNested(table, api, resource, field, parent);
      // Kong keeps this one switched off.
      if (collection !== 'snis') addForeign(table, api, resource, field, parent);
    }
  }
}

const WITHOUT_WASM = () => message(400, 'this endpoint is only available when wasm is enabled');

/** Filter chains as Kong answers for them without Wasm: clients ask, and take this for there being none. */
export function addFilterChains(table: EndpointTable): void {
  const collection: Methods = { GET: WITHOUT_WASM, POST: WITHOUT_WASM };
  const entity: Methods = {
    GET: WITHOUT_WASM,
    PUT: WITHOUT_WASM,
    PATCH: WITHOUT_WASM,
    DELETE: WITHOUT_WASM,
  };
  for (const parent of ['', '/services/{services}', '/routes/{routes}']) {
    table.add(`${parent}/filter-chains`, collection);
    table.add(`${parent}/filter-chains/{filter_chains}`, entity);
  }
}
