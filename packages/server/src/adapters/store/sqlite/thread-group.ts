import { toUnavailable } from "./sqlite-error.ts";
import type { StoreThread } from "./store-thread.ts";

/** The threads of one store: the one that writes, and others for reads that may take long, so that no report holds up the money. */
export interface ThreadGroup {
  readonly writer: StoreThread;
  /** Started with the first read. Rejects with `store_unavailable` after the end. */
  reader(): Promise<StoreThread>;
  /** Lends a thread that is there for this use alone. */
  withReader(use: (thread: StoreThread) => Promise<void>): Promise<void>;
  end(how: "close" | "abort"): Promise<void>;
}

export function createThreadGroup(writer: StoreThread, startReader: () => Promise<StoreThread>): ThreadGroup {
  const threads = new Set([writer]);
  let reader: Promise<StoreThread> | undefined;
  let ended = false;

  const requireOpen = (): void => {
    if (ended) throw toUnavailable(new Error("The store is closed."));
  };
  const start = async (): Promise<StoreThread> => {
    requireOpen();
    const thread = await startReader().catch((error: unknown) => {
      throw toUnavailable(error);
    });
    threads.add(thread);
    if (ended) await thread.abort();
    requireOpen();
    return thread;
  };

  return {
    writer,
    reader() {
      reader ??= start().catch((error: unknown) => {
        // The next read tries again.
        reader = undefined;
        throw error;
      });
      return reader;
    },
    async withReader(use) {
      const thread = await start();
      try {
        await use(thread);
      } finally {
        await thread.close();
        threads.delete(thread);
      }
    },
    async end(how) {
      ended = true;
      await Promise.all([...threads].map((thread) => thread[how]()));
    },
  };
}
