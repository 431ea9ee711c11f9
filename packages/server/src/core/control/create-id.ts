const idBytes = 24;
/** 32 of the 36 characters an id may have, so that each byte gives five bits without a bias. */
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/** An id such as `prj_…`: a prefix and 24 characters of `a-z0-9`, 120 random bits. */
export function createId(prefix: "prj" | "key" | "bud" | "wksp", random: (bytes: number) => Uint8Array): string {
  return `${prefix}_${Array.from(random(idBytes), (byte) => alphabet.charAt(byte & 31)).join("")}`;
}
