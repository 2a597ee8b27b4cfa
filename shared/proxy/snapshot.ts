/**
 * A compiled configuration: everything the request path needs, derived once. Immutable but for the count of
 * exchanges that still use it; when a retired snapshot's last exchange has ended, what it owns is released.
 *
 * The request path sees this and never the files, stores or streams it came from.
 */
import type * as tls from 'node:tls';
import type { Consumer, Route, Service } from '../config/entities.ts';
import type { SecretNames } from '../observe/requests/secret-names.ts';
import type { TrafficKey } from '../observe/traffic/traffic-key.ts';
import type { Destination, PluginInstance } from '../plugins/contract.ts';
import type { Router } from '../router/contract.ts';
import type { Balancer, Endpoint } from '../upstream/contract.ts';
import type { Pool } from '../upstream/pool.ts';

/** One plugin name on one route: the instance that runs, which may depend on the consumer (Kong 6.3). */
export interface PluginSlot {
  readonly name: string;
  readonly priority: number;
  /** For requests without a consumer, and for consumers without a configuration of their own. */
  readonly general: PluginInstance | undefined;
  readonly byConsumer: ReadonlyMap<string, PluginInstance> | undefined;
}

/** The plugins of one scope, by descending priority; the phase lists hold only those that have the phase. */
export interface PluginPlan {
  readonly slots: readonly PluginSlot[];
  /** No slot depends on the consumer: the lists below are what runs. */
  readonly fixed: boolean;
  readonly access: readonly PluginInstance[];
  readonly response: readonly PluginInstance[];
  readonly requestBody: readonly PluginInstance[];
  readonly responseBody: readonly PluginInstance[];
  readonly log: readonly PluginInstance[];
}

/** How a service is reached. */
export interface ServicePlan {
  readonly service: Service;
  readonly balancer: Balancer;
  readonly secure: boolean;
  /** Attempts beyond the first. */
  readonly retries: number;
  readonly connectTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** Host header when it does not depend on the endpoint (`host_header` of the upstream). */
  readonly fixedHost: string | undefined;
  /** Default port of the protocol: it is left out of the Host header. */
  readonly defaultPort: number;
  /** The pool for an endpoint; cached per endpoint. */
  poolFor(endpoint: Endpoint): Pool;
  /** Host header for an endpoint; cached per endpoint. */
  hostFor(endpoint: Endpoint): string;
}

export interface RoutePlan {
  /** Undefined for a call addressed to a service by name, and on the outbound side. */
  readonly route: Route | undefined;
  readonly service: ServicePlan | undefined;
  readonly plugins: PluginPlan;
  readonly preserveHost: boolean;
  readonly stripPath: boolean;
  /** The route takes https but not http. */
  readonly httpsOnly: boolean;
  readonly grpcOnly: boolean;
  /** What its requests are counted by. */
  readonly traffic: TrafficKey;
  /** Path for the upstream from the normalised path and what the route matched of it. */
  upstreamPath(path: string, matchedPath: string): string;
}

export interface Snapshot {
  readonly generation: number;
  readonly hash: string;
  readonly router: Router<RoutePlan>;
  /** Global plugins that have `rewrite`; they run before the route is known. */
  readonly rewrite: readonly PluginInstance[];
  /** What runs for requests that match no route: global plugins' response phases. */
  readonly unmatched: PluginPlan;
  nameOf(instance: PluginInstance): string;
  /** The running instances of a plugin with the ids of their entities. */
  instancesOf(plugin: string): readonly { readonly id: string; readonly instance: PluginInstance }[];
  /** Calls addressed to the service behind an inbound listener by its name, host or `host:port`. */
  readonly inbound: RoutePlan | undefined;
  readonly inboundNames: ReadonlySet<string>;
  /** Services by name, for an outbound listener. */
  readonly outbound: ReadonlyMap<string, RoutePlan>;
  /** A plan for a destination that is no service; undefined when those are refused or there are too many. */
  unknownDestination(host: string, port: number): RoutePlan | undefined;
  /** How a service is reached with another host or port; undefined when there are too many such plans. */
  redirected(service: ServicePlan, destination: Destination): ServicePlan | undefined;
  readonly consumers: ReadonlyMap<string, Consumer>;
  /** Names of headers and query arguments that are never shown. */
  readonly secrets: SecretNames;
  /** For health and metrics: balancers by the upstream's name, or `host:port`. */
  readonly upstreams: readonly { readonly name: string; readonly balancer: Balancer }[];
  /** PEM for clients whose server name has no certificate (SNI `*`, else the first one). */
  readonly defaultCertificate: { readonly cert: string; readonly key: string } | undefined;
  /** The certificate for a server name; undefined when there is none. */
  certificateFor(serverName: string | undefined): tls.SecureContext | undefined;
  /** Exchanges that run on it. */
  active: number;
  retired: boolean;
  /** Frees everything that belongs to it alone. Called once, when retired and unused. */
  dispose(): void;
}

/** Lets go of one exchange's hold. */
export function releaseSnapshot(snapshot: Snapshot): void {
  if (--snapshot.active === 0 && snapshot.retired) snapshot.dispose();
}

/** Marks a snapshot as replaced; it is disposed of as soon as nothing runs on it. */
export function retireSnapshot(snapshot: Snapshot): void {
  snapshot.retired = true;
  if (snapshot.active === 0) snapshot.dispose();
}
