import type { Digest } from "../pool/conversation-key.ts";

const digits = 24;

/** The same id for the same claim of the same owner, so that what is asked twice is made once. */
export function toClaimedId(prefix: string, owner: string, claim: string | number, digest: Digest): string {
  return `${prefix}_${digest(`${owner}\n${claim}`).slice(0, digits)}`;
}
