/**
 * Consumers and credentials, indexed for the request path. Everything is built when the configuration is
 * compiled; a look-up is one Map access.
 */
import type { AnyPluginDefinition, Directory } from '../../plugins/contract.ts';
import type { Configuration, Consumer, PluginEntity } from '../entities.ts';

const NONE: readonly PluginEntity[] = [];

interface Collection {
  readonly byKey: Map<string, PluginEntity>;
  readonly byConsumer: Map<string, PluginEntity[]>;
}

export class ConfigurationDirectory implements Directory {
  readonly byId = new Map<string, Consumer>();
  private readonly byUsername = new Map<string, Consumer>();
  /** Made at the first look-up: few plugins ask. */
  private byCustomId: Map<string, Consumer> | undefined = undefined;
  private readonly collections = new Map<string, Collection>();

  constructor(configuration: Configuration, plugins: ReadonlyMap<string, AnyPluginDefinition>) {
    for (const consumer of configuration.consumers) {
      this.byId.set(consumer.id, consumer);
      if (consumer.username !== null) this.byUsername.set(consumer.username, consumer);
    }
    const endpointKeys = new Map<string, string | undefined>();
    for (const plugin of plugins.values()) {
      for (const [name, schema] of Object.entries(plugin.schema.entities ?? {}))
        endpointKeys.set(name, schema.endpointKey);
    }
    for (const [name, entities] of Object.entries(configuration.pluginEntities)) {
      const collection: Collection = { byKey: new Map(), byConsumer: new Map() };
      const endpointKey = endpointKeys.get(name);
      for (const entity of entities) {
        const key = endpointKey === undefined ? undefined : entity[endpointKey];
        if (typeof key === 'string') collection.byKey.set(key, entity);
        const owner = entity.consumer?.id;
        if (owner === undefined) continue;
        const owned = collection.byConsumer.get(owner);
        if (owned === undefined) collection.byConsumer.set(owner, [entity]);
        else owned.push(entity);
      }
      this.collections.set(name, collection);
    }
  }

  consumerById(id: string): Consumer | undefined {
    return this.byId.get(id);
  }

  consumer(idOrUsername: string): Consumer | undefined {
    return this.byId.get(idOrUsername) ?? this.byUsername.get(idOrUsername);
  }

  consumerByCustomId(customId: string): Consumer | undefined {
    if (this.byCustomId === undefined) {
      this.byCustomId = new Map();
      for (const consumer of this.byId.values())
        if (consumer.custom_id !== null) this.byCustomId.set(consumer.custom_id, consumer);
    }
    return this.byCustomId.get(customId);
  }

  entity(collection: string, key: string): PluginEntity | undefined {
    return this.collections.get(collection)?.byKey.get(key);
  }

  entitiesOf(collection: string, consumerId: string): readonly PluginEntity[] {
    return this.collections.get(collection)?.byConsumer.get(consumerId) ?? NONE;
  }
}
