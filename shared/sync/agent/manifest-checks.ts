/** Whether a manifest, whose signature holds, is for this node and no old one that is sent again. */
import type { GenerationManifest, Subscription } from '../protocol.ts';
import { Refusal } from './refusal.ts';

/** Throws a Refusal when it was made beside another service, or for a gateway. */
export function checkService(manifest: GenerationManifest, service: string | null): void {
  if (manifest.service === service) return;
  const whose = manifest.service === null ? 'a gateway' : `service ${manifest.service}`;
  throw new Refusal('manifest', `it is for ${whose}`);
}

/** Throws a Refusal when it was made for another subscription. Calls may have been left out, never added. */
export function checkScope(manifest: GenerationManifest, subscription: Subscription): void {
  checkService(manifest, subscription.service);
  if (subscription.service === null || subscription.calls.includes('*')) return;
  const asked = new Set(subscription.calls);
  const more = manifest.calls.find((name) => !asked.has(name));
  if (more !== undefined)
    throw new Refusal('manifest', `it holds ${more}, which this node does not call (setting calls)`);
}

/** Throws a Refusal when it is older than what is served: somebody sends again what was true once. */
export function checkNotOlder(manifest: GenerationManifest, served: GenerationManifest | undefined): void {
  if (served === undefined) return;
  const older =
    manifest.generation < served.generation ||
    (manifest.generation === served.generation && manifest.issuedAt < served.issuedAt);
  if (!older) return;
  throw new Refusal(
    'manifest',
    `generation ${manifest.generation} is older than ${served.generation}, which was served`,
  );
}
