/**
 * A request's path as it may be written down. Some entities are addressed by their secret (`/key-auths/<key>`): such a
 * segment is left out, unless it is an id. The query is never kept.
 */
import type { AnyField } from '../../../shared/config/schema/field.ts';
import type { PluginSchema } from '../../../shared/plugins/contract.ts';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const MAX_LENGTH = 512;
/** Collections that hold secrets under their keys though no schema of ours says so. */
const ALWAYS = ['key-auths', 'key-auth', 'oauth2_tokens', 'sessions', 'acme_storage', 'cache'];

/** The path segments after which a secret may come, of these plugins. */
export function secretSegments(plugins: Iterable<{ readonly schema: PluginSchema }>): ReadonlySet<string> {
  const segments = new Set(ALWAYS);
  for (const { schema } of plugins) {
    for (const [collection, entity] of Object.entries(schema.entities ?? {})) {
      const key = entity.endpointKey;
      if (key === undefined) continue;
      const field = (entity.fields as Readonly<Record<string, AnyField>>)[key];
      if (field?.options.encrypted !== true) continue;
      segments.add(entity.adminPath ?? collection);
      if (entity.nestedPath !== undefined) segments.add(entity.nestedPath);
    }
  }
  return segments;
}

export function auditPath(url: string, secretAfter: ReadonlySet<string>): string {
  const path = url.split('?', 1)[0] as string;
  const segments = path.slice(0, MAX_LENGTH).split('/');
  let hide = false;
  const shown = segments.map((segment) => {
    if (segment === '') return segment;
    if (hide && !UUID.test(segment)) {
      hide = false;
      return '***';
    }
    hide = secretAfter.has(decoded(segment));
    return segment;
  });
  return shown.join('/') + (path.length > MAX_LENGTH ? '...' : '');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment).toLowerCase();
  } catch {
    return segment;
  }
}
