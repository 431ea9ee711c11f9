import { FailureError, toFailure } from "@gantry/contracts/errors";
import pg from "pg";

/** One connection, made when it is first needed and again when it was lost. */
export interface ReconnectingClient {
  /** Rejects where no connection can be had, and the next call tries again; after `close` always. */
  connect(): Promise<pg.Client>;
  /** Gives a connection up, whatever state it is in, so that the next call makes a new one. */
  drop(client: pg.Client): void;
  close(): Promise<void>;
}

/**
 * A connection on which statements may be sent without waiting for the answers to those before. `prepare` is SQL that
 * every new connection runs first.
 */
export function createReconnectingClient(settings: pg.ClientConfig, prepare: string): ReconnectingClient {
  let closed = false;
  let live: { readonly client: pg.Client; readonly ready: Promise<pg.Client> } | undefined;

  function open(): Promise<pg.Client> {
    const client = new pg.Client({ ...settings, pipeline: true });
    // They come when it is lost while nobody waits for an answer; without a listener the first would end the program.
    client.on("error", () => drop(client));
    client.on("end", () => drop(client));
    const ready = prepareClient(client, prepare).catch((error: unknown) => {
      drop(client);
      throw error;
    });
    live = { client, ready };
    return ready;
  }

  function drop(client: pg.Client): void {
    if (live?.client !== client) return;
    live = undefined;
    void client.end();
  }

  return {
    connect() {
      if (closed) return Promise.reject(new FailureError(toFailure("store_unavailable", "The store is closed.")));
      return live?.ready ?? open();
    },
    drop,
    async close() {
      closed = true;
      const client = await live?.ready.catch(() => undefined);
      live = undefined;
      await client?.end();
    },
  };
}

async function prepareClient(client: pg.Client, prepare: string): Promise<pg.Client> {
  await client.connect();
  await client.query(prepare);
  return client;
}
