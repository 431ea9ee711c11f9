import type { ContentBlock } from "@gantry/contracts/content";
import { reject, type Checked } from "../check-shape.ts";
import type { ChatMessage } from "./schema.ts";

/** Holds the results of tools against the calls that they answer. */
export interface CallCheck {
  add(role: ChatMessage["role"], content: readonly ContentBlock[], path: string): Checked<never> | undefined;
  /** After the last message. */
  finish(): Checked<never> | undefined;
}

/**
 * OpenAI's rule, which the Messages API has too: behind an assistant's message with calls come messages of role `tool`,
 * one for each call and in any order, before anything else is said. Words of the system may stand between.
 */
export function createCallCheck(): CallCheck {
  /** Ids without a result, with the place of their calls. */
  const open = new Map<string, string>();
  const answered = new Set<string>();

  function answer(callId: string, path: string): Checked<never> | undefined {
    if (open.delete(callId)) {
      answered.add(callId);
      return undefined;
    }
    const came = answered.has(callId) ? "one that has its result already" : "one that is none of them";
    const sentence = `expected the id of a call of the assistant's message before, got ${came}: ${quote(callId)}`;
    return reject("invalid_request", `${path}.tool_call_id`, sentence);
  }
  function call(callId: string, path: string): Checked<never> | undefined {
    if (open.has(callId)) {
      return reject("invalid_request", path, `expected ids that differ, got ${quote(callId)} twice`);
    }
    open.set(callId, path);
    return undefined;
  }
  function finish(): Checked<never> | undefined {
    for (const [id, path] of open) {
      return reject("invalid_request", path, `the call ${quote(id)} needs a message of role tool behind it, got none`);
    }
    return undefined;
  }

  return {
    add(role, content, path) {
      if (role === "system" || role === "developer") return undefined;
      if (role !== "tool") {
        const unanswered = finish();
        if (unanswered !== undefined) return unanswered;
        answered.clear();
      }
      let index = 0;
      for (const block of content) {
        if (block.type === "tool_result") return answer(block.callId, path);
        if (block.type !== "tool_call") continue;
        const twice = call(block.id, `${path}.tool_calls[${index}]`);
        if (twice !== undefined) return twice;
        index += 1;
      }
      return undefined;
    },
    finish,
  };
}

const quote = (id: string) => JSON.stringify(id.slice(0, 64));
