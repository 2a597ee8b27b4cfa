/** Lines of the StatsD protocol. Names and tags come from configurations; what would break a line is replaced. */
export const TYPE_LETTERS = {
  counter: 'c',
  gauge: 'g',
  histogram: 'h',
  meter: 'm',
  set: 's',
  timer: 'ms',
  distribution: 'd',
} as const;
export type StatType = keyof typeof TYPE_LETTERS;

/** A text that can be a part of a name, a tag or a value of a set. */
export function statText(text: string): string {
  return text.replace(/[^\x21-\x7e]|[:|@#,=[\]]/g, '_');
}

/** `|c`, or `|c|@0.1`. */
export function statSuffix(type: StatType, sampleRate: number | null): string {
  const letter = TYPE_LETTERS[type];
  return sampleRate === null || sampleRate === 1 ? `|${letter}` : `|${letter}|@${sampleRate}`;
}

/** Lines put together into packets of at most so many bytes; 0: each line is one. */
export function packets(lines: readonly string[], maxBytes: number): readonly string[] {
  if (maxBytes === 0) return lines;
  const made: string[] = [];
  let packet = '';
  for (const line of lines) {
    if (packet !== '' && packet.length + 1 + line.length > maxBytes) {
      made.push(packet);
      packet = '';
    }
    packet = packet === '' ? line : `${packet}\n${line}`;
  }
  if (packet !== '') made.push(packet);
  return made;
}
