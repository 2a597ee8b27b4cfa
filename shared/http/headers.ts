/**
 * The header section of one message as everything behind the codec sees it: field lines in the order
 * they arrived, duplicates kept, names compared without case. The codec has already refused everything
 * that is not a valid field line.
 */
export interface Headers {
  /** Number of field lines. */
  readonly size: number;
  /** The first value of that name, or undefined. Values are latin1, surrounding white space removed. */
  get(name: string): string | undefined;
  /** All values of that name in order; empty when absent. */
  getAll(name: string): string[];
  has(name: string): boolean;
  /**
   * Replaces every line of that name by one. The name goes out as written here.
   * Throws a TypeError when the name is not a token or the value has CR, LF, NUL or other controls.
   */
  set(name: string, value: string): void;
  /** Adds a line. Throws like `set`. */
  append(name: string, value: string): void;
  /** Removes every line of that name; true when there was one. */
  remove(name: string): boolean;
  /** Calls `visit` for each line in order, the name as it was written. */
  forEach(visit: (name: string, value: string) => void): void;
  /** The same without the values, which then need not be made. */
  forEachName(visit: (name: string) => void): void;
}
