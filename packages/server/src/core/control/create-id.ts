const idBytes = 24;
/** 32 of the 36 characters an id may have, so that each byte gives five bits without a bias. */
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

type IdPrefix =
  | "prj"
  | "key"
  | "bud"
  | "agent"
  | "env"
  | "file"
  | "sesrsc"
  | "sesn"
  | "task"
  | "batch"
  | "sched"
  | "req"
  | "sevt"
  | "intr"
  | "hold"
  | "wksp"
  | "whk"
  | "event";

/** An id such as `prj_…`: a prefix and 24 characters of `a-z0-9`, 120 random bits. */
export function createId(prefix: IdPrefix, random: (bytes: number) => Uint8Array): string {
  return `${prefix}_${Array.from(random(idBytes), (byte) => alphabet.charAt(byte & 31)).join("")}`;
}
