/**
 * The text of an API key, `gk_<public>_<secret>`, or of a run's token, `gr_<public>_<secret>`. The public part finds it in the
 * store and may be shown; of the secret only a digest is ever kept. One key has exactly one text, so that whatever compares texts
 * cannot be fooled by a second spelling.
 */
export interface KeyText {
  readonly prefix: KeyPrefix;
  /** 12 characters of `a-z2-7`. */
  readonly publicId: string;
  /** 43 characters of base64url: 32 bytes. What is digested is this text. */
  readonly secret: string;
}

/** `gk`: an API key. `gr`: the token of a run. */
export type KeyPrefix = "gk" | "gr";

export const publicIdBytes = 12;
export const secretBytes = 32;

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const publicIdShape = /^[a-z2-7]{12}$/;
// The last of 43 characters carries four bits of the 32 bytes: the two below them are zero in the one valid spelling.
const secretShape = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const textLength = "gk_".length + 12 + "_".length + 43;

/** Makes a public part of 12 random bytes, five bits each. Throws a `RangeError` for another number of bytes. */
export function toPublicId(random: Uint8Array): string {
  if (random.length !== publicIdBytes)
    throw new RangeError(`a public id takes ${publicIdBytes} bytes, not ${random.length}`);
  return Array.from(random, (byte) => alphabet.charAt(byte & 31)).join("");
}

/** Writes a key's text. `secret` is 32 random bytes. Throws a `RangeError` for parts that no key can have. */
export function formatKey(prefix: KeyPrefix, publicId: string, secret: Uint8Array): string {
  if (!publicIdShape.test(publicId)) throw new RangeError("a public id is 12 characters of a-z and 2-7");
  if (secret.length !== secretBytes) throw new RangeError(`a secret takes ${secretBytes} bytes, not ${secret.length}`);
  return `${prefix}_${publicId}_${toBase64Url(secret)}`;
}

/** Reads a key's text strictly; never throws. Undefined for anything that `formatKey` would not write. */
export function parseKey(text: string): KeyText | undefined {
  // The length comes first: no text, however long, costs more than this comparison.
  if (text.length !== textLength || text.charAt(2) !== "_" || text.charAt(15) !== "_") return undefined;
  const prefix = text.slice(0, 2);
  const publicId = text.slice(3, 15);
  const secret = text.slice(16);
  if (prefix !== "gk" && prefix !== "gr") return undefined;
  return publicIdShape.test(publicId) && secretShape.test(secret) ? { prefix, publicId, secret } : undefined;
}

function toBase64Url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
