import type { Message } from "@gantry/contracts/completion";

/** How many messages of a history come before the first call of a tool that is in the midst of being worked on: up to the last whole answer. */
export function findSettledEnd(history: readonly Message[]): number {
  return 1 + history.findLastIndex(({ role, content }) => role === "assistant" && !content.some(isCall));
}

function isCall({ type }: Message["content"][number]): boolean {
  return type === "tool_call";
}
