/**
 * What every endpoint for entities needs: the current view, answers in their shown form, and changes that are
 * refused where the configuration does not come from a store, after Kong's read before the write.
 */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { isUuid } from '../../../shared/config/schema/rules.ts';
import type { ManagedConfiguration } from '../../configuration/contract.ts';
import type { ModelDraft, ModelView } from '../../model/contract.ts';
import { type Answer, ok } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { PluginSchemas } from '../schemas/plugin-schemas.ts';
import { entityInput } from './entity-input.ts';
import { withNewNames, withOldNames } from './old-names.ts';
import { listBody, pageRequest } from './paging.ts';
import { type ChangeVerb, readOnly } from './read-only.ts';

export type Fixed = Readonly<Record<string, { readonly id: string }>>;

export class EntityApi {
  readonly #managed: ManagedConfiguration;
  readonly plugins: PluginSchemas;

  constructor(managed: ManagedConfiguration, plugins: PluginSchemas) {
    this.#managed = managed;
    this.plugins = plugins;
  }

  get view(): ModelView {
    return this.#managed.view;
  }

  get writable(): boolean {
    return this.#managed.writable;
  }

  /** Throws a ModelError (405, code 12) where nothing can be changed. `key`: how the path names the entity. */
  mustBeWritable(verb: ChangeVerb, definition: EntityDefinition, key?: string): void {
    if (this.#managed.writable) return;
    const { collection, endpointKey } = definition;
    throw readOnly(verb, collection, key === undefined || isUuid(key) ? undefined : endpointKey);
  }

  /** `change` may run more than once and must do nothing but change the draft. */
  write<T>(call: AdminCall, change: (draft: ModelDraft) => T): Promise<T> {
    return this.#managed.write({ actor: call.actor, summary: call.summary }, change);
  }

  async input(
    call: AdminCall,
    definition: EntityDefinition,
    stored?: StoredEntity,
  ): Promise<Record<string, unknown>> {
    const input = entityInput(await call.body(), definition, this.plugins, stored);
    if (call.method === 'PATCH' && definition.collection === 'plugins')
      withNewNames(input, input['name'] ?? stored?.['name'], this.plugins);
    return input;
  }

  shown(collection: string, entity: StoredEntity): Answer {
    return ok(withOldNames(collection, entity, this.plugins));
  }

  /** A page of a whole collection. */
  list(call: AdminCall, collection: string, path: string): Answer {
    const page = this.view.page(collection, pageRequest(call.query, true));
    return ok(listBody(this.#shownAll(collection, page.data), page.after, path, call.query));
  }

  /** A page of those that refer to an entity. */
  children(call: AdminCall, collection: string, field: string, id: string, path: string): Answer {
    const page = this.view.children(collection, field, id, pageRequest(call.query, false));
    return ok(listBody(this.#shownAll(collection, page.data), page.after, path, undefined));
  }

  #shownAll(collection: string, entities: readonly StoredEntity[]): readonly unknown[] {
    if (collection !== 'plugins') return entities;
    return entities.map((entity) => withOldNames(collection, entity, this.plugins));
  }
}
