/** Something to tell people about a document, with the place where it stands. */
import type { Path } from '../schema/problem.ts';
import { FINDING_CODES, type FindingCode } from './finding-codes.ts';
import type { LineIndex } from './line-index.ts';
import type { Located, Span } from './source.ts';

export interface Finding {
  /** `CD1101`; the table is in `finding-codes.ts`. */
  readonly code: FindingCode;
  readonly severity: 'error' | 'warning';
  /** One sentence that stands alone. */
  readonly message: string;
  /** Name of the file as it was given; `-` when there is none. */
  readonly file: string;
  /** 1-based; 0 when the finding is about the file as a whole. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  readonly endLine?: number;
  /** Exclusive. */
  readonly endColumn?: number;
  /** `services[0].routes[1].paths[0]`; empty for the document as a whole. */
  readonly path: string;
  /** Short text that belongs beside the marked characters. */
  readonly label?: string;
  /** What to do. */
  readonly help?: string;
  /** The replacement that a did-you-mean proposes. */
  readonly suggestion?: string;
  /** Other places that matter: the first of two duplicates, the alias through which a value came. */
  readonly related?: readonly { readonly line: number; readonly column: number; readonly message: string }[];
}

/** `services[0].routes[1].paths[0]`; names that are not plain are quoted, `@entity` is left out. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (step === '@entity') continue;
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

export interface FindingDetails {
  readonly path?: Path;
  readonly label?: string | undefined;
  readonly help?: string | undefined;
  readonly suggestion?: string | undefined;
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
}

/** A finding at a span of the document; without a span it is about the whole file. */
export function finding(
  code: FindingCode,
  message: string,
  file: string,
  lines: LineIndex | undefined,
  span: Span | undefined,
  details: FindingDetails = {},
): Finding {
  const start = span === undefined ? undefined : lines?.position(span.start);
  const end = span === undefined || span.end <= span.start ? undefined : lines?.position(span.end);
  const related = details.related?.map((other) => {
    const at = lines?.position(other.span.start) ?? { line: 0, column: 0 };
    return { line: at.line, column: at.column, message: other.message };
  });
  return {
    code,
    severity: FINDING_CODES[code].severity,
    message,
    file,
    line: start?.line ?? 0,
    column: start?.column ?? 0,
    ...(end === undefined ? {} : { endLine: end.line, endColumn: end.column }),
    path: pathText(details.path ?? []),
    ...(details.label === undefined ? {} : { label: details.label }),
    ...(details.help === undefined ? {} : { help: details.help }),
    ...(details.suggestion === undefined ? {} : { suggestion: details.suggestion }),
    ...(related === undefined || related.length === 0 ? {} : { related }),
  };
}

/** In the order of the document: by line, then column, then code. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

/** The characters to mark for a located value: its key for what is wrong with the key, else the value. */
export function spanOf(located: Located, on: 'key' | 'value'): Span {
  return on === 'key' || located.value === undefined
    ? (located.key ?? located.value ?? located.container)
    : located.value;
}
