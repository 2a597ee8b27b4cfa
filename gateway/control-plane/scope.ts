/**
 * Which entities a data plane may see, and no others: pure functions of a configuration and a subscription. A gateway
 * sees everything. A microgateway sees its service with what runs there, and of each service that it may call how
 * that is reached. A secret that is not needed on a node must never be in its scope.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import type {
  Configuration,
  Plugin,
  PluginEntity,
  Route,
  Service,
  Sni,
  Target,
  Upstream,
} from '../../shared/config/entities.ts';
import type { Subscription } from '../../shared/sync/protocol.ts';
import type { AllowedCalls } from './certificates.ts';
import { snisForRoutes } from './server-names.ts';

export interface ScopedEntity {
  readonly collection: string;
  readonly entity: StoredEntity;
}

export interface Scope {
  /** Those referred to before those that refer to them. */
  readonly entities: readonly ScopedEntity[];
  /** The calls that are in it, sorted; `*` stays `*`. */
  readonly calls: readonly string[];
  /** Names in the subscription that are not allowed or not there, sorted. */
  readonly refused: readonly string[];
}

const HTTP = new Set(['http', 'https', 'grpc', 'grpcs']);
const VAULT_REFERENCE = /\{vault:\/\/([^/}"\\]+)\//g;
/** What plugins name by id or name in their configuration rather than by a foreign key. */
const NAMED_BY_PLUGINS = ['ca_certificates', 'certificates', 'keys', 'key_sets'] as const;
/** Fields that name key sets. A name elsewhere is a text like any other and must not bring a private key along. */
const KEY_SET_FIELD = /key_?sets?$/i;

/** One configuration, indexed once for all scopes that are cut out of it. */
export class ScopeIndex {
  readonly configuration: Configuration;
  readonly definitions: EntityIndex;
  readonly servicesByName = new Map<string, Service>();
  readonly servicesById = new Map<string, Service>();
  readonly routesOf = new Map<string, Route[]>();
  readonly pluginsOfService = new Map<string, Plugin[]>();
  readonly pluginsOfRoute = new Map<string, Plugin[]>();
  readonly pluginsEverywhere: Plugin[] = [];
  readonly upstreamsByName = new Map<string, Upstream>();
  readonly targetsOf = new Map<string, Target[]>();
  readonly snisByName = new Map<string, Sni>();
  /** Certificates and keys: collection to id to entity. */
  readonly material = new Map<string, Map<string, StoredEntity>>();

  constructor(configuration: Configuration, definitions: EntityIndex) {
    this.configuration = configuration;
    this.definitions = definitions;
    for (const service of configuration.services) {
      this.servicesById.set(service.id, service);
      if (service.name !== null) this.servicesByName.set(service.name, service);
    }
    for (const route of configuration.routes) {
      if (route.service !== null) push(this.routesOf, route.service.id, route);
    }
    for (const plugin of configuration.plugins) {
      if (!plugin.enabled || !plugin.protocols.some((protocol) => HTTP.has(protocol))) continue;
      if (plugin.route !== null) push(this.pluginsOfRoute, plugin.route.id, plugin);
      else if (plugin.service !== null) push(this.pluginsOfService, plugin.service.id, plugin);
      else this.pluginsEverywhere.push(plugin);
    }
    for (const upstream of configuration.upstreams) this.upstreamsByName.set(upstream.name, upstream);
    for (const target of configuration.targets) push(this.targetsOf, target.upstream.id, target);
    for (const sni of configuration.snis) this.snisByName.set(sni.name.toLowerCase(), sni);
    for (const collection of NAMED_BY_PLUGINS) {
      const list = configuration[collection] as readonly unknown[] as readonly StoredEntity[];
      this.material.set(collection, new Map(list.map((entity) => [entity.id, entity])));
    }
  }

  /** By name, else by id. */
  service(nameOrId: string): Service | undefined {
    return this.servicesByName.get(nameOrId) ?? this.servicesById.get(nameOrId);
  }
}

/** Everything: what a gateway gets. */
export function gatewayScope(index: ScopeIndex): Scope {
  const { configuration, definitions } = index;
  const lists = configuration as unknown as Readonly<Record<string, readonly StoredEntity[]>>;
  const entities: ScopedEntity[] = [];
  for (const { collection, owner } of definitions.values()) {
    const list = owner === undefined ? lists[collection] : configuration.pluginEntities[collection];
    for (const entity of list ?? []) entities.push({ collection, entity: entity as StoredEntity });
  }
  return { entities, calls: [], refused: [] };
}

/** What a microgateway gets. `allowed`: what its certificate lets it call. */
export function microgatewayScope(
  index: ScopeIndex,
  subscription: Subscription,
  allowed: AllowedCalls,
): Scope {
  const cut = new Cut(index);
  const refused = new Set<string>();
  const fronted = subscription.service === null ? undefined : index.service(subscription.service);
  if (fronted !== undefined) cut.front(fronted);
  else if (subscription.service !== null) refused.add(subscription.service);

  const calls = new Set<string>();
  const call = (name: string): boolean => {
    const service = index.servicesByName.get(name);
    if (service === undefined || !service.enabled) return false;
    cut.call(service);
    return true;
  };
  for (const name of subscription.calls) {
    if (name === '*') {
      if (allowed === '*') calls.add('*');
      else refused.add('*');
      const all = allowed === '*' ? index.servicesByName.keys() : allowed;
      for (const one of all) if (call(one) && allowed !== '*') calls.add(one);
    } else if ((allowed === '*' || allowed.includes(name)) && call(name)) calls.add(name);
    else refused.add(name);
  }
  return { entities: cut.entities(), calls: [...calls].sort(), refused: [...refused].sort() };
}

/** The entities of one scope while it is being cut out. */
class Cut {
  readonly #index: ScopeIndex;
  readonly #configuration: Configuration;
  /** Collection to id to entity. */
  readonly #kept = new Map<string, Map<string, StoredEntity>>();

  constructor(index: ScopeIndex) {
    this.#index = index;
    this.#configuration = index.configuration;
  }

  /** The service that the microgateway stands beside: with routes, plugins, and what those need. */
  front(service: Service): void {
    const index = this.#index;
    const routes = index.routesOf.get(service.id) ?? [];
    this.#keep('services', service);
    this.#trustOf(service);
    for (const route of routes) this.#keep('routes', route);
    for (const sni of snisForRoutes(routes, index.snisByName)) {
      this.#keep('snis', sni);
      this.#keepById('certificates', sni.certificate.id);
    }
    const here = this.#pluginsAt(service, routes);
    const general = here.filter((plugin) => plugin.consumer === null);
    const owners = new Set(general.map((plugin) => plugin.name));
    const identifies = [...index.definitions.values()].some(
      ({ owner, foreignKeys }) =>
        owner !== undefined &&
        owners.has(owner) &&
        foreignKeys.some(({ reference }) => reference === 'consumers'),
    );
    if (identifies) {
      for (const consumer of this.#configuration.consumers) this.#keep('consumers', consumer);
    } else {
      for (const plugin of general) this.#namedConsumer(plugin);
    }
    const running = here.filter(
      (plugin) => plugin.consumer === null || this.#has('consumers', plugin.consumer.id),
    );
    for (const plugin of running) this.#keep('plugins', plugin);
    this.#ownedBy(new Set(running.map((plugin) => plugin.name)));
    this.#namedByPlugins(running);
  }

  /** A service that the application beside the microgateway calls: how it is reached, nothing of its policies. */
  call(service: Service): void {
    this.#keep('services', service);
    this.#trustOf(service);
    const upstream = this.#index.upstreamsByName.get(service.host);
    if (upstream === undefined) return;
    this.#keep('upstreams', upstream);
    if (upstream.client_certificate !== null) {
      this.#keepById('certificates', upstream.client_certificate.id);
    }
    for (const target of this.#index.targetsOf.get(upstream.id) ?? []) this.#keep('targets', target);
  }

  entities(): readonly ScopedEntity[] {
    this.#vaults();
    const entities: ScopedEntity[] = [];
    for (const collection of this.#index.definitions.keys()) {
      for (const entity of this.#kept.get(collection)?.values() ?? []) entities.push({ collection, entity });
    }
    return entities;
  }

  /** The certificate that is shown to the service, and the CAs that vouch for it. */
  #trustOf(service: Service): void {
    if (service.client_certificate !== null) this.#keepById('certificates', service.client_certificate.id);
    for (const id of service.ca_certificates ?? []) this.#keepById('ca_certificates', id);
  }

  #pluginsAt(service: Service, routes: readonly Route[]): readonly Plugin[] {
    const index = this.#index;
    const found = [...index.pluginsEverywhere, ...(index.pluginsOfService.get(service.id) ?? [])];
    for (const route of routes) {
      for (const plugin of index.pluginsOfRoute.get(route.id) ?? []) {
        // For a route and a service, it runs when both are met: this route leads to no other service.
        if (plugin.service === null || plugin.service.id === service.id) found.push(plugin);
      }
    }
    return found;
  }

  /** The consumer that requests without credentials get. */
  #namedConsumer(plugin: Plugin): void {
    const name = plugin.config['anonymous'];
    if (typeof name !== 'string') return;
    const consumer = this.#configuration.consumers.find((one) => one.id === name || one.username === name);
    if (consumer !== undefined) this.#keep('consumers', consumer);
  }

  /**
   * Credentials and the like, as far as everything that they belong to is here: a token for another service is not,
   * as long as no service that is called has been put in.
   */
  #ownedBy(plugins: ReadonlySet<string>): void {
    for (const { collection, owner, foreignKeys } of this.#index.definitions.values()) {
      if (owner === undefined || !plugins.has(owner)) continue;
      for (const entity of this.#configuration.pluginEntities[collection] ?? []) {
        const belongs = foreignKeys.every(({ field, reference }) => {
          const id = referenceOf(entity, field);
          return id === undefined || this.#has(reference, id) || isMaterial(reference);
        });
        if (!belongs) continue;
        this.#keep(collection, entity as StoredEntity);
        for (const { field, reference } of foreignKeys) {
          const id = referenceOf(entity, field);
          if (id !== undefined && isMaterial(reference)) this.#keepById(reference, id);
        }
      }
    }
  }

  /** Certificates and keys that configurations of plugins name by id, key sets also by name (with their keys). */
  #namedByPlugins(plugins: readonly Plugin[]): void {
    const texts = new Set<string>();
    const keySets = new Set<string>();
    for (const plugin of plugins) collectTexts(plugin.config, '', texts, keySets);
    for (const collection of NAMED_BY_PLUGINS) {
      for (const [id, entity] of this.#index.material.get(collection) ?? []) {
        const named = collection === 'key_sets' && keySets.has(String(entity['name']));
        if (named || texts.has(id)) this.#keep(collection, entity);
      }
    }
    const sets = new Set(this.#kept.get('key_sets')?.keys() ?? []);
    for (const key of this.#configuration.keys) {
      if (key.set === null) continue;
      if (sets.has(key.set.id)) this.#keep('keys', key);
      else if (this.#has('keys', key.id)) this.#keepById('key_sets', key.set.id);
    }
  }

  /** Vaults that something in the scope refers to: where a secret lies is nobody else's business. */
  #vaults(): void {
    const { vaults } = this.#configuration;
    if (vaults.length === 0) return;
    const prefixes = new Set<string>();
    for (const entities of this.#kept.values()) {
      for (const entity of entities.values()) {
        for (const prefix of vaultPrefixes(entity)) prefixes.add(prefix);
      }
    }
    for (const vault of vaults) if (prefixes.has(vault.prefix)) this.#keep('vaults', vault);
  }

  #has(collection: string, id: string): boolean {
    return this.#kept.get(collection)?.has(id) === true;
  }

  #keep(collection: string, entity: { readonly id: string }): void {
    let entities = this.#kept.get(collection);
    if (entities === undefined) this.#kept.set(collection, (entities = new Map()));
    entities.set(entity.id, entity as StoredEntity);
  }

  #keepById(collection: string, id: string): void {
    const entity = this.#index.material.get(collection)?.get(id);
    if (entity !== undefined) this.#keep(collection, entity);
  }
}

