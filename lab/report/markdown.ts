/** The report as Markdown: `cardinal lab report --markdown`. */
import type { Analysis } from './analysis.ts';
import { tablesOf } from './tables.ts';

const MOST_VOIDS = 20;

export function markdownOf(analysis: Analysis): string {
  const { start, end, caveats, voids } = analysis;
  const { machine } = start;
  const lines = [
    '## What the lab found',
    '',
    `\`${start.command}\`, begun ${start.startedAt}${end === undefined ? ', **partial**' : `, ${end.seconds} s`}. ` +
      `${machine.cpu}, ${machine.usableCores} cores, Linux ${machine.kernel}, Node ${machine.node}, commit ${machine.commit}. ` +
      `${capital(machine.placement)}. Seed ${start.plan.seed}.`,
    '',
    ...caveats.map((caveat) => `- ${caveat}`),
  ];
  for (const { title, note, head, rows } of tablesOf(analysis)) {
    lines.push('', `### ${title}`, '', note, '', ...markdownTable(head, rows));
  }
  if (voids.length > 0) {
    lines.push('', '### Void measurements', '');
    for (const { key, reason } of voids.slice(0, MOST_VOIDS)) lines.push(`- \`${key}\`: ${reason}`);
    if (voids.length > MOST_VOIDS) lines.push(`- and ${voids.length - MOST_VOIDS} more, all in lab.json`);
  }
  return `${lines.join('\n')}\n`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')),
  );
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => [...row[column]!].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + ' '.repeat(widths[column]! - [...cell].length)).join(' | ')} |`;
  return [
    line(all[0]!),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...all.slice(1).map(line),
  ];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
