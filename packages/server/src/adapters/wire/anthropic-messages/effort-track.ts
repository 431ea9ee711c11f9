import type { CallEffort } from "@gantry/contracts/answer-settings";
import type { ContentBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";

interface SpokenMessage {
  readonly role: CallMessage["role"];
  readonly content: readonly ContentBlock[];
  readonly effort: CallEffort | undefined;
}

/** Follows the effort through a conversation. `current` is what holds for the answer to the messages so far. */
export interface EffortTrack {
  add(message: SpokenMessage): void;
  readonly current: CallEffort | undefined;
}

/**
 * A system message may set the effort for the rest of the conversation. By the vendor's rule it holds at once where the
 * message stands directly behind new words of the user, and elsewhere from the user's next words on; a tool's result is
 * not the user's word.
 */
export function createEffortTrack(top: CallEffort | undefined): EffortTrack {
  let current = top;
  let coming: CallEffort | undefined;
  let isBehindUser = false;
  return {
    add({ role, content, effort }) {
      if (role !== "system") {
        isBehindUser = role === "user" && content.some(({ type }) => type !== "tool_result");
        if (!isBehindUser) return;
        current = coming ?? current;
        coming = undefined;
      } else if (effort !== undefined) {
        if (isBehindUser) current = effort;
        else coming = effort;
      }
    },
    get current() {
      return current;
    },
  };
}
