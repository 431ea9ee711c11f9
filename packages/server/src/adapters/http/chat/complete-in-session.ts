import { completeWithin } from "../../../core/completions/complete-within.ts";
import type {
  MeteredAnswer,
  MeteredCompletions,
  MeteredRequest,
} from "../../../core/completions/metered-completions.ts";
import type { ConversationService, OpenConversation } from "../../../core/conversations/conversation-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";

export interface InSessionParts {
  readonly completions: Pick<MeteredCompletions, "complete">;
  readonly conversations: ConversationService;
  readonly clock: Clock;
}

export interface SessionWish {
  /** Undefined where the client sends its conversation with each request. */
  readonly session?: string | undefined;
  /** Milliseconds for the whole answer. */
  readonly ms?: number | undefined;
  /** Told before anything is asked; throws where the session is not what it should be. */
  readonly check?: (opened: OpenConversation) => void;
}

/** Answers a request, in the conversation that is kept under a name where one is given. Rejects with a `FailureError`. */
export async function completeInSession(
  { completions, conversations, clock }: InSessionParts,
  request: MeteredRequest,
  { session, ms, check }: SessionWish,
): Promise<MeteredAnswer> {
  if (session === undefined) return await completeWithin(completions, request, ms, clock);
  const opened = await conversations.open(request.principal, session);
  request.signal.addEventListener("abort", opened.close, { once: true });
  try {
    check?.(opened);
    const completion = opened.extend(request.completion);
    const answer = await completeWithin(completions, { ...request, completion }, ms, clock);
    return { ...answer, events: opened.keep(completion, answer.events), modelWaitMs: () => answer.modelWaitMs() };
  } catch (error) {
    opened.close();
    throw error;
  }
}
