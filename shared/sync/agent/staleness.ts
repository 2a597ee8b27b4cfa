/**
 * What may go stale while the control plane is away, and for how long. Times only: nothing here decides a request.
 */

import { entityIndex } from '../../config/entities/index.ts';
import type { Configuration, PluginEntity } from '../../config/entities.ts';
import type { PluginRegistry } from '../../config/plugin-registry.ts';
import { DEAD_AFTER_MS } from '../protocol.ts';
import type { StalenessPolicy } from './contract.ts';

/** ISO 8601, or null where there is no such time. */
export interface StalenessClass {
  /** fresh: known to be current. stale: used, as it was last known. denied: no longer used. */
  readonly state: 'fresh' | 'stale' | 'denied';
  readonly freshUntil: string | null;
  /** From then on `onStale` holds; null: there is no bound. */
  readonly hardUntil: string | null;
  readonly onStale: 'serve' | 'deny';
}

export const STALENESS_CLASSES = [
  'routes',
  'plugins',
  'upstreams',
  'credentials',
  'workloadCertificate',
] as const;
export type StalenessClassName = (typeof STALENESS_CLASSES)[number];
export type StalenessClasses = Readonly<Record<StalenessClassName, StalenessClass>>;

export interface Freshness {
  /** When the configuration was last known to be the current one; undefined: never. Milliseconds since the epoch. */
  readonly freshAt: number | undefined;
  readonly certificate: { readonly renewAt: number; readonly notAfter: number } | undefined;
}

/** When credentials stop being used; undefined: never. */
export function credentialsEnd(freshAt: number | undefined, policy: StalenessPolicy): number | undefined {
  if (policy.credentials === 'serve' || freshAt === undefined) return undefined;
  return freshAt + policy.credentialsAfterMs;
}

export function stalenessOf(
  { freshAt, certificate }: Freshness,
  policy: StalenessPolicy,
  now: number,
): StalenessClasses {
  const freshUntil = freshAt === undefined ? undefined : freshAt + DEAD_AFTER_MS;
  const unlimited: StalenessClass = {
    state: freshUntil !== undefined && now < freshUntil ? 'fresh' : 'stale',
    freshUntil: iso(freshUntil),
    hardUntil: null,
    onStale: 'serve',
  };
  const bound = freshAt === undefined ? undefined : freshAt + policy.credentialsAfterMs;
  const denied = policy.credentials === 'deny' && bound !== undefined && now >= bound;
  return {
    routes: unlimited,
    plugins: unlimited,
    upstreams: unlimited,
    credentials: {
      state: denied ? 'denied' : unlimited.state,
      freshUntil: iso(freshUntil),
      hardUntil: iso(bound),
      onStale: policy.credentials,
    },
    workloadCertificate: {
      state: certificate !== undefined && now < certificate.renewAt ? 'fresh' : 'stale',
      freshUntil: iso(certificate?.renewAt),
      hardUntil: iso(certificate?.notAfter),
      // It is shown to the control plane alone: when it has ended no request is the worse for it.
      onStale: 'serve',
    },
  };
}

/** The first bound at which something that is served now would be denied; null: there is none. */
export function canRunOfflineUntil(classes: StalenessClasses): string | null {
  const bounds: string[] = [];
  for (const name of STALENESS_CLASSES) {
    const { onStale, hardUntil } = classes[name];
    if (onStale === 'deny' && hardUntil !== null) bounds.push(hardUntil);
  }
  return bounds.sort()[0] ?? null;
}

export function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/**
 * The configuration without what callers prove who they are by: keys and the like are then unknown and refused.
 * Consumers stay (they are what plugins are scoped by), and so do the groups they are in.
 */
export function withoutCredentials(configuration: Configuration, plugins: PluginRegistry): Configuration {
  const gone = credentialCollections(plugins);
  const pluginEntities: Record<string, readonly PluginEntity[]> = Object.create(null);
  for (const [collection, entities] of Object.entries(configuration.pluginEntities))
    pluginEntities[collection] = gone.has(collection) ? [] : entities;
  return { ...configuration, pluginEntities };
}

/** Those of a consumer that are found by a value of their own (a key, a name), and what hangs on them. */
function credentialCollections(plugins: PluginRegistry): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { collection, owner, endpointKey, foreignKeys } of entityIndex(plugins).values()) {
    if (owner === undefined) continue;
    const ofConsumer = foreignKeys.some(({ reference }) => reference === 'consumers');
    const ofCredential = foreignKeys.some(({ reference }) => found.has(reference));
    if ((ofConsumer && endpointKey !== undefined) || ofCredential) found.add(collection);
  }
  return found;
}
