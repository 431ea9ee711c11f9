import { isIP } from "node:net";
import { checkAddresses } from "../../core/egress/check-addresses.ts";
import type { CheckedConnector } from "../../core/ports/checked-connector.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { connectChecked } from "./connect-checked.ts";
import type { Resolve } from "./egress-parts.ts";
import { settleWithin } from "./settle-within.ts";

export interface CheckedConnectorParts {
  readonly resolve: Resolve;
  /** Hosts that may lie in a network of one's own. */
  readonly privateHosts: readonly string[];
  /** Of the look-up, and of the connection again. */
  readonly connectMs: number;
  readonly clock: Clock;
}

export function createCheckedConnector(parts: CheckedConnectorParts): CheckedConnector {
  const { resolve, privateHosts, connectMs, clock } = parts;
  return {
    async connect(target, signal) {
      const { host, port } = target;
      const found = isIP(host) === 0 ? await lookUp(resolve, host, connectMs, clock) : [host];
      const checked = checkAddresses(target, found, privateHosts);
      if ("refusal" in checked) throw new Error(checked.refusal);
      try {
        return await connectChecked({ addresses: checked.addresses, port, connectMs, clock, signal });
      } catch (cause) {
        throw new Error("The host could not be connected to.", { cause });
      }
    },
  };
}

async function lookUp(resolve: Resolve, host: string, ms: number, clock: Clock): Promise<readonly string[]> {
  try {
    return await settleWithin(resolve(host), ms, clock, "the name was not resolved in time");
  } catch (cause) {
    throw new Error("The name of the host could not be resolved.", { cause });
  }
}
