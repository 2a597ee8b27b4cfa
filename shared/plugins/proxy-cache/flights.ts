/**
 * Requests of one worker that need the same response: one fetches it, the others wait for it, within a bound. Keys whose
 * responses turned out not to be storable are remembered for a while, so that nobody waits for those in vain.
 */

export type Landing = 'stored' | 'not-storable' | 'failed';

const MAX_REMEMBERED = 10_000;
const REMEMBER_MS = 30_000;

interface Flight {
  readonly landed: Promise<Landing>;
  land(landing: Landing): void;
}

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #futile = new Map<string, number>();

  /** True when waiting for this key is known to be futile. */
  isFutile(key: string, nowMs: number): boolean {
    const until = this.#futile.get(key);
    if (until === undefined) return false;
    if (until > nowMs) return true;
    this.#futile.delete(key);
    return false;
  }

  /** The flight that is under way, or undefined: then the caller has begun it and must `land` it. */
  board(key: string): Promise<Landing> | undefined {
    const under = this.#flights.get(key);
    if (under !== undefined) return under.landed;
    let land: (landing: Landing) => void = () => {};
    const landed = new Promise<Landing>((resolve) => {
      land = resolve;
    });
    this.#flights.set(key, { landed, land });
    return undefined;
  }

  isUnderWay(key: string): boolean {
    return this.#flights.has(key);
  }

  land(key: string, landing: Landing, nowMs: number): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    this.#flights.delete(key);
    if (landing === 'stored') this.#futile.delete(key);
    else if (landing === 'not-storable') {
      this.#futile.set(key, nowMs + REMEMBER_MS);
      if (this.#futile.size > MAX_REMEMBERED) this.#futile.delete(this.#futile.keys().next().value!);
    }
    flight.land(landing);
  }
}

/** Waits for a landing, at most so long. */
export async function landingWithin(landed: Promise<Landing>, limitMs: number): Promise<Landing | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late');
  });
  const landing = await Promise.race([landed, late]);
  clearTimeout(timer);
  return landing;
}
