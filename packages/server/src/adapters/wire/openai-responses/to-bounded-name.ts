import { createHash } from "node:crypto";

/** What the API takes for the id of a call, and the bound for a user's name before it became 128. */
const longestName = 64;

/** A name that is too long is sent as its digest, which stays the same and still tells names apart. */
export function toBoundedName(name: string): string {
  return name.length <= longestName ? name : createHash("sha256").update(name).digest("hex");
}
