/**
 * The configuration that does not live in a store: it comes from a file, was posted as a whole, or comes from a
 * control plane. It can be looked at entity by entity, and not be changed so.
 */

import type { StoredEntity } from '../../shared/config/change.ts';
import { CORE_ENTITIES, type EntityIndex } from '../../shared/config/entities/index.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import type { PluginRegistry } from '../../shared/config/plugin-registry.ts';
import { ModelError, type ModelView } from '../model/contract.ts';
import { Model } from '../model/model.ts';
import type { Commit } from '../store/contract.ts';
import type { ManagedConfiguration, ServedConfiguration } from './contract.ts';
import type { ConfigurationControl } from './control.ts';

export class FixedConfiguration implements ManagedConfiguration {
  readonly writable = false;
  readonly source: 'file' | 'posted' | 'control-plane';
  readonly #control: ConfigurationControl;
  readonly #index: EntityIndex;
  readonly #plugins: PluginRegistry;
  #shown: { readonly of: Configuration; readonly model: Model } | undefined;

  constructor(
    source: FixedConfiguration['source'],
    control: ConfigurationControl,
    index: EntityIndex,
    plugins: PluginRegistry,
  ) {
    this.source = source;
    this.#control = control;
    this.#index = index;
    this.#plugins = plugins;
  }

  get served(): ServedConfiguration {
    return this.#control.served;
  }

  get view(): ModelView {
    const { current } = this.#control;
    // Made when somebody looks: most never do.
    if (this.#shown?.of !== current)
      this.#shown = { of: current, model: Model.from(this.#index, this.#plugins, entitiesOf(current)) };
    return this.#shown.model;
  }

  onChange(listener: (served: ServedConfiguration) => void): () => void {
    return this.#control.onChange(listener);
  }

  write<T>(): Promise<T> {
    return Promise.reject(
      new ModelError(405, {
        code: 12,
        name: 'operation unsupported',
        message: 'cannot change entities when not using a database',
      }),
    );
  }

  async history(): Promise<readonly Commit[]> {
    return [];
  }

  restore(): Promise<void> {
    return this.write();
  }
}

function entitiesOf(configuration: Configuration): ReadonlyMap<string, readonly StoredEntity[]> {
  const entities = new Map<string, readonly StoredEntity[]>();
  const lists = configuration as unknown as Readonly<Record<string, readonly StoredEntity[]>>;
  for (const { collection } of CORE_ENTITIES) entities.set(collection, lists[collection] ?? []);
  for (const [collection, list] of Object.entries(configuration.pluginEntities))
    entities.set(collection, list);
  return entities;
}
