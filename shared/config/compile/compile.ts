/**
 * Configuration -> Snapshot: everything that can be derived is derived here, in slices, so that no request
 * pays for it. Either a whole snapshot comes out or a `CompileError`, and then whatever was made on the way
 * has been released again.
 */

import type { Logger } from '../../observe/logger.ts';
import { SecretNames } from '../../observe/requests/secret-names.ts';
import { type Direction, routeKey } from '../../observe/traffic/traffic-key.ts';
import type {
  AnyPluginDefinition,
  Metrics,
  PluginInstance,
  PluginKit,
  WindowCounters,
} from '../../plugins/contract.ts';
import { tellRejection } from '../../plugins/phase-result.ts';
import type { ListenerRole } from '../../proxy/contract.ts';
import type { PluginPlan, RoutePlan, ServicePlan, Snapshot } from '../../proxy/snapshot.ts';
import { compileRouterSliced, type RouteInput } from '../../router/compile.ts';
import { compileUpstreamPath } from '../../router/upstream-path.ts';
import type { BalancerOptions } from '../../upstream/balancer/create-balancer.ts';
import type { Configuration, Plugin, Route, Service } from '../entities.ts';
import { certificateTable } from './certificates.ts';
import { CompileError, entityName } from './compile-error.ts';
import { ConfigurationDirectory } from './directory.ts';
import type { GenerationHolds, KeptResources } from './kept-resources.ts';
import { PluginPlans, type RunningPlugin, runsOnHttp } from './plugin-plans.ts';
import { RedirectedServices } from './redirected-services.ts';
import { servedRoutes } from './served-routes.ts';
import { type ServicePlanDeps, ServicePlans } from './service-plans.ts';
import { Slices } from './slices.ts';
import { UnknownDestinations } from './unknown-destinations.ts';

export interface CompileDeps extends ServicePlanDeps {
  readonly plugins: ReadonlyMap<string, AnyPluginDefinition>;
  readonly kept: KeptResources;
  readonly counters: WindowCounters;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly node: PluginKit['node'];
  /** What the listeners of this engine serve; it decides how much of the configuration is compiled. */
  readonly roles: readonly ListenerRole[];
  /** Breakers on the outbound side. */
  readonly outbound: BalancerOptions;
}

type InboundRole = Extract<ListenerRole, { readonly kind: 'inbound' }>;

const NO_PLUGINS: PluginPlan = {
  slots: [],
  fixed: true,
  access: [],
  response: [],
  requestBody: [],
  responseBody: [],
  log: [],
};
const HTTP_SERVICE = new Set(['http', 'https']);

/** Rejects with a `CompileError`. */
export async function compile(
  configuration: Configuration,
  generation: number,
  deps: CompileDeps,
): Promise<Snapshot> {
  const compiler = new Compiler(configuration, deps);
  try {
    return await compiler.run(generation);
  } catch (error) {
    compiler.release();
    throw error;
  }
}

class Compiler {
  private readonly configuration: Configuration;
  private readonly deps: CompileDeps;
  private readonly slices = new Slices();
  private readonly holds: GenerationHolds;
  private readonly services: ServicePlans;
  private readonly instances = new Map<PluginInstance, string>();

  constructor(configuration: Configuration, deps: CompileDeps) {
    this.configuration = configuration;
    this.deps = deps;
    this.holds = deps.kept.generation((key, error) =>
      deps.log.error('plugin failed', { kept: key, phase: 'close', error: String(error) }),
    );
    this.services = new ServicePlans(configuration, deps);
  }

