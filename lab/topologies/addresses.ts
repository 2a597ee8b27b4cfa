/**
 * Who listens where in one environment, and under which name a caller reaches the next service in each pattern.
 * A chain has services s0 to sN; each stands on a host of its own, so every call between two of them, or to the
 * central gateway, crosses the network. The `far` network is the same with a relay on each such crossing.
 */
import type { TopologyId } from './topology.ts';

export interface ServicePorts {
  readonly app: number;
  readonly embedded: number;
  readonly inbound: number;
  readonly outbound: number;
  readonly status: number;
  readonly legacy: number;
  readonly legacyStatus: number;
}

export interface Ports {
  readonly services: readonly ServicePorts[];
  readonly central: { readonly proxy: number; readonly status: number };
  /** One proxy for the services with an even number, one for the others. */
  readonly nodes: readonly { readonly proxy: number; readonly status: number }[];
  readonly relayControl: number;
  /** Listener of the relay in front of another listener, by that one's port. */
  readonly relayed: ReadonlyMap<number, number>;
}

/** Where a service sends a call, and what it says in `Host`. */
export interface Peer {
  readonly port: number;
  readonly host: string;
}

export type NetworkName = 'near' | 'far';

export const SUFFIX: Readonly<Record<NetworkName, string>> = { near: '', far: '-far' };

/** The port in front of which `network` has a relay or not. */
export function across(ports: Ports, network: NetworkName, port: number): number {
  if (network === 'near') return port;
  const relayed = ports.relayed.get(port);
  if (relayed === undefined) throw new Error(`there is no relay in front of port ${port}`);
  return relayed;
}

/** How the service with number `from` reaches the one with number `to`. */
export function peerOf(
  ports: Ports,
  topology: TopologyId,
  network: NetworkName,
  from: number,
  to: number,
): Peer {
  const name = `s${to}${SUFFIX[network]}`;
  const target = ports.services[to]!;
  const own = ports.services[from]!;
  switch (topology) {
    case 'T0':
      return { port: across(ports, network, target.app), host: name };
    case 'T1':
      return { port: across(ports, network, target.embedded), host: name };
    case 'T2':
      return { port: across(ports, network, ports.central.proxy), host: name };
    case 'T3o':
      return { port: own.outbound, host: `s${to}-raw${SUFFIX[network]}` };
    case 'T3i':
      return { port: across(ports, network, target.inbound), host: name };
    case 'T3b':
    case 'T7':
      return { port: own.outbound, host: name };
    case 'T4':
      return { port: ports.nodes[from % ports.nodes.length]!.proxy, host: name };
    case 'T6':
      return { port: across(ports, network, target.legacy), host: name };
  }
}

/** Where requests from outside enter. */
export function entryOf(ports: Ports, topology: TopologyId, service: number): Peer {
  if (topology !== 'T7') return { port: ports.services[service]!.app, host: `s${service}` };
  return { port: ports.central.proxy, host: `edge-s${service}` };
}
