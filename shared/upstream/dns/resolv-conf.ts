/**
 * The part of /etc/resolv.conf that c-ares leaves to its caller: search list, ndots, timeout and
 * attempts (resolv.conf(5)). Read once at start.
 */

const { readFileSync } = process.getBuiltinModule('node:fs');

export interface ResolvConf {
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeoutMs: number | undefined;
  readonly attempts: number | undefined;
}

/** glibc's bounds. */
const MAX_SEARCH = 6;
const MAX_NDOTS = 15;
const MAX_TIMEOUT_S = 30;
const MAX_ATTEMPTS = 5;
const MAX_BYTES = 64 * 1024;

/** Never throws: a file that cannot be read counts as empty. */
export function readResolvConf(path = '/etc/resolv.conf'): ResolvConf {
  try {
    return parseResolvConf(readFileSync(path, 'utf8').slice(0, MAX_BYTES));
  } catch {
    return parseResolvConf('');
  }
}

export function parseResolvConf(text: string): ResolvConf {
  let search: string[] = [];
  const options = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    // The last of `search` and `domain` holds.
    if (keyword === 'search') search = words.slice(0, MAX_SEARCH);
    else if (keyword === 'domain') search = words.slice(0, 1);
    else if (keyword === 'options') {
      for (const word of words) {
        const match = /^(ndots|timeout|attempts):(\d{1,9})$/.exec(word);
        if (match !== null) options.set(match[1]!, Number(match[2]));
      }
    }
  }
  const timeout = options.get('timeout');
  const attempts = options.get('attempts');
  return {
    search: search
      .map((domain) => domain.toLowerCase().replace(/^\.+|\.+$/g, ''))
      .filter((domain) => domain !== ''),
    ndots: Math.min(options.get('ndots') ?? 1, MAX_NDOTS),
    timeoutMs: timeout === undefined ? undefined : Math.min(Math.max(timeout, 1), MAX_TIMEOUT_S) * 1000,
    attempts: attempts === undefined ? undefined : Math.min(Math.max(attempts, 1), MAX_ATTEMPTS),
  };
}

/** The names to ask for in turn, without trailing dots. */
export function searchNames(name: string, { search, ndots }: ResolvConf): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const below = search.map((domain) => `${name}.${domain}`);
  return dots >= ndots ? [name, ...below] : [...below, name];
}
