/** What an entity is called, in lists, links and questions. */
import type { Entity } from '../api/documents.ts';
import type { Kind } from './kinds.ts';

export function nameOf(kind: Pick<Kind, 'names'>, entity: Entity): string {
  for (const field of kind.names) {
    const value = entity[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return entity.id.slice(0, 8);
}

/** What tells it from others of the same name. */
export function hintOf(kind: Pick<Kind, 'collection'>, entity: Entity): string {
  switch (kind.collection) {
    case 'services':
      return serviceUrl(entity);
    case 'routes':
      return matchOf(entity);
    case 'plugins':
      return String(entity['name']);
    case 'upstreams':
      return String(entity['algorithm'] ?? '');
    case 'vaults':
      return String(entity['name'] ?? '');
    default:
      return '';
  }
}

export function serviceUrl(service: Entity): string {
  const { protocol, host, port, path } = service;
  return `${protocol}://${host}:${port}${typeof path === 'string' ? path : ''}`;
}

/** What a route matches by, in short. */
export function matchOf(route: Entity): string {
  const parts: string[] = [];
  for (const field of ['methods', 'hosts', 'paths', 'snis'] as const) {
    const value = route[field];
    if (Array.isArray(value) && value.length > 0) parts.push(value.join(' '));
  }
  const { headers, expression } = route;
  if (typeof headers === 'object' && headers !== null) parts.push(Object.keys(headers).join(' '));
  if (typeof expression === 'string') parts.push(expression);
  return parts.join(' · ');
}

/** The id that a foreign field refers to. */
export function referred(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id } = value as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}
