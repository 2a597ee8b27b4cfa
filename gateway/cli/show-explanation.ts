/** An explanation as text. */
import type { Style } from '../../shared/cli/terminal.ts';
import type { Candidate, ExplainedPlugin, Explanation, Named } from '../../shared/explain/contract.ts';
import { plain } from './request-line.ts';

const MOST_MISSES = 5;
const INDENT = 10;

export function showExplanation(explanation: Explanation, style: Style): string {
  const lines: string[] = [];
  const section = (title: string, first: string, ...more: string[]) => {
    lines.push(`${style.bold(title.padEnd(INDENT))}${plain(first)}`);
    for (const line of more) lines.push(`${' '.repeat(INDENT)}${plain(line)}`);
    lines.push('');
  };
  const arrow = style.unicode ? '→' : '->';
  const { matched, upstream, why, plugins, result, candidates } = explanation;
  if (matched === null) section('Matched', 'no route');
  else {
    const to = matched.service === null ? 'no service' : `service ${nameOf(matched.service)}`;
    const details: string[] = [];
    if (upstream?.stripped != null) details.push(`strip_path removed "${upstream.stripped}"`);
    if (upstream !== null) details.push(`Host sent: ${upstream.host_header ?? 'the name of the target'}`);
    if (upstream?.targets != null)
      details.push(
        `targets: ${upstream.targets.map(({ target, weight }) => `${target} (${weight})`).join(', ') || 'none'}`,
      );
    const url = upstream === null ? '' : `  ${arrow}  ${upstream.url}`;
    section('Matched', `route ${nameOf(matched.route)}  ${arrow}  ${to}${url}`, details.join('; '));
  }
  if (why !== null && matched !== null) {
    const first =
      why.beats === null ? why.reason : `${nameOf(matched.route)} beats ${nameOf(why.beats)}: ${why.reason}`;
    const winner = candidates.find(({ matched: holds }) => holds);
    section('Why', first, ...(winner === undefined ? [] : attributesOf(winner)));
  }
  const [first, ...rest] = plugins.map((plugin) => pluginLine(plugin, style));
  if (first !== undefined) section('Plugins', first, ...rest);
  section('Result', resultText(result));
  const misses = candidates.filter((candidate) => candidate.differs !== null).slice(0, MOST_MISSES);
  if (matched === null && misses.length > 0) {
    const [nearest, ...others] = misses.map((one) => `${nameOf(one.route).padEnd(16)} ${one.differs}`);
    section('Nearest', nearest as string, ...others);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function attributesOf({ attributes }: Candidate): readonly string[] {
  return attributes.map(
    ({ name, wanted, got, result }) =>
      `  ${name.padEnd(8)} ${result}  ${got === '' ? '(none)' : got}  of ${wanted.slice(0, 4).join(', ')}${wanted.length > 4 ? ', ...' : ''}`,
  );
}

function pluginLine(
  { name, priority, scope, hides, decision, status, message }: ExplainedPlugin,
  style: Style,
): string {
  const hidden = hides.length === 0 ? '' : `  (hides: ${hides.map((one) => one.scope.join('+')).join(', ')})`;
  const verdict = {
    passes: 'passes',
    answers: `${style.unicode ? '✗' : 'x'} would answer ${status}${message === null ? '' : `: ${message}`}`,
    depends_on_state: 'depends on state',
    not_reached: 'not reached',
  }[decision];
  return `${String(priority).padStart(6)} ${name.padEnd(22)} ${scope.join('+').padEnd(14)} ${verdict}${hidden}`;
}

function resultText({ kind, status, by, message, certain }: Explanation['result']): string {
  const unless = certain ? '' : ', unless a plugin that depends on state decides otherwise';
  const says = message === null ? '' : `: ${message}`;
  switch (kind) {
    case 'forwarded':
      return `it goes to the upstream${unless}`;
    case 'answered':
      return `${status} from ${by}${says}${unless}`;
    case 'no_route':
      return `${status}${says}`;
    case 'malformed':
      return `${status}: the path is malformed`;
  }
}

function nameOf({ id, name }: Named): string {
  return name ?? id;
}
