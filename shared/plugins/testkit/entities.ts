/** Whole entities from the few fields a test cares about, and a directory over them. */
import { consumers } from '../../config/entities/consumers.ts';
import { withDefaults } from '../../config/entities/defaults.ts';
import { plugins } from '../../config/entities/plugins.ts';
import { routes } from '../../config/entities/routes.ts';
import { services } from '../../config/entities/services.ts';
import { targets } from '../../config/entities/targets.ts';
import { upstreams } from '../../config/entities/upstreams.ts';
import type {
  Consumer,
  Plugin,
  PluginEntity,
  Route,
  Service,
  Target,
  Upstream,
} from '../../config/entities.ts';
import type { Directory, PluginEntitySchema } from '../contract.ts';

let serial = 0;

/** A version 4 UUID that is different at each call and the same in each run. */
function nextId(): string {
  serial++;
  return `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`;
}

export function makeConsumer(fields: Partial<Consumer>): Consumer {
  return withDefaults<Consumer>(consumers, { id: nextId(), ...fields });
}

/** `consumer` may be a username or an id as a string. */
export function makeCredential(
  fields: Readonly<Record<string, unknown>>,
  owners: readonly Consumer[],
  now: number,
): PluginEntity {
  const { consumer, ...rest } = fields;
  const owner =
    typeof consumer === 'string'
      ? { id: owners.find((one) => one.username === consumer)?.id ?? consumer }
      : ((consumer as { id: string } | null | undefined) ?? null);
  return { id: nextId(), created_at: Math.floor(now / 1000), tags: null, ...rest, consumer: owner };
}

export function makeRoute(fields: Partial<Route>): Route {
  return withDefaults<Route>(routes, {
    id: '11111111-1111-4111-8111-111111111111',
    name: 'test-route',
    paths: ['/'],
    ...fields,
  });
}

export function makeService(fields: Partial<Service>): Service {
  return withDefaults<Service>(services, {
    id: '22222222-2222-4222-8222-222222222222',
    name: 'test-service',
    host: 'service.test',
    ...fields,
  });
}

/** A configured plugin whose configuration is taken as it is. */
export function makePlugin(fields: Partial<Plugin>): Plugin {
  return withDefaults<Plugin>(plugins, { id: nextId(), ...fields });
}

export function makeUpstream(fields: Partial<Upstream>): Upstream {
  return withDefaults<Upstream>(upstreams, { id: nextId(), name: 'test-upstream', ...fields });
}

export function makeTarget(fields: Partial<Target>): Target {
  return withDefaults<Target>(targets, { id: nextId(), ...fields });
}

export class TestDirectory implements Directory {
  readonly #consumers: readonly Consumer[];
  readonly #collections: ReadonlyMap<string, readonly PluginEntity[]>;
  readonly #schemas: Readonly<Record<string, PluginEntitySchema>>;

  constructor(
    consumers: readonly Consumer[],
    collections: ReadonlyMap<string, readonly PluginEntity[]>,
    schemas: Readonly<Record<string, PluginEntitySchema>>,
  ) {
    this.#consumers = consumers;
    this.#collections = collections;
    this.#schemas = schemas;
  }

  consumerById(id: string): Consumer | undefined {
    return this.#consumers.find((consumer) => consumer.id === id);
  }

  consumer(idOrUsername: string): Consumer | undefined {
    return (
      this.consumerById(idOrUsername) ??
      this.#consumers.find((consumer) => consumer.username === idOrUsername)
    );
  }

  consumerByCustomId(customId: string): Consumer | undefined {
    return this.#consumers.find((consumer) => consumer.custom_id === customId);
  }

  entity(collection: string, key: string): PluginEntity | undefined {
    const field = this.#schemas[collection]?.endpointKey;
    if (field === undefined) return undefined;
    return this.#collections.get(collection)?.find((row) => row[field] === key);
  }

  entitiesOf(collection: string, consumerId: string): readonly PluginEntity[] {
    return (this.#collections.get(collection) ?? []).filter((row) => row.consumer?.id === consumerId);
  }
}
