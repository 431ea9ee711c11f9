import type { ServerResponse } from "node:http";

/** From this many characters on, what was gathered is better written. */
const batchLength = 32_768;

/** Gathers small strings into few writes. Nothing is written to a client that has left. */
export interface BatchWriter {
  push(text: string): void;
  /** So much is gathered that it should be flushed. */
  readonly full: boolean;
  /** Writes what is gathered; resolves when the client takes more, or has left. */
  flush(): Promise<void>;
  /** The client has left. */
  readonly gone: boolean;
  /** Writes what is gathered and cuts the connection behind it. */
  cut(): void;
  /** Writes what is gathered and ends the response. */
  end(): void;
}

export function createBatchWriter(response: ServerResponse): BatchWriter {
  let gathered = "";
  return {
    push(text) {
      gathered += text;
    },
    get full() {
      return gathered.length >= batchLength;
    },
    get gone() {
      return response.destroyed;
    },
    async flush() {
      const batch = gathered;
      gathered = "";
      if (batch === "" || response.destroyed || response.write(batch)) return;
      await drained(response);
    },
    cut() {
      if (gathered !== "" && !response.destroyed) response.write(gathered);
      // Not `destroy`, which may throw away what the socket has not sent yet.
      response.socket?.destroySoon();
    },
    end() {
      if (!response.destroyed) response.end(gathered);
    },
  };
}

function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off("drain", settle).off("close", settle);
      resolve();
    };
    response.on("drain", settle).on("close", settle);
  });
}
