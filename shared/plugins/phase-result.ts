/**
 * What a plugin's phase has returned is looked at before it is relied on: plugins may be plain JavaScript, and
 * one mistake in them must never reach a socket's event or the process.
 */

/** True for a promise, whoever made it. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/** A piece of a body; throws a TypeError when it is none. */
export function pieceOf(value: Buffer): Buffer {
  if (value instanceof Uint8Array) return value;
  tellRejection(value, () => {});
  throw new TypeError(
    isPromise(value) ? 'a body phase returned a promise' : `a body phase returned ${typeof value}`,
  );
}

/** For phases that nobody waits for: a promise that is rejected is told, not left to end the process. */
export function tellRejection(value: unknown, tell: (error: unknown) => void): void {
  if (isPromise(value)) value.then(undefined, tell);
}
