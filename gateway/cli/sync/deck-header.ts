/**
 * What decK puts at the head of its files and Kong does not know: `_info` (the tags that a file is about) and
 * `_workspace`. It is read here and taken out of the text, every other character in its place, so that findings keep
 * their lines.
 */
import { parseJson } from '../../../shared/config/declarative/json-source.ts';
import type { Parsed } from '../../../shared/config/declarative/source.ts';
import { parseYaml } from '../../../shared/config/declarative/yaml-source.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';

export interface DeckHeader {
  /** The document without it. */
  readonly text: string;
  readonly selectTags: readonly string[];
}

/** Undefined when there is none, or one that says more than is understood here: that stays, and is a finding. */
export async function takeDeckHeader(text: string): Promise<DeckHeader | undefined> {
  if (!/_info|_workspace/.test(text)) return undefined;
  const inFlow = text.trimStart().startsWith('{');
  let parsed: Parsed = inFlow ? parseJson(text) : await parseYaml(text);
  if (!parsed.ok && inFlow) parsed = await parseYaml(text);
  if (!parsed.ok || !isRecord(parsed.document.value)) return undefined;
  const { document } = parsed;
  const value = document.value as Readonly<Record<string, unknown>>;
  const selectTags = selectTagsOf(value['_info']);
  let rest = text;
  for (const name of ['_info', '_workspace']) {
    const understood = name === '_info' ? selectTags !== undefined : value[name] === 'default';
    if (!Object.hasOwn(value, name) || !understood) continue;
    const { key, value: span } = document.locate([name]);
    if (key === undefined) continue;
    rest = without(rest, key.start, span?.end ?? key.end, inFlow);
  }
  return rest === text ? undefined : { text: rest, selectTags: selectTags ?? [] };
}

/** Undefined: it says something else as well. */
function selectTagsOf(info: unknown): readonly string[] | undefined {
  if (!isRecord(info)) return undefined;
  for (const name of Object.keys(info)) {
    const part = info[name];
    if (name !== 'select_tags' && !(isRecord(part) && Object.keys(part).length === 0)) return undefined;
  }
  const tags = info['select_tags'] ?? [];
  return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : undefined;
}

function without(text: string, start: number, end: number, inFlow: boolean): string {
  let from = start;
  let to = end;
  if (inFlow) {
    const comma = /^\s*,/.exec(text.slice(end))?.[0];
    const before = /,\s*$/.exec(text.slice(0, start))?.[0];
    if (comma !== undefined) to += comma.length;
    else if (before !== undefined) from -= before.length;
  } else {
    // `key:` without a value.
    to = Math.max(to, start + (/^[^\n]*?:/.exec(text.slice(start))?.[0].length ?? 0));
  }
  return text.slice(0, from) + text.slice(from, to).replace(/[^\n]/g, ' ') + text.slice(to);
}
