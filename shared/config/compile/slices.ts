/**
 * Long compilations in slices: the event loop serves requests between two of them.
 */
const SLICE_MS = 4;

export class Slices {
  private end = performance.now() + SLICE_MS;

  /** Call it once per entity; awaits only when the slice is used up. */
  due(): boolean {
    return performance.now() >= this.end;
  }

  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.end = performance.now() + SLICE_MS;
  }
}