  async run(generation: number): Promise<Snapshot> {
    const { configuration, deps, services, instances } = this;
    const inboundRole = deps.roles.find((role) => role.kind === 'inbound');
    const outboundRole = deps.roles.find((role) => role.kind === 'outbound');
    const edge = deps.roles.some((role) => role.kind === 'edge');

    const fronted = inboundRole === undefined ? undefined : this.frontedService(inboundRole);

    const directory = new ConfigurationDirectory(configuration, deps.plugins);
    const running = edge || fronted !== undefined ? await this.startPlugins(directory, fronted) : [];
    const plans = new PluginPlans(running);
    const global = plans.global;

    // Routes: all of them at the edge, those of the fronted service on the inbound side.
    const local = fronted === undefined ? undefined : services.localPlan(fronted, inboundRole!.to);
    const servicePlans = new Map<string, ServicePlan>();
    const inputs: RouteInput<RoutePlan>[] = [];
    if (edge || fronted !== undefined) {
      for (const { route, routed, service } of servedRoutes(configuration, fronted)) {
        if (this.slices.due()) await this.slices.pause();
        const plan = service === undefined ? undefined : (local ?? this.servicePlan(service, servicePlans));
        inputs.push({
          route: routed,
          value: this.routePlan(route, service, plan, plans, local === undefined ? 'edge' : 'inbound'),
        });
      }
    }
    const router = await compileRouterSliced(inputs).catch((error: unknown) => {
      throw new CompileError('routes', (error as Error).message, error);
    });

    const outbound = new Map<string, RoutePlan>();
    if (outboundRole !== undefined) {
      for (const service of configuration.services) {
        if (this.slices.due()) await this.slices.pause();
        if (service.name === null || !service.enabled || !HTTP_SERVICE.has(service.protocol)) continue;
        outbound.set(
          service.name.toLowerCase(),
          directPlan(services.plan(service, deps.outbound), NO_PLUGINS, service.path, 'outbound'),
        );
      }
    }
    const unknown = new UnknownDestinations((service) =>
      directPlan(services.plan(service, deps.outbound), NO_PLUGINS, null, 'outbound'),
    );
    const redirected = new RedirectedServices((service) => services.plan(service));
    const certificates = certificateTable(configuration);
    const inboundNames = fronted === undefined ? new Set<string>() : namesOf(fronted);
    const rewrite = global.slots
      .map((slot) => slot.general)
      .filter((one) => one?.rewrite !== undefined) as PluginInstance[];

    const release = (): void => this.release();
    return {
      generation,
      hash: configuration.hash,
      router,
      rewrite,
      unmatched: global,
      nameOf: (instance) => instances.get(instance) ?? 'unknown',
      instancesOf: (name) =>
        running
          .filter(({ plugin }) => plugin.name === name)
          .map(({ plugin, instance }) => ({ id: plugin.id, instance })),
      // The edge has already added the service's path; a caller by name sends what the application serves.
      inbound:
        local === undefined
          ? undefined
          : directPlan(local, plans.planFor(undefined, fronted!.id), null, 'inbound'),
      inboundNames,
      outbound,
      unknownDestination: (host, port) => unknown.plan(host, port),
      redirected: (service, destination) => redirected.plan(service, destination),
      consumers: directory.byId,
      secrets: new SecretNames(configuration.plugins),
      upstreams: this.upstreamHealth(),
      defaultCertificate: certificates.default,
      certificateFor: (name) => certificates.for(name),
      active: 0,
      retired: false,
      dispose: release,
    };
  }

  release(): void {
    for (const [instance, name] of this.instances) {
      const tell = (error: unknown): void =>
        this.deps.log.error('plugin failed', { plugin: name, phase: 'close', error: String(error) });
      try {
        tellRejection(instance.close?.(), tell);
      } catch (error) {
        tell(error);
      }
    }
    this.instances.clear();
    for (const balancer of this.services.balancers.values()) balancer.release();
    this.services.balancers.clear();
    this.holds.release();
  }

  private frontedService({ service: name, mayBeAbsent = false }: InboundRole): Service | undefined {
    const service = this.configuration.services.find((one) => one.name === name || one.id === name);
    if (service === undefined && !mayBeAbsent) {
      const known = this.configuration.services
        .map((one) => one.name ?? one.id)
        .slice(0, 10)
        .join(', ');
      throw new CompileError(
        `service '${name}'`,
        `the configuration has no service of that name (it has: ${known === '' ? 'none' : known})`,
      );
    }
    return service;
  }

