import { FailureError } from "@gantry/contracts/errors";
import type { ChargeProject } from "../../../core/access/charge-project.ts";
import type { Principal } from "../../../core/access/principal.ts";
import type { MeteredAnswer, MeteredRequest } from "../../../core/completions/metered-completions.ts";
import type { CompletionFormat, DecodedRequest } from "../../../core/ports/wire-format.ts";
import { completeInSession, type InSessionParts } from "./complete-in-session.ts";
import { takeChatExtras } from "./read-chat-extras.ts";

/** What a chat stands on, by whichever door it comes. */
export interface ChatParts extends InSessionParts {
  readonly chat: CompletionFormat;
  readonly chargeProject: ChargeProject;
}

export interface StartedChat {
  readonly decoded: DecodedRequest;
  readonly answer: MeteredAnswer;
  /** Who pays. */
  readonly principal: Principal;
}

/**
 * Reads the body of a chat and starts its answer. `note` is told what was read before anything is asked; `session` names a conversation
 * that is kept. Rejects with a `FailureError`.
 */
export async function startChat(
  parts: ChatParts,
  body: unknown,
  request: Omit<MeteredRequest, "completion" | "isStreamed">,
  note: (decoded: DecodedRequest) => void = () => {},
  session?: string,
): Promise<StartedChat> {
  const { rest, extras } = takeChatExtras(body);
  const decoded = parts.chat.decode(rest);
  if (!decoded.ok) throw new FailureError(decoded.failure);
  note(decoded);
  const principal = await parts.chargeProject(request.principal, extras.project_id);
  const ms = extras.timeout === undefined ? undefined : extras.timeout * 1000;
  const wanted = { ...request, principal, completion: decoded.completion, isStreamed: decoded.stream };
  return { decoded, principal, answer: await completeInSession(parts, wanted, { session, ms }) };
}
