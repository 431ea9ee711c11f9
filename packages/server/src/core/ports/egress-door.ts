import type { EgressEntries } from "../egress/decide-egress.ts";

/** The ways of programs behind walls to hosts outside: a proxy each, which lets through what a profile names. */
export interface EgressDoors {
  /** Makes a way for one program. Rejects with a `FailureError` of code `agent_unavailable`. */
  open(rules: EgressDoorRules): Promise<EgressDoor>;
  /** Closes all. May be called twice. */
  stop(): Promise<void>;
}

export interface EgressDoorRules {
  readonly profile: EgressEntries;
  /**
   * The proxy that tunnels go through, where this machine reaches the world by one alone: it resolves names then, and so nothing is
   * known of their addresses. Only for a profile whose hosts are known to be public.
   */
  readonly outerProxy?: string;
  /** Hears of everything, as it happens: for the record of the run. Must not throw. */
  readonly record: (event: EgressEvent) => void;
}

/** What `WallsNetwork` of kind `proxy` asks for. */
export interface EgressDoor {
  /** Folder on the host that holds the socket and nothing else. */
  readonly directory: string;
  /** Name of the socket within. */
  readonly socket: string;
  /** Cuts what is open and removes the folder. May be called twice. */
  close(): Promise<void>;
}

/** `would_refuse`: let through, since the profile only counts. */
export type EgressVerdict = "allowed" | "refused" | "would_refuse";

/** One attempt is one `egress.decided`, and where it was let through one `egress.closed` of the same `id` after it. */
export type EgressEvent =
  | {
      readonly type: "egress.decided";
      /** Counts up within one door. */
      readonly id: number;
      /** Epoch milliseconds. */
      readonly at: number;
      /** `CONNECT` for a tunnel, else the method of the request. */
      readonly method: string;
      /** As it was normalised; what could not be read, cut short. */
      readonly host: string;
      /** 0 where it could not be read. */
      readonly port: number;
      readonly verdict: EgressVerdict;
      readonly rule: string;
      readonly reason: string;
      /** Those that may be connected to, in the order in which they are tried; missing where none was found or looked for. */
      readonly addresses?: readonly string[];
      /** Whether the server adds a credential that the program does not have. */
      readonly withCredential: boolean;
    }
  | {
      readonly type: "egress.closed";
      readonly id: number;
      readonly at: number;
      /** On the connection to the host, as the host sees it. */
      readonly sentBytes: number;
      readonly receivedBytes: number;
      readonly durationMs: number;
      /** `failed`: no connection, or one that broke. `cut`: by a limit, or by the end of the door. */
      readonly outcome: "done" | "failed" | "cut";
    };
