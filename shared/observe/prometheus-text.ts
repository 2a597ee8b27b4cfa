/**
 * A snapshot in the Prometheus text exposition format, version 0.0.4. Families and series are sorted, so
 * that the same state always gives the same text.
 */
import type { FamilySnapshot, MetricsSnapshot } from './metrics.ts';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function renderPrometheus(snapshot: MetricsSnapshot): string {
  const families = [...snapshot.families].sort((a, b) => (a.name < b.name ? -1 : 1));
  let text = '';
  for (const family of families) {
    if (family.series.length === 0) continue;
    text += `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
    const rows = family.series
      .map((values, index) => ({ labels: labelText(family.labels, values), index }))
      .sort((a, b) => (a.labels < b.labels ? -1 : 1));
    for (const row of rows) {
      text +=
        family.type === 'histogram'
          ? histogramText(family, row.labels, row.index)
          : `${family.name}${braces(row.labels)} ${numberText(family.values[row.index]!)}\n`;
    }
  }
  return text;
}

function histogramText(family: FamilySnapshot, labels: string, index: number): string {
  const { name, buckets, values } = family;
  const at = index * (buckets.length + 2);
  const prefix = labels === '' ? '' : `${labels},`;
  let total = 0;
  let text = '';
  for (const [bucket, bound] of buckets.entries()) {
    total += values[at + bucket]!;
    text += `${name}_bucket{${prefix}le="${numberText(bound)}"} ${total}\n`;
  }
  total += values[at + buckets.length]!;
  text += `${name}_bucket{${prefix}le="+Inf"} ${total}\n`;
  text += `${name}_sum${braces(labels)} ${numberText(values[at + buckets.length + 1]!)}\n`;
  return `${text}${name}_count${braces(labels)} ${total}\n`;
}

function braces(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function labelText(names: readonly string[], values: readonly string[]): string {
  let text = '';
  for (const [index, name] of names.entries()) {
    if (index > 0) text += ',';
    text += `${name}="${escapeLabel(values[index] ?? '')}"`;
  }
  return text;
}

function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function escapeHelp(value: string): string {
  return value.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
