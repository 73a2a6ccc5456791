/** Something that is opened by the first who asks for it, and shared from then on. */
export interface OnDemand<Thing> {
  /** Opens it, or gives the one that is open; one that did not open is tried again by the next who asks. */
  get(): Promise<Thing>;
  /** Closes it where it was opened. */
  close(): Promise<void>;
}

/** Opens an engine when it is first asked for: nets that nobody uses take neither memory nor a worker's start. */
export function onDemand<Thing extends { close(): Promise<void> }>(open: () => Promise<Thing>): OnDemand<Thing> {
  let opened: Promise<Thing> | undefined;
  return {
    get() {
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
