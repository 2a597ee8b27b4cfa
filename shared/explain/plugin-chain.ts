/**
 * The plugins of one route in the order in which they run, chosen by the same code as for serving, and what those
 * would decide that need nothing but the request and the configuration. No plugin is started that could do anything.
 */
import { ConfigurationDirectory } from '../config/compile/directory.ts';
import { PluginPlans, type RunningPlugin, runsOnHttp } from '../config/compile/plugin-plans.ts';
import type { Configuration, Consumer, Plugin, Service } from '../config/entities.ts';
import { createLogger } from '../observe/logger.ts';
import { MetricsRegistry } from '../observe/metrics.ts';
import type { AnyPluginDefinition, PluginInstance, WindowCounters } from '../plugins/contract.ts';
import type { Decision, ExplainedPlugin } from './contract.ts';
import type { DryExchange } from './dry-exchange.ts';

/** Their access phase depends on the request and the configuration alone, and has no effect. */
const EVALUATED: ReadonlySet<string> = new Set([
  'acl',
  'bot-detection',
  'cors',
  'ip-restriction',
  'key-auth',
  'redirect',
  'request-size-limiting',
  'request-termination',
]);

/** They say who is asking; for somebody who is asked about by name they have done so. */
const AUTHENTICATION = /auth|^jwt|oidc|openid|session|mtls|ldap/;

export interface PluginChainOptions {
  readonly configuration: Configuration;
  /** At least those that the configuration uses. */
  readonly definitions: ReadonlyMap<string, AnyPluginDefinition>;
  readonly now: () => number;
}

export class PluginChains {
  readonly #options: PluginChainOptions;
  readonly #directory: ConfigurationDirectory;
  readonly #plans: PluginPlans;
  readonly #running = new Map<PluginInstance, RunningPlugin>();

  constructor(options: PluginChainOptions) {
    this.#options = options;
    const { configuration, definitions } = options;
    this.#directory = new ConfigurationDirectory(configuration, definitions);
    const running = configuration.plugins.filter(runsOnHttp).map((plugin): RunningPlugin => {
      const priority = definitions.get(plugin.name)?.priority ?? 0;
      // Stands for the plugin until somebody wants to know what it would decide.
      const one = { plugin, priority, instance: {} };
      this.#running.set(one.instance, one);
      return one;
    });
    this.#plans = new PluginPlans(running);
  }

  consumer(idOrName: string): Consumer | undefined {
    return this.#directory.consumer(idOrName);
  }

  /** For requests without a route. */
  get global(): readonly ExplainedPlugin[] {
    return this.#plans.global.slots.flatMap((slot) => {
      const one = slot.general === undefined ? undefined : this.#running.get(slot.general);
      return one === undefined ? [] : [this.#shown(one, [], 'not_reached')];
    });
  }

  /** Runs what can be run on `exchange`: afterwards it says whether one of them would answer. */
  async explain(
    routeId: string | undefined,
    service: Service | undefined,
    exchange: DryExchange,
    authenticated: boolean,
  ): Promise<readonly ExplainedPlugin[]> {
    const shown: ExplainedPlugin[] = [];
    let mayBeSomebody = false;
    for (const slot of this.#plans.planFor(routeId, service?.id).slots) {
      const consumer = exchange.consumer?.id;
      const instance = (consumer === undefined ? undefined : slot.byConsumer?.get(consumer)) ?? slot.general;
      const one = instance === undefined ? undefined : this.#running.get(instance);
      if (one === undefined) continue;
      const { plugin } = one;
      const hidden = this.#hiddenBy(plugin, routeId, service?.id, consumer);
      let decision: Decision;
      if (exchange.answer !== undefined) {
        shown.push(this.#shown(one, hidden, 'not_reached'));
        continue;
      }
      if (authenticated && AUTHENTICATION.test(plugin.name)) decision = 'passes';
      else if (!EVALUATED.has(plugin.name)) {
        decision = 'depends_on_state';
        mayBeSomebody ||= AUTHENTICATION.test(plugin.name);
      } else if (plugin.name === 'acl' && mayBeSomebody && exchange.consumer === undefined)
        decision = 'depends_on_state';
      else decision = await this.#evaluate(plugin, exchange);
      shown.push(this.#shown(one, hidden, decision, exchange));
    }
    return shown;
  }

  async #evaluate(plugin: Plugin, exchange: DryExchange): Promise<Decision> {
    const definition = this.#options.definitions.get(plugin.name);
    if (definition === undefined) return 'depends_on_state';
    try {
      await this.#create(definition, plugin).access?.(exchange);
    } catch (error) {
      if (error instanceof NotForADryRun) return 'depends_on_state';
      exchange.answer ??= { status: 500, message: `the plugin fails: ${(error as Error).message}` };
    }
    return exchange.answer === undefined ? 'passes' : 'answers';
  }

  #create(definition: AnyPluginDefinition, plugin: Plugin): PluginInstance {
    const log = createLogger({ level: 'crit', write: () => {} });
    return definition.create(plugin.config as never, {
      plugin,
      log,
      now: this.#options.now,
      directory: this.#directory,
      counters: NO_COUNTERS,
      metrics: new MetricsRegistry(),
      keep() {
        throw new NotForADryRun();
      },
      destination: (host, port) => ({ host, port }),
      node: { id: '00000000-0000-0000-0000-000000000000', hostname: '', version: '' },
    });
  }

  #hiddenBy(
    chosen: Plugin,
    routeId: string | undefined,
    serviceId: string | undefined,
    consumerId: string | undefined,
  ): readonly Plugin[] {
    return this.#options.configuration.plugins.filter(
      (plugin) =>
        plugin.name === chosen.name &&
        plugin.id !== chosen.id &&
        runsOnHttp(plugin) &&
        (plugin.route === null || plugin.route.id === routeId) &&
        (plugin.service === null || plugin.service.id === serviceId) &&
        (plugin.consumer === null || plugin.consumer.id === consumerId),
    );
  }

  #shown(
    { plugin, priority }: RunningPlugin,
    hidden: readonly Plugin[],
    decision: Decision,
    exchange?: DryExchange,
  ): ExplainedPlugin {
    const answer = decision === 'answers' ? exchange?.answer : undefined;
    return {
      name: plugin.name,
      id: plugin.id,
      priority,
      scope: scopeOf(plugin),
      hides: hidden.map((one) => ({ id: one.id, scope: scopeOf(one) })),
      decision,
      status: answer?.status ?? null,
      message: answer?.message ?? null,
    };
  }
}

function scopeOf({ route, service, consumer }: Plugin): readonly string[] {
  const scope = [
    ...(route === null ? [] : ['route']),
    ...(service === null ? [] : ['service']),
    ...(consumer === null ? [] : ['consumer']),
  ];
  return scope.length === 0 ? ['global'] : scope;
}

/** The plugin would open something. */
class NotForADryRun extends Error {}

const NO_COUNTERS: WindowCounters = {
  take() {
    throw new NotForADryRun();
  },
  read: () => 0,
  add() {
    throw new NotForADryRun();
  },
};
