import type { StoredWebhook } from "../ports/webhook-store.ts";

const prefix = "whsec_";

/** A secret as it is shown: the prefix and the key's bytes in base64. */
export function formatWebhookSecret(key: Uint8Array): string {
  return prefix + btoa(String.fromCharCode(...key));
}

export interface SignedMessage {
  readonly id: string;
  /** In whole seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** HMAC-SHA256 of a text; the key and what comes of it in base64. */
export type Hmac = (key: string, text: string) => string;

/**
 * The headers of Standard Webhooks. While a secret is being changed both sign, so that a receiver with either of them takes the message.
 * The time is that of the attempt: a receiver refuses what is older than five minutes.
 */
export function toSignedHeaders(
  { secret, previousSecret, previousUntil }: Pick<StoredWebhook, "secret" | "previousSecret" | "previousUntil">,
  { id, timestamp, body }: SignedMessage,
  hmac: Hmac,
): Record<string, string> {
  const isOverlap = previousSecret !== null && timestamp * 1000 < previousUntil;
  const secrets = isOverlap ? [secret, previousSecret] : [secret];
  const text = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((each) => `v1,${hmac(each.slice(prefix.length), text)}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}
