/** Whole entities from the few fields a test cares about, and a directory over them. */
import type { Consumer, PluginEntity, Route, Service } from '../../config/entities.ts';
import type { Directory, PluginEntitySchema } from '../contract.ts';

let serial = 0;

/** A version 4 UUID that is different at each call and the same in each run. */
function nextId(): string {
  serial++;
  return `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`;
}

export function makeConsumer(fields: Partial<Consumer>): Consumer {
  return {
    id: nextId(),
    created_at: 0,
    updated_at: 0,
    tags: null,
    username: null,
    custom_id: null,
    ...fields,
  };
}

/** `consumer` may be a username or an id as a string. */
export function makeCredential(
  fields: Readonly<Record<string, unknown>>,
  consumers: readonly Consumer[],
  now: number,
): PluginEntity {
  const { consumer, ...rest } = fields;
  const owner =
    typeof consumer === 'string'
      ? { id: consumers.find((one) => one.username === consumer)?.id ?? consumer }
      : ((consumer as { id: string } | null | undefined) ?? null);
  return { id: nextId(), created_at: Math.floor(now / 1000), tags: null, ...rest, consumer: owner };
}

export function makeRoute(fields: Partial<Route>): Route {
  return {
    id: '11111111-1111-4111-8111-111111111111',
    created_at: 0,
    updated_at: 0,
    tags: null,
    name: 'test-route',
    protocols: ['http', 'https'],
    methods: null,
    hosts: null,
    paths: ['/'],
    headers: null,
    snis: null,
    sources: null,
    destinations: null,
    https_redirect_status_code: 426,
    regex_priority: 0,
    strip_path: true,
    path_handling: 'v0',
    preserve_host: false,
    request_buffering: true,
    response_buffering: true,
    service: null,
    ...fields,
  };
}

export function makeService(fields: Partial<Service>): Service {
  return {
    id: '22222222-2222-4222-8222-222222222222',
    created_at: 0,
    updated_at: 0,
    tags: null,
    name: 'test-service',
    retries: 5,
    protocol: 'http',
    host: 'service.test',
    port: 80,
    path: null,
    connect_timeout: 60_000,
    write_timeout: 60_000,
    read_timeout: 60_000,
    client_certificate: null,
    tls_verify: null,
    tls_verify_depth: null,
    ca_certificates: null,
    enabled: true,
    ...fields,
  };
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

  entity(collection: string, key: string): PluginEntity | undefined {
    const field = this.#schemas[collection]?.endpointKey;
    if (field === undefined) return undefined;
    return this.#collections.get(collection)?.find((row) => row[field] === key);
  }

  entitiesOf(collection: string, consumerId: string): readonly PluginEntity[] {
    return (this.#collections.get(collection) ?? []).filter((row) => row.consumer?.id === consumerId);
  }
}
