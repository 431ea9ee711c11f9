import type { ContentBlock, TextBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { reject, type Checked } from "../../check-shape.ts";

/** A conversation as it is put together from items, in their order. */
export interface Conversation {
  /** Of the system before all others it is the system prompt, later it keeps its place. */
  say(role: CallMessage["role"], blocks: readonly ContentBlock[]): Rejection | undefined;
  /** `path` names the field at fault. */
  answer(result: ToolResultBlock, path: string): Rejection | undefined;
  finish(): Checked<{ readonly system: readonly TextBlock[]; readonly messages: readonly CallMessage[] }>;
}

type Rejection = Extract<Checked<never>, { readonly ok: false }>;

interface Turn {
  readonly role: CallMessage["role"];
  readonly content: ContentBlock[];
}

/**
 * Neighbours of one role become one message. Results of tools stand first in the message behind their calls, wherever in
 * that turn of the user they came; words of the system between calls and results wait until all results are there.
 */
export function createConversation(): Conversation {
  const system: TextBlock[] = [];
  const turns: Turn[] = [];
  /** Calls without a result. */
  const open = new Set<string>();
  let waiting: ContentBlock[] = [];

  const add = (role: CallMessage["role"], blocks: readonly ContentBlock[]) => {
    const last = turns.at(-1);
    if (last?.role !== role) turns.push({ role, content: [...blocks] });
    else for (const block of blocks) last.content.push(block);
  };
  const release = () => {
    if (open.size > 0 || waiting.length === 0) return;
    add("system", waiting);
    waiting = [];
  };
  const refuseOpen = (): Rejection | undefined => {
    for (const id of open) {
      return reject("invalid_request", "input", `No tool output found for function call ${quote(id)}.`);
    }
    return undefined;
  };

  return {
    say(role, blocks) {
      if (blocks.length === 0) return undefined;
      if (role === "system") {
        const target = turns.length === 0 ? system : open.size > 0 ? waiting : undefined;
        if (target === undefined) add(role, blocks);
        else for (const block of blocks) if (block.type === "text") target.push(block);
        return undefined;
      }
      const unanswered = role === "assistant" && turns.at(-1)?.role !== "assistant" ? refuseOpen() : undefined;
      if (unanswered !== undefined) return unanswered;
      release();
      add(role, blocks);
      for (const block of blocks) if (block.type === "tool_call") open.add(block.id);
      return undefined;
    },
    answer(result, path) {
      if (!open.delete(result.callId)) {
        const sentence = `No tool call found for function call output with call_id ${quote(result.callId)}.`;
        return reject("invalid_request", path, sentence);
      }
      const last = turns.at(-1);
      if (last?.role !== "user") add("user", [result]);
      else {
        const place = last.content.findIndex(({ type }) => type !== "tool_result");
        last.content.splice(place === -1 ? last.content.length : place, 0, result);
      }
      return undefined;
    },
    finish() {
      const unanswered = refuseOpen();
      if (unanswered !== undefined) return unanswered;
      release();
      return turns.length > 0
        ? { ok: true, value: { system, messages: turns } }
        : reject("invalid_request", "input", "expected at least one item that says something, got none");
    },
  };
}

const quote = (id: string) => JSON.stringify(id.slice(0, 64));
