import type { EchoedMessage } from "./echo.ts";

/** A message as an OpenAI client sends it, of text alone. */
export interface ClientMessage {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string | readonly { readonly type: "text"; readonly text: string }[];
}

export const say = (role: ClientMessage["role"], ...texts: string[]): ClientMessage => ({
  role,
  content: texts.length === 1 ? (texts[0] ?? "") : texts.map((text) => ({ type: "text", text })),
});
export const user = (...texts: string[]): ClientMessage => say("user", ...texts);
export const assistant = (...texts: string[]): ClientMessage => say("assistant", ...texts);

/**
 * What must reach the model, by the documented rule: system and developer messages become the one system prompt, joined
 * with newlines; neighbours of one role become one message; every text stays as it is. No text may be blank.
 */
export function toModelView(messages: readonly ClientMessage[]): {
  readonly system: string;
  readonly messages: readonly EchoedMessage[];
} {
  const system: string[] = [];
  const turns: { role: string; texts: string[] }[] = [];
  for (const { role, content } of messages) {
    const texts = typeof content === "string" ? [content] : content.map(({ text }) => text);
    if (role === "system" || role === "developer") system.push(...texts);
    else if (turns.at(-1)?.role === role) turns.at(-1)?.texts.push(...texts);
    else turns.push({ role, texts });
  }
  return { system: system.join("\n"), messages: turns };
}
