/** `/tags` and `/tags/{tag}`: which entities carry which tags, one row for each. */
import { brokenTag } from '../../shared/config/schema/formats.ts';
import type { ModelView } from '../model/contract.ts';
import { decodeOffset, encodeOffset, invalidOffset, nextPage, pageSize } from './entities/paging.ts';
import { message, ok } from './http/answer.ts';
import type { AdminCall } from './http/call.ts';
import type { EndpointTable } from './http/endpoint-table.ts';

interface TagRow {
  readonly tag: string;
  readonly entity_name: string;
  readonly entity_id: string;
}

export function addTagEndpoints(table: EndpointTable, view: () => ModelView): void {
  table.add('/tags', { GET: (call) => page(call, rowsOf(view()), '/tags') });
  table.add('/tags/{tags}', {
    GET: (call) => {
      const tag = call.values[0] as string;
      const broken = brokenTag(tag);
      if (broken !== undefined) return message(400, broken);
      return page(call, rowsOf(view(), tag), `/tags/${encodeURIComponent(tag)}`);
    },
  });
}

function rowsOf(view: ModelView, wanted?: string): TagRow[] {
  const rows: TagRow[] = [];
  for (const name of view.index.keys()) {
    for (const entity of view.all(name)) {
      const tags = entity['tags'];
      if (!Array.isArray(tags)) continue;
      for (const tag of tags as readonly string[])
        if (wanted === undefined || tag === wanted)
          rows.push({ tag, entity_name: name, entity_id: entity.id });
    }
  }
  return rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Rows are in the order of these; an offset is one of them. */
function keyOf({ tag, entity_name: name, entity_id: id }: TagRow): string {
  return `${tag}\n${name}\n${id}`;
}

function page(call: AdminCall, rows: readonly TagRow[], path: string) {
  const size = pageSize(call.query);
  const offset = call.query.first('offset');
  let start = 0;
  if (offset !== undefined) {
    const after = decodeOffset(offset);
    if (after.split('\n').length !== 3) throw invalidOffset(offset);
    start = rows.findIndex((row) => keyOf(row) > after);
    if (start === -1) start = rows.length;
  }
  const data = rows.slice(start, start + size);
  const last = data[data.length - 1];
  if (last === undefined || start + size >= rows.length) return ok({ data, next: null });
  const next = encodeOffset(keyOf(last));
  return ok({ data, next: nextPage(path, next, call.query), offset: next });
}