  private async startPlugins(
    directory: ConfigurationDirectory,
    fronted: Service | undefined,
  ): Promise<RunningPlugin[]> {
    const routes =
      fronted === undefined
        ? undefined
        : new Set(
            this.configuration.routes
              .filter((route) => route.service?.id === fronted.id)
              .map((route) => route.id),
          );
    const running: RunningPlugin[] = [];
    for (const plugin of this.configuration.plugins) {
      if (!runsOnHttp(plugin)) continue;
      // Beside one service, what belongs to others is not started: it would only take memory.
      if (plugin.service !== null && fronted !== undefined && plugin.service.id !== fronted.id) continue;
      if (plugin.route !== null && routes !== undefined && !routes.has(plugin.route.id)) continue;
      if (this.slices.due()) await this.slices.pause();
      const definition = this.deps.plugins.get(plugin.name);
      if (definition === undefined)
        throw new CompileError(`plugin '${plugin.name}'`, 'is not installed on this node');
      const instance = this.create(definition, plugin, directory);
      this.instances.set(instance, plugin.name);
      running.push({ plugin, priority: definition.priority, instance });
    }
    return running;
  }

  private create(
    definition: AnyPluginDefinition,
    plugin: Plugin,
    directory: ConfigurationDirectory,
  ): PluginInstance {
    const { deps, holds } = this;
    try {
      return definition.create(plugin.config as never, {
        plugin,
        log: deps.log.child(plugin.name),
        now: deps.now,
        directory,
        counters: deps.counters,
        metrics: deps.metrics,
        keep: (key, open, close) =>
          holds.keep(key.startsWith('shared:') ? key : `${plugin.name}|${key}`, open, close),
        destination: (host, port) => ({ host, port }),
        node: deps.node,
      });
    } catch (error) {
      throw new CompileError(
        entityName('plugin', { id: plugin.id, name: plugin.instance_name ?? plugin.name }),
        (error as Error).message,
        error,
      );
    }
  }

  private servicePlan(service: Service, known: Map<string, ServicePlan>): ServicePlan | undefined {
    if (!HTTP_SERVICE.has(service.protocol)) {
      if (!known.has(service.id))
        this.deps.log.warn('service cannot be served', {
          service: service.name ?? service.id,
          protocol: service.protocol,
          reason: 'only http and https services are proxied',
        });
      return undefined;
    }
    let plan = known.get(service.id);
    if (plan === undefined) {
      plan = this.services.plan(service);
      known.set(service.id, plan);
    }
    return plan;
  }

  private routePlan(
    route: Route,
    service: Service | undefined,
    plan: ServicePlan | undefined,
    plans: PluginPlans,
    direction: Direction,
  ): RoutePlan {
    const { protocols } = route;
    return {
      route,
      service: plan,
      plugins: plans.planFor(route.id, service?.id),
      preserveHost: route.preserve_host,
      stripPath: route.strip_path,
      httpsOnly: protocols.includes('https') && !protocols.includes('http'),
      grpcOnly: protocols[0] === 'grpc' || protocols[0] === 'grpcs',
      traffic: routeKey(direction, route, service),
      upstreamPath: compileUpstreamPath(service?.path ?? null, route.strip_path),
    };
  }

  private upstreamHealth(): Snapshot['upstreams'] {
    const byId = new Map(this.configuration.upstreams.map((upstream) => [upstream.id, upstream.name]));
    const shown: { name: string; balancer: Snapshot['upstreams'][number]['balancer'] }[] = [];
    for (const [key, balancer] of this.services.balancers) {
      const source = key.slice(key.indexOf('|') + 1);
      shown.push({ name: byId.get(source) ?? source, balancer });
    }
    return shown;
  }
}

/** A plan without a route. */
function directPlan(
  service: ServicePlan,
  plugins: PluginPlan,
  servicePath: string | null,
  direction: Direction,
): RoutePlan {
  return {
    route: undefined,
    service,
    plugins,
    preserveHost: false,
    stripPath: false,
    httpsOnly: false,
    grpcOnly: false,
    traffic: routeKey(direction, undefined, service.service),
    upstreamPath: compileUpstreamPath(servicePath, false),
  };
}

/** Under which names callers ask for the service behind an inbound listener. */
function namesOf(service: Service): Set<string> {
  const host = service.host.toLowerCase();
  const names = new Set([host, `${host}:${service.port}`]);
  if (service.name !== null) names.add(service.name.toLowerCase());
  return names;
}
