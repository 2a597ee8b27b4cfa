/** What of the processes' logs the reader sees: what went wrong, and changes of the configuration. */

const SHOWN = new Set(['warn', 'error', 'crit']);
/** Said by the banner, or by the end itself. */
const EXPECTED = /ready$|^draining$|^stopped$/;
const HIDDEN_FIELDS = new Set(['time', 'level', 'message', 'component', 'pid', 'hash', 'path']);

/** The line as it is shown; undefined when it is not. */
export function shownLine(name: string, line: string): string | undefined {
  const record = parse(line);
  if (record === undefined) return line.trim() === '' ? undefined : `  [${name}] ${line}`;
  const { level, message } = record;
  const isShown = SHOWN.has(String(level)) || (level === 'notice' && !EXPECTED.test(String(message)));
  if (!isShown) return undefined;
  const fields = Object.entries(record)
    .filter(([field]) => !HIDDEN_FIELDS.has(field))
    .map(([field, value]) => ` ${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `  [${name}] ${level}: ${message}${fields.join('')}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
