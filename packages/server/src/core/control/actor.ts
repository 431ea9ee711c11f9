import { type Principal, toPolicyName } from "../access/principal.ts";

/** Who asks for a change, as the audit names it. */
export interface Actor {
  /** Id of the key, `admin` or `system`. */
  readonly id: string;
  /** Address it came from; null for what the server does itself. */
  readonly address: string | null;
  /** `name@version` of the permission profile in force; null where none is. */
  readonly policy: string | null;
}

/** Whoever holds the key, under the profile in force now. `address`: null for what the server does in their name. */
export function toActor({ keyId, profile }: Pick<Principal, "keyId" | "profile">, address: string | null): Actor {
  return { id: keyId, address, policy: toPolicyName(profile) };
}