/** Whether entities of this kind come along with what refers to them, rather than the other way round. */
function isMaterial(collection: string): boolean {
  return (NAMED_BY_PLUGINS as readonly string[]).includes(collection);
}

function referenceOf(entity: PluginEntity | StoredEntity, field: string): string | undefined {
  const value = (entity as StoredEntity)[field];
  if (typeof value !== 'object' || value === null) return undefined;
  const { id } = value as { readonly id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

/** All texts below a value; those of fields that name key sets also in `keySets`. */
function collectTexts(value: unknown, field: string, texts: Set<string>, keySets: Set<string>): void {
  if (typeof value === 'string') {
    texts.add(value);
    if (KEY_SET_FIELD.test(field)) keySets.add(value);
  } else if (Array.isArray(value)) {
    for (const part of value) collectTexts(part, field, texts, keySets);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) collectTexts(part, name, texts, keySets);
  }
}

const NO_PREFIXES: readonly string[] = [];
const prefixesOf = new WeakMap<object, readonly string[]>();

/** Entities do not change: each is looked through once, whatever the number of scopes that it is in. */
function vaultPrefixes(entity: StoredEntity): readonly string[] {
  let prefixes = prefixesOf.get(entity);
  if (prefixes === undefined) {
    const found = [...JSON.stringify(entity).matchAll(VAULT_REFERENCE)].map(([, prefix]) => prefix as string);
    prefixes = found.length === 0 ? NO_PREFIXES : found;
    prefixesOf.set(entity, prefixes);
  }
  return prefixes;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
