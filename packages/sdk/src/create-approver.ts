import type { Interaction, InteractionAnswer } from "@gantry/contracts/interactions";
import type { Interactions } from "./create-interactions.ts";
import { GantryError } from "./gantry-error.ts";
import { persist } from "./retry.ts";
import type { StreamHelper } from "./stream-helper.ts";

/**
 * Decides about what an agent waits for: a tool call, or a question of its own. Undefined leaves it to somebody else. It is called once for
 * each, and what is streamed goes on meanwhile. What it throws ends the stream.
 */
export type OnApproval = (
  interaction: Interaction,
) => InteractionAnswer | undefined | Promise<InteractionAnswer | undefined>;

/** Asks `onApproval` about what is open in a session, each time that it is told to look. */
export function createApprover(
  interactions: Interactions,
  onApproval: OnApproval,
  { signal, onFailure }: StreamHelper,
) {
  const asked = new Set<string>();

  async function answerAll(sessionId: string): Promise<void> {
    for await (const interaction of interactions.all({ session_id: sessionId }, { signal })) {
      if (asked.has(interaction.id)) continue;
      asked.add(interaction.id);
      // Side by side: one that takes long holds up no other.
      void answerOne(interaction).catch(onFailure);
    }
  }

  async function answerOne(interaction: Interaction): Promise<void> {
    const answer = await onApproval(interaction);
    if (answer === undefined || signal.aborted) return;
    try {
      await persist(() => interactions.answer(interaction.id, answer, { signal }), signal);
    } catch (error) {
      // Somebody was faster, or its time was over: the first answer counts.
      if (signal.aborted || (error instanceof GantryError && error.code === "conflict")) return;
      throw error;
    }
  }

  return {
    look(sessionId: string): void {
      void persist(() => answerAll(sessionId), signal).catch((error: unknown) => {
        if (!signal.aborted) onFailure(error);
      });
    },
  };
}
