/** `?tags=a,b` (all of them) and `?tags=a/b` (any of them), with Kong's limits and errors. */
import { ModelError, type PageRequest } from '../../model/contract.ts';

const MAX_TAGS = 5;
// Printable ASCII but `,` and `/`, and everything beyond ASCII.
const ALL = /^(?:[\x20-\x2b\x2d\x2e\x30-\x7e\u0080-\u{10ffff}]+(?:,|$))+$/u;
const ANY = /^(?:[\x20-\x2b\x2d\x2e\x30-\x7e\u0080-\u{10ffff}]+(?:\/|$))+$/u;

/** Throws a ModelError (400, code 11). */
export function tagFilter(text: string | undefined): PageRequest['tags'] {
  if (text === undefined) return undefined;
  if (text === '') throw wrongTags('cannot be null');
  // What was not UTF-8 (see Query).
  if (text.includes('\ufffd')) throw wrongTags('invalid filter syntax');
  if (ALL.test(text)) return { all: tagsOf(text, ',') };
  if (ANY.test(text)) return { any: tagsOf(text, '/') };
  throw wrongTags('invalid filter syntax');
}

function tagsOf(text: string, separator: string): readonly string[] {
  const tags = text.split(separator).filter((tag) => tag !== '');
  if (tags.length > MAX_TAGS) throw wrongTags(`cannot query more than ${MAX_TAGS} tags`);
  return tags;
}

function wrongTags(message: string): ModelError {
  return new ModelError(400, {
    code: 11,
    name: 'invalid options',
    message: `invalid option (tags: ${message})`,
    options: { tags: message },
  });
}
