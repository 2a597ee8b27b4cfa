/**
 * The counters of one key over the last quarter of an hour, in slots of ten seconds. The slot that is being filled is
 * a map of position and count; one that is over is packed into a few octets per count, kept as a string of one octet
 * a character: with constant traffic a key takes some 15 KB.
 */

export const SLOT_MS = 10_000;
export const SLOTS = 90;

export type CountVisitor = (position: number, count: number) => void;

export class TrafficSlots {
  #number = -1;
  #open = new Map<number, number>();
  /** By number modulo `SLOTS`. */
  readonly #closed: (string | undefined)[] = [];
  readonly #numbers: number[] = [];

  /** Slots do not go back: what comes late counts in the newest. */
  add(number: number, position: number, count: number): void {
    if (number > this.#number) {
      this.#close();
      this.#number = number;
    }
    this.#open.set(position, (this.#open.get(position) ?? 0) + count);
  }

  /** All counts of the slots from number `from` up to and with `to`. */
  visit(from: number, to: number, visit: CountVisitor): void {
    for (let at = 0; at < this.#closed.length; at++) {
      const packed = this.#closed[at];
      const number = this.#numbers[at]!;
      if (packed !== undefined && number >= from && number <= to) unpack(packed, visit);
    }
    if (this.#number >= from && this.#number <= to)
      for (const [position, count] of this.#open) visit(position, count);
  }

  #close(): void {
    if (this.#open.size === 0) return;
    const index = this.#number % SLOTS;
    while (this.#closed.length <= index) {
      this.#closed.push(undefined);
      this.#numbers.push(-1);
    }
    this.#closed[index] = pack(this.#open);
    this.#numbers[index] = this.#number;
    this.#open = new Map();
  }
}

/** Differences of ascending positions and counts, each in groups of seven bits, the lowest first. */
function pack(counts: ReadonlyMap<number, number>): string {
  const octets: number[] = [];
  let last = 0;
  for (const [position, count] of [...counts].sort(([a], [b]) => a - b)) {
    put(octets, position - last);
    put(octets, count);
    last = position;
  }
  return Buffer.from(octets).toString('latin1');
}

function put(octets: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    octets.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  octets.push(rest);
}

function unpack(packed: string, visit: CountVisitor): void {
  let position = 0;
  let isCount = false;
  let value = 0;
  let scale = 1;
  for (let at = 0; at < packed.length; at++) {
    const octet = packed.charCodeAt(at);
    value += (octet & 127) * scale;
    if (octet >= 128) {
      scale *= 128;
      continue;
    }
    if (isCount) visit(position, value);
    else position += value;
    isCount = !isCount;
    value = 0;
    scale = 1;
  }
}
