/**
 * Entities that are over after a time: credentials with a `ttl`. In requests and answers `ttl` counts from now, in
 * stored form from the creation, as in declarative files.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import { invalidOption } from './errors.ts';

const LONGEST_TTL = 100_000_000;

/** When the entity is over, in Unix seconds; undefined for never. */
export function expiryOf(entity: StoredEntity): number | undefined {
  const { expires_at: at, ttl, created_at: created } = entity;
  if (typeof at === 'number') return at;
  return typeof ttl === 'number' && ttl > 0 && typeof created === 'number' ? created + ttl : undefined;
}

/** Takes the `ttl` out of what was sent: undefined when none was, null to have none. Code 11 when it cannot be one. */
export function takeTtl(
  definition: EntityDefinition,
  sent: Record<string, unknown>,
): number | null | undefined {
  if (!definition.ttl) return undefined;
  const ttl = sent['ttl'];
  delete sent['ttl'];
  if (ttl === undefined || ttl === null) return ttl;
  if (typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0 && ttl <= LONGEST_TTL) return ttl;
  throw invalidOption('ttl', `must be an integer between 0 and ${LONGEST_TTL}`);
}

/** Seconds from now as seconds from the creation. A creation that lies ahead is where they begin. */
export function storedTtl(ttl: number | null, createdAt: number, nowSeconds: number): number | null {
  return ttl === null || ttl === 0 ? ttl : ttl + Math.max(0, nowSeconds - createdAt);
}

/** The entity as it is shown: with the seconds that are left. */
export function withSecondsLeft(entity: StoredEntity, nowSeconds: number): StoredEntity {
  const at = expiryOf(entity);
  return { ...entity, ttl: at === undefined ? null : Math.max(0, Math.ceil(at - nowSeconds)) };
}
