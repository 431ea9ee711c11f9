import type { EgressSettings } from "@gantry/contracts/egress";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";

/** A header that the server adds; its value is a secret. */
export interface AddedHeader {
  readonly name: string;
  readonly value: string;
}

/** Gives the addresses of a name; rejects where there are none. A literal address is never asked for. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface EgressParts {
  /** Where the sockets' folders are made, and how their names begin, so that a later start knows whose they were. */
  readonly baseDirectory: string;
  readonly namePrefix: string;
  readonly settings: Pick<
    EgressSettings,
    "privateHosts" | "maxConnections" | "maxRequests" | "maxBytes" | "connectMs" | "idleMs"
  >;
  /** How long the head of a request may take to come; 10 s where it is missing. */
  readonly headMs?: number;
  /** By name: what is `http://NAME.gantry.internal/` inside. */
  readonly gateways: Readonly<Record<string, { readonly url: string; readonly header?: AddedHeader }>>;
  /** For plain HTTP, by an entry of a host. */
  readonly credentials: readonly { readonly host: string; readonly header: AddedHeader }[];
  /** Certificates to trust in gateways, in PEM form; those that Node comes with where it is missing. */
  readonly trust?: readonly string[];
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly log: Log;
}
