/**
 * What may be written to a stream: colour, symbols, width. Decided once per command from the stream and
 * the environment; output never depends on colour alone.
 */
export interface Style {
  readonly colour: boolean;
  readonly unicode: boolean;
  readonly width: number;
  readonly terminal: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export type ColourChoice = 'auto' | 'always' | 'never';
type Environment = Readonly<Record<string, string | undefined>>;

interface StreamLike {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** `NO_COLOR`, `FORCE_COLOR`, `CI` and `TERM=dumb` are honoured, in that order, after the flag. */
export function wantsColour(stream: StreamLike, env: Environment, choice: ColourChoice = 'auto'): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0';
  if (env['CI'] !== undefined && env['CI'] !== '') return false;
  if (env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

export function styleOf(stream: StreamLike, env: Environment, choice: ColourChoice = 'auto'): Style {
  const colour = wantsColour(stream, env, choice);
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const paint = (open: number, close: number) => (text: string) =>
    colour ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    colour,
    unicode: /utf-?8/i.test(locale),
    width: Math.max(40, Math.min(stream.columns ?? 80, 120)),
    terminal: stream.isTTY === true,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

/** Breaks text at spaces so that no line is longer than `width`; words that are longer stay whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ' ' + word;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines;
}
