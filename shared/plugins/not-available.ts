/**
 * What Kong's schemas allow and this product cannot do yet, by bundled plugin. These are checks of the schema
 * in force, so that `cardinal validate`, `POST /config` and a start refuse it alike, with its place. An own
 * plugin says the same with `schema.checks`.
 */
import { customCheck } from '../config/schema/checks.ts';
import type { EntityCheck } from '../config/schema/field.ts';
import type { PluginSchema } from './contract.ts';

/** Kong's counters in its database: nothing here may be written to by requests. */
function withoutCluster(field: 'policy' | 'strategy'): EntityCheck {
  const path = `config.${field}`;
  return customCheck([path], (plugin, report) => {
    if ((plugin['config'] as Readonly<Record<string, unknown>>)[field] === 'cluster')
      report(
        path,
        `the ${field} cluster needs a database that requests write to, and there is none; use redis, which counts over all nodes, or local, which counts within one`,
      );
  });
}

const NOT_AVAILABLE: ReadonlyMap<string, readonly EntityCheck[]> = new Map([
  [
    'session',
    [
      customCheck(['config.storage', 'config.hash_subject', 'config.store_metadata'], (plugin, report) => {
        const own = plugin['config'] as Readonly<Record<string, unknown>>;
        const without = 'is not available: sessions are kept in cookies, there is no storage for them';
        if (own['storage'] === 'kong') report('config.storage', `the storage kong ${without}`);
        for (const field of ['hash_subject', 'store_metadata'])
          if (own[field] === true) report(`config.${field}`, `${field} ${without}`);
      }),
    ],
  ],
  ['rate-limiting', [withoutCluster('policy')]],
  ['rate-limiting-advanced', [withoutCluster('strategy')]],
  ['response-ratelimiting', [withoutCluster('policy')]],
]);

/** The schema of a bundled plugin as it is in force. */
export function availableSchema(name: string, schema: PluginSchema): PluginSchema {
  const checks = NOT_AVAILABLE.get(name);
  return checks === undefined ? schema : { ...schema, checks: [...(schema.checks ?? []), ...checks] };
}
