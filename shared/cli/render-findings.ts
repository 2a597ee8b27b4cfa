/**
 * Findings for people and for machines: with the lines they are about, as JSON, or as annotations of GitHub's
 * workflow log.
 */
import { type Finding, sortFindings } from '../config/declarative/finding.ts';
import type { Style } from './terminal.ts';

export const MAX_SHOWN = 50;
const MAX_LINE = 160;

/** For a terminal or a log file. `text` is the document, for the excerpts. Ends with the summary line. */
export function renderFindings(
  findings: readonly Finding[],
  text: string,
  file: string,
  style: Style,
): string {
  const sorted = sortFindings(findings);
  const lines = text.split('\n');
  let output = '';
  for (const finding of sorted.slice(0, MAX_SHOWN)) output += renderOne(finding, lines, style) + '\n';
  if (sorted.length > MAX_SHOWN) output += `... ${sorted.length - MAX_SHOWN} more\n\n`;
  return `${output}${summary(sorted)} in ${file}\n`;
}

export function summary(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const parts = [plural(errors, 'error')];
  if (findings.length > errors) parts.push(plural(findings.length - errors, 'warning'));
  return parts.join(', ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function renderOne(finding: Finding, lines: readonly string[], style: Style): string {
  const bar = style.unicode ? '│' : '|';
  const corner = style.unicode ? '┌─' : '-->';
  const paint = finding.severity === 'error' ? style.red : style.yellow;
  let output = `${paint(style.bold(`${finding.severity}[${finding.code}]`))}${style.bold(`: ${oneLine(finding.message)}`)}\n`;
  const number = String(finding.line);
  const margin = ' '.repeat(finding.line > 0 ? number.length + 1 : 2);
  const place = finding.line > 0 ? `${finding.file}:${finding.line}:${finding.column}` : finding.file;
  output += `${margin}${style.cyan(corner)} ${place}\n`;
  const source = finding.line > 0 ? lines[finding.line - 1] : undefined;
  if (source !== undefined && finding.column - 1 < MAX_LINE) {
    const shown = oneLine(source.slice(0, MAX_LINE));
    const endColumn =
      finding.endLine === finding.line ? (finding.endColumn ?? finding.column + 1) : shown.length + 1;
    const length = Math.max(1, Math.min(endColumn, shown.length + 1) - finding.column);
    const marks = '^'.repeat(length) + (finding.label === undefined ? '' : ` ${oneLine(finding.label)}`);
    output += `${margin}${style.cyan(bar)}\n`;
    output += `${style.cyan(`${number} ${bar}`)} ${shown}\n`;
    output += `${margin}${style.cyan(bar)} ${' '.repeat(finding.column - 1)}${paint(marks)}\n`;
  }
  output += `${margin}${style.cyan(bar)}\n`;
  for (const other of finding.related ?? []) {
    output += `${margin}= note: ${oneLine(other.message)} (line ${other.line})\n`;
  }
  if (finding.help !== undefined) output += `${margin}= help: ${oneLine(finding.help)}\n`;
  if (finding.path !== '') output += `${margin}= at: ${oneLine(finding.path)}\n`;
  return output;
}

/** What comes from a document may hold control characters; a terminal must not obey them. */
function oneLine(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '?');
}

/** GitHub workflow commands, one a line. */
export function renderGithub(findings: readonly Finding[]): string {
  const value = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => value(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  let output = '';
  for (const finding of sortFindings(findings)) {
    const properties = [`file=${property(finding.file)}`];
    if (finding.line > 0) properties.push(`line=${finding.line}`, `col=${finding.column}`);
    if (finding.endLine !== undefined)
      properties.push(`endLine=${finding.endLine}`, `endColumn=${finding.endColumn}`);
    properties.push(`title=${finding.code}`);
    const help = finding.help === undefined ? '' : `\n${finding.help}`;
    output += `::${finding.severity} ${properties.join(',')}::${value(finding.message + help)}\n`;
  }
  return output;
}
