import type { Socket } from "node:net";
import type { EgressTarget } from "../egress/egress-target.ts";

/**
 * Connects to hosts that somebody outside has named: to exactly the address that was checked, and never into a private network but where the
 * configuration opens a host by name.
 */
export interface CheckedConnector {
  /** Rejects with an error whose message may be shown. */
  connect(target: EgressTarget, signal: AbortSignal): Promise<Socket>;
}
