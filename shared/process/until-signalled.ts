/** The frame of a serving process: what a start has opened is closed again when it fails further on. */

/** Rejects when the start failed. Otherwise it never settles: a process that serves ends through its signals. */
export async function serveUntilSignalled(
  start: (opened: AsyncDisposableStack) => Promise<void>,
): Promise<never> {
  const opened = new AsyncDisposableStack();
  try {
    await start(opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
  return new Promise<never>(() => {});
}
