import type { RoutingRules } from "@gantry/contracts/routing";

/**
 * How chat front ends ask for titles, tags, follow-up questions, search queries and completions of what is being typed. Each begins with words
 * that hardly anybody types, or holds marks of its template besides.
 */
export const backgroundPrompts: RoutingRules["background"]["prompts"] = [
  // Open WebUI.
  { begins: "### Task:", has: ["<chat_history>"] },
  { begins: "### Task:", has: ["### Output:"] },
  { begins: "### Task:", has: ["You are an autocompletion system."] },
  { begins: "Create a concise, 3-5 word phrase as a" },
  // LibreChat.
  { begins: "Provide a concise, 5-word-or-less title" },
  { begins: "Please generate a concise, 5-word-or-less title" },
  // Chatbox.
  { begins: "Based on the chat history, give this conversation a name" },
];

/** Whether a prompt is one of these. */
export function isBackgroundPrompt(prompt: string, { enabled, prompts }: RoutingRules["background"]): boolean {
  if (!enabled) return false;
  const text = prompt.trimStart().toLowerCase();
  return prompts.some(
    ({ begins, has = [] }) =>
      text.startsWith(begins.toLowerCase()) && has.every((mark) => text.includes(mark.toLowerCase())),
  );
}
