/**
 * The declarative configuration of each proxy, all from the same set of policies. The set stands on the service that
 * is called, at the one place on the way that enforces it; nothing enforces it twice.
 */
import { DECIDING, type PluginSetting, type PolicySet } from '../policies/policy-set.ts';
import { across, type NetworkName, type Ports, SUFFIX } from './addresses.ts';

export type Document = Readonly<Record<string, unknown>>;
type Entity = Record<string, unknown>;

const NETWORKS: readonly NetworkName[] = ['near', 'far'];
const FORMAT = { _format_version: '3.0' } as const;
/** A request that fails is to be seen as one, not hidden by another attempt. */
const NO_RETRIES = { retries: 0 } as const;

function url(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function plugins(settings: readonly PluginSetting[]): Entity[] {
  return settings.map(({ name, config, consumer }) => ({
    name,
    ...(config === undefined ? {} : { config }),
    ...(consumer === undefined ? {} : { consumer }),
  }));
}

function byHost(name: string): Entity[] {
  return [{ name: `${name}-by-host`, hosts: [name], strip_path: false, preserve_host: false }];
}

const numbers = (ports: Ports): number[] => ports.services.map((_, number) => number);

/** T2, the centre of T6, and the edge of T7. */
export function centralConfiguration(ports: Ports, set: PolicySet): Document {
  const services: Entity[] = [];
  for (const number of numbers(ports)) {
    const { app, inbound } = ports.services[number]!;
    for (const network of NETWORKS) {
      const name = `s${number}${SUFFIX[network]}`;
      services.push({
        name,
        url: url(across(ports, network, app)),
        ...NO_RETRIES,
        routes: byHost(name),
        plugins: plugins(set.plugins),
      });
    }
    const edge = `edge-s${number}`;
    services.push({ name: edge, url: url(inbound), ...NO_RETRIES, routes: byHost(edge) });
  }
  const check = {
    name: 'check',
    url: url(ports.central.proxy),
    ...NO_RETRIES,
    routes: byHost('check'),
    plugins: [...plugins(set.plugins.filter(decides)), { name: 'lab-verdict' }],
  };
  return { ...FORMAT, consumers: set.consumers, services: [...services, check] };
}

/** T3o, T3i, T3b, T7: one file for all microgateways. `s0` has no policies: what comes from outside is not measured. */
export function sidecarConfiguration(ports: Ports, set: PolicySet): Document {
  const services: Entity[] = [];
  for (const number of numbers(ports)) {
    const { app, inbound } = ports.services[number]!;
    services.push({
      name: `s${number}`,
      url: url(inbound),
      ...NO_RETRIES,
      routes: [{ name: `s${number}`, paths: ['/'], strip_path: false }],
      ...(number === 0 ? {} : { plugins: plugins(set.plugins) }),
    });
    services.push({ name: `s${number}-far`, url: url(across(ports, 'far', inbound)), ...NO_RETRIES });
    for (const network of NETWORKS) {
      const name = `s${number}-raw${SUFFIX[network]}`;
      services.push({ name, url: url(across(ports, network, app)), ...NO_RETRIES });
    }
  }
  return { ...FORMAT, consumers: set.consumers, services };
}

/** T4: the node's own services with their policies, those of the other node by way of that one. */
export function nodeConfiguration(ports: Ports, set: PolicySet, node: number): Document {
  const services: Entity[] = [];
  for (const number of numbers(ports)) {
    const home = number % ports.nodes.length;
    for (const network of NETWORKS) {
      const name = `s${number}${SUFFIX[network]}`;
      const [route] = byHost(name);
      if (home === node) {
        services.push({
          name,
          url: url(ports.services[number]!.app),
          ...NO_RETRIES,
          routes: [route],
          plugins: plugins(set.plugins),
        });
      } else {
        const there = across(ports, network, ports.nodes[home]!.proxy);
        services.push({ name, url: url(there), ...NO_RETRIES, routes: [{ ...route, preserve_host: true }] });
      }
    }
  }
  return { ...FORMAT, consumers: set.consumers, services };
}

/** T6: what decides is asked of the centre, the rest runs beside the service. */
export function legacyConfiguration(ports: Ports, set: PolicySet): Document {
  const check = {
    name: 'lab-legacy-check',
    config: { port: ports.central.proxy, far_port: across(ports, 'far', ports.central.proxy) },
  };
  const local = set.plugins.filter((one) => !decides(one));
  return {
    ...FORMAT,
    services: numbers(ports).map((number) => ({
      name: `s${number}`,
      url: url(ports.services[number]!.app),
      ...NO_RETRIES,
      routes: [{ name: `s${number}`, paths: ['/'], strip_path: false }],
      plugins: [...(set.plugins.length === 0 ? [] : [check]), ...plugins(local)],
    })),
  };
}

/** T1: the service's own process reads the same set for itself alone. */
export function embeddedConfiguration(set: PolicySet, number: number, app: number): Document {
  return {
    ...FORMAT,
    consumers: set.consumers,
    services: [
      {
        name: `s${number}`,
        url: url(app),
        routes: [{ name: `s${number}`, paths: ['/'], strip_path: false }],
        plugins: plugins(set.plugins),
      },
    ],
  };
}

/** The count goes where the decision is made. */
function decides({ name }: PluginSetting): boolean {
  return DECIDING.has(name) || name === 'lab-chain-count';
}
