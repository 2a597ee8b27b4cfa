/** What cells of several tables look like. */
import { Link } from '@tanstack/react-router';
import type { Entity } from '../api/documents.ts';
import { Badge } from '../parts/badge.tsx';
import { type Kind, knownKind } from './kinds.ts';
import { nameOf, referred } from './names.ts';

export function EntityLink({ kind, entity }: { readonly kind: Kind; readonly entity: Entity }) {
  return (
    <Link
      to={`${kind.page}/${encodeURIComponent(entity.id)}` as '/'}
      className="inline-block min-h-6 max-w-full truncate rounded-sm align-middle leading-6 hover:underline"
    >
      {nameOf(kind, entity)}
    </Link>
  );
}

/** What a foreign field refers to, by name when it is known. */
export function ReferenceLink({
  collection,
  value,
  byId,
}: {
  readonly collection: string;
  readonly value: unknown;
  readonly byId: ReadonlyMap<string, Entity>;
}) {
  const id = referred(value);
  if (id === undefined) return <span className="text-faint">–</span>;
  const kind = knownKind(collection);
  return <EntityLink kind={kind} entity={byId.get(id) ?? { id }} />;
}

export function Tags({ tags }: { readonly tags: unknown }) {
  if (!Array.isArray(tags) || tags.length === 0) return <span className="text-faint">–</span>;
  return (
    <span className="inline-flex gap-1">
      {tags.map((tag) => (
        <Badge key={String(tag)}>{String(tag)}</Badge>
      ))}
    </span>
  );
}

export function EnabledBadge({ enabled }: { readonly enabled: boolean }) {
  return enabled ? (
    <Badge tone="good" icon>
      Enabled
    </Badge>
  ) : (
    <Badge tone="quiet" icon>
      Disabled
    </Badge>
  );
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Unix seconds; UTC stands behind it. */
export function Time({ seconds }: { readonly seconds: unknown }) {
  if (typeof seconds !== 'number') return <span className="text-faint">–</span>;
  const date = new Date(seconds * 1000);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()} className="numeric">
      {DATE.format(date)}
    </time>
  );
}

export function tagText(entity: Entity): string {
  return Array.isArray(entity['tags']) ? entity['tags'].join(' ') : '';
}

export function listText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : '';
}
