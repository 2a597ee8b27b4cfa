/**
 * The request headers as header criteria see them: names without case and with `-` and `_` alike, values
 * in lower case. Filled at most once per look-up, and only when a header criterion is reached.
 *
 * One instance belongs to one router and is reused: never keep what it returns beyond the look-up.
 */
import type { Headers } from '../http/headers.ts';

/** How a header name is compared. */
export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
}

export class HeaderView {
  /** Slot numbers of the names that occur in criteria. */
  readonly #slots = new Map<string, number>();
  readonly #values: string[][] = [];
  /** The slots that have values now. */
  readonly present: number[] = [];
  readonly #visit = (name: string, value: string): void => {
    const slot = this.#slots.get(headerKey(name));
    if (slot === undefined) return;
    const values = this.#values[slot]!;
    if (values.length === 0) this.present.push(slot);
    values.push(value.toLowerCase());
  };

  /** The slot of a header name; compile time only. */
  slotOf(name: string): number {
    const key = headerKey(name);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#values.length;
      this.#slots.set(key, slot);
      this.#values.push([]);
    }
    return slot;
  }

  load(headers: Headers): void {
    headers.forEach(this.#visit);
  }

  /** Forgets the values: they may hold on to the buffers of a request. */
  clear(): void {
    for (const slot of this.present) this.#values[slot]!.length = 0;
    this.present.length = 0;
  }

  values(slot: number): readonly string[] {
    return this.#values[slot]!;
  }
}
