import { formatKey, type KeyPrefix, parseKey, secretBytes } from "./key-text.ts";

export interface SecretParts {
  /** So many bytes nobody can guess. */
  readonly random: (bytes: number) => Uint8Array;
  /** SHA-256 in hexadecimal. */
  readonly digest: (text: string) => string;
}

/** A new secret behind a public part: the whole text, to be told once, and the digest that is kept. */
export function makeKeyText(
  { random, digest }: SecretParts,
  prefix: KeyPrefix,
  publicId: string,
): { readonly text: string; readonly secretHash: string } {
  const text = formatKey(prefix, publicId, random(secretBytes));
  // The digest is made of the secret as the text holds it, which is what a client sends.
  const parsed = parseKey(text);
  if (parsed === undefined) throw new Error("a key that was just made cannot be read");
  return { text, secretHash: digest(parsed.secret) };
}
