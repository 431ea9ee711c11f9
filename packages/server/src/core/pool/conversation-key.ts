import type { Message } from "@gantry/contracts/completion";

/** A one-way digest of a text, as a short string; equal for equal texts alone. */
export type Digest = (text: string) => string;

/** Names a conversation up to some message: two are equal when every message is. */
export type ConversationKey = string;

export const emptyConversation: ConversationKey = "";

/** The key of a conversation that goes on with these messages. Each message is digested once, so growth stays linear. */
export function extendConversation(
  key: ConversationKey,
  messages: readonly Message[],
  digest: Digest,
): ConversationKey {
  return messages.reduce(
    (before, message) => digest(`${before}\n${message.role}\n${JSON.stringify(message.content)}`),
    key,
  );
}
