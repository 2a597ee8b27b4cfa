/** The columns of a list of plugins. */
import type { Entity, NodeDocument } from '../../api/documents.ts';
import { EnabledBadge, EntityLink, Tags, tagText } from '../../entities/cells.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { nameOf, referred } from '../../entities/names.ts';
import { Badge } from '../../parts/badge.tsx';
import type { TableColumn } from '../../table/columns.ts';

const KIND = knownKind('plugins');
export type Available = NodeDocument['plugins']['available_on_server'];
export type NamesById = ReadonlyMap<string, { readonly collection: string; readonly entity: Entity }>;

const SCOPES = [
  ['consumer', 'consumers'],
  ['route', 'routes'],
  ['service', 'services'],
] as const;

/** `route orders · consumer ann`, or `global`. */
export function scopeText(plugin: Entity, names: NamesById): string {
  const parts = SCOPES.flatMap(([field, collection]) => {
    const id = referred(plugin[field]);
    if (id === undefined) return [];
    const known = names.get(id);
    return [`${field} ${known === undefined ? id.slice(0, 8) : nameOf(knownKind(collection), known.entity)}`];
  });
  return parts.length === 0 ? 'global' : parts.join(' · ');
}

export function pluginColumns(
  names: NamesById,
  available: Available | undefined,
): readonly TableColumn<Entity>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 240,
      value: (plugin) => nameOf(KIND, plugin),
      cell: (plugin) => <EntityLink kind={KIND} entity={plugin} />,
    },
    { id: 'plugin', header: 'Plugin', width: 200, mono: true, value: (plugin) => String(plugin['name']) },
    {
      id: 'scope',
      header: 'Applies to',
      value: (plugin) => scopeText(plugin, names),
      cell: (plugin) => {
        const text = scopeText(plugin, names);
        return text === 'global' ? <Badge tone="accent">everything</Badge> : text;
      },
    },
    {
      id: 'enabled',
      header: 'State',
      width: 112,
      value: (plugin) => plugin['enabled'] !== false,
      cell: (plugin) => <EnabledBadge enabled={plugin['enabled'] !== false} />,
    },
    {
      id: 'priority',
      header: 'Priority',
      numeric: true,
      width: 96,
      value: (plugin) => available?.[String(plugin['name'])]?.priority,
    },
    { id: 'tags', header: 'Tags', width: 160, value: tagText, cell: (plugin) => <Tags tags={plugin.tags} /> },
    { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: ({ id }) => id },
  ];
}
