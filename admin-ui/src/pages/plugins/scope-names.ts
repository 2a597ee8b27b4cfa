/** What plugins refer to, by id, for their names. */
import { useMemo } from 'react';
import { pathOf } from '../../api/endpoints.ts';
import { useById } from '../../entities/use-entities.ts';
import type { NamesById } from './plugin-columns.tsx';

export function useScopeNames(): NamesById {
  const services = useById(pathOf('services'));
  const routes = useById(pathOf('routes'));
  const consumers = useById(pathOf('consumers'));
  return useMemo(() => {
    const names = new Map<
      string,
      { collection: string; entity: typeof services extends ReadonlyMap<string, infer E> ? E : never }
    >();
    for (const [collection, entities] of [
      ['services', services],
      ['routes', routes],
      ['consumers', consumers],
    ] as const) {
      for (const [id, entity] of entities) names.set(id, { collection, entity });
    }
    return names;
  }, [services, routes, consumers]);
}
