import type { Failure } from "@gantry/contracts/errors";
import type { ContentBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { reject } from "../check-shape.ts";

type Rejection = { readonly ok: false; readonly failure: Failure };

/** Holds results against the calls that they answer. */
export interface ToolResultCheck {
  add(role: CallMessage["role"], content: readonly ContentBlock[], path: string): Rejection | undefined;
  /** After the last message. */
  finish(): Rejection | undefined;
}

/**
 * The vendor's rule, which others have too but some do not check: every tool call is answered in the user's next turn, and
 * nothing else is. A turn may come in several messages.
 */
export function createToolResultCheck(): ToolResultCheck {
  /** Ids without a result, with the place of their calls. */
  const open = new Map<string, string>();
  let last: CallMessage["role"] | undefined;

  function refuseOpen(): Rejection | undefined {
    for (const [id, path] of open) {
      return reject("invalid_request", path, `the tool call ${quote(id)} has no tool_result in the user's next turn`);
    }
    return undefined;
  }
  function take(block: ContentBlock, path: string): Rejection | undefined {
    if (block.type === "tool_call") open.set(block.id, path);
    if (block.type !== "tool_result" || open.delete(block.callId)) return undefined;
    return reject("invalid_request", path, `the tool_result ${quote(block.callId)} answers no call of the turn before`);
  }

  return {
    add(role, content, path) {
      if (role === "system") return undefined;
      const unanswered = role === "assistant" && last === "user" ? refuseOpen() : undefined;
      if (unanswered !== undefined) return unanswered;
      last = role;
      for (const block of content) {
        const refused = take(block, `${path}.content`);
        if (refused !== undefined) return refused;
      }
      return undefined;
    },
    finish: () => (last === "user" ? refuseOpen() : undefined),
  };
}

const quote = (id: string) => JSON.stringify(id.slice(0, 64));
