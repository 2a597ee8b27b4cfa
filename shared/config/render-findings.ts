/**
 * Findings for people (what is wrong, where, the text itself, what to do) and for programs (JSON). Text from the
 * document is shown without control characters, so that a file cannot write to the terminal.
 */
import type { Finding } from './declarative/finding.ts';
import { LineIndex } from './declarative/line-index.ts';

export interface RenderOptions {
  /** ANSI colours. */
  readonly colour?: boolean;
  /** The document, for excerpts; findings of other files are shown without. */
  readonly text?: string;
  /** More findings than this are only counted. */
  readonly limit?: number;
  /** Columns of the terminal; longer lines of the document are cut. */
  readonly width?: number;
}

const DEFAULT_LIMIT = 50;
const DEFAULT_WIDTH = 120;
const TAB = '  ';

interface Paint {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly bold: (text: string) => string;
}

const escapes = (code: string) => (text: string) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`);
const COLOURS: Paint = {
  red: escapes('1;31'),
  yellow: escapes('1;33'),
  blue: escapes('34'),
  bold: escapes('1'),
};
const same = (text: string) => text;
const PLAIN: Paint = { red: same, yellow: same, blue: same, bold: same };

/** All findings and a summary, ending in a line end; empty text when there are none. */
export function renderFindings(findings: readonly Finding[], options: RenderOptions = {}): string {
  if (findings.length === 0) return '';
  const limit = options.limit ?? DEFAULT_LIMIT;
  const lines = options.text === undefined ? undefined : new LineIndex(options.text);
  const blocks = findings.slice(0, limit).map((found) => renderFinding(found, options, lines));
  const hidden = findings.length - limit;
  if (hidden > 0) blocks.push(`${hidden} more ${hidden === 1 ? 'finding is' : 'findings are'} not shown\n`);
  blocks.push(`${summary(findings)}\n`);
  return blocks.join('\n');
}

/** `2 errors, 1 warning in kong.yml`. */
export function summary(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const parts = [];
  if (errors > 0) parts.push(`${errors} ${errors === 1 ? 'error' : 'errors'}`);
  if (warnings > 0) parts.push(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`);
  const files = new Set(findings.map(({ file }) => file));
  const [file] = files;
  return `${parts.join(', ')}${files.size === 1 && file !== '-' ? ` in ${clean(file as string)}` : ''}`;
}

/** For programs: the fields of a finding in a fixed order, and a summary. */
export function findingsJson(findings: readonly Finding[]): {
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
} {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: findings.length - errors, findings };
}

function renderFinding(found: Finding, options: RenderOptions, lines: LineIndex | undefined): string {
  const paint = options.colour === true ? COLOURS : PLAIN;
  const hue = found.severity === 'error' ? paint.red : paint.yellow;
  const width = Math.max(options.width ?? DEFAULT_WIDTH, 40);
  const out = [`${hue(`${found.severity}[${found.code}]`)}${paint.bold(`: ${clean(found.message)}`)}`, ''];
  const gutter = ' '.repeat(String(found.line).length + 1);
  const bar = paint.blue('│');
  if (found.file !== '-' || found.line > 0) {
    const place = found.line > 0 ? `${found.file}:${found.line}:${found.column}` : found.file;
    out.push(`${gutter}${paint.blue('┌─')} ${clean(place)}`);
  }
  if (lines !== undefined && found.line > 0) {
    out.push(`${gutter}${bar}`);
    for (let number = firstShown(found, lines); number < found.line; number++) {
      out.push(
        `${paint.blue(String(number).padEnd(gutter.length))}${bar} ${excerpt(lines.line(number), width)}`.trimEnd(),
      );
    }
    const text = lines.line(found.line);
    const { shown, caretAt, caretLength } = marked(text, found, width);
    out.push(`${paint.blue(String(found.line).padEnd(gutter.length))}${bar} ${shown}`.trimEnd());
    const label = found.label === undefined ? '' : ` ${clean(found.label)}`;
    out.push(`${gutter}${bar} ${' '.repeat(caretAt)}${hue('^'.repeat(caretLength) + label)}`);
  }
  const notes: string[] = [];
  if (found.help !== undefined) notes.push(`help: ${clean(found.help)}`);
  for (const { line, column, message } of found.related ?? []) {
    notes.push(`note: ${clean(message)} (${clean(found.file)}:${line}:${column})`);
  }
  if (found.path !== '') notes.push(`note: ${clean(found.path)}`);
  if (notes.length > 0 && lines !== undefined && found.line > 0) out.push(`${gutter}${bar}`);
  for (const note of notes) out.push(`${gutter}${paint.blue('=')} ${note}`);
  return `${out.join('\n')}\n`;
}

/** At most two lines above, of those that are not empty. */
function firstShown(found: Finding, lines: LineIndex): number {
  let first = found.line;
  while (first > 1 && found.line - first < 2 && lines.line(first - 1).trim() !== '') first--;
  return first;
}

function marked(text: string, found: Finding, width: number) {
  const start = Math.min(found.column - 1, text.length);
  const until =
    found.endLine === found.line && found.endColumn !== undefined ? found.endColumn - 1 : text.length;
  const room = width - 8;
  // A long line is shown from shortly before the marked characters on.
  const from = start > room - 20 ? start - 20 : 0;
  const before = clean(text.slice(from, start));
  const body = clean(text.slice(start, Math.max(until, start + 1)));
  const after = clean(text.slice(Math.max(until, start + 1)));
  const lead = from > 0 ? '...' : '';
  const line = `${lead}${before}${body}${after}`;
  const shown = line.length > room ? `${line.slice(0, room - 3)}...` : line;
  const caretAt = lead.length + before.length;
  const caretLength = Math.max(1, Math.min(body.trimEnd().length, shown.length - caretAt));
  return { shown, caretAt, caretLength };
}

function excerpt(text: string, width: number): string {
  const shown = clean(text);
  return shown.length > width - 8 ? `${shown.slice(0, width - 11)}...` : shown;
}

/** Control characters (also C1 and those that change the direction of text) as `?`, tabs as blanks. */
function clean(text: string): string {
  return text
    .replaceAll('\t', TAB)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '?');
}
