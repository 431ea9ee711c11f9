import type { Principal } from "../access/principal.ts";
import type { CallPayer } from "../model-plane/call-payer.ts";

/** Who calls models through a door, and who pays. */
export interface DoorCaller {
  readonly principal: Principal;
  readonly payer: CallPayer;
  /** Told where an upstream refuses a call because of a limit, with how long that lasts as far as it says. */
  noteLimit?(retryAfterMs: number | undefined): void;
}

/** The ways of agent processes to their models: the server stands in between, and keeps the real credentials. */
export interface ModelDoors {
  /** Makes a way for one process. Rejects with a `FailureError` of code `agent_unavailable`. */
  open(): Promise<ModelDoor>;
  /** Closes all. May be called twice. */
  stop(): Promise<void>;
}

/** A Unix socket that one process alone is given, and a token that is good on it alone. */
export interface ModelDoor {
  /** Folder on the host that holds the socket and nothing else. */
  readonly directory: string;
  /** Name of the socket within. */
  readonly socket: string;
  readonly token: string;
  /**
   * From now on calls are made for this caller. None is let in before, and none after the returned function was called. With `told`, the
   * first call for a streamed answer with tools is not made: it gets this event stream, of an answer that was paid before.
   */
  attach(caller: DoorCaller, told?: string): () => void;
  /** Cuts what is open and removes the folder. May be called twice. */
  close(): Promise<void>;
}
