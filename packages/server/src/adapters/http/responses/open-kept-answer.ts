import type { Principal } from "../../../core/access/principal.ts";
import type { AgentAnswer } from "../agent-calls/agent-call.ts";
import type { HttpParts } from "../http-parts.ts";
import { createKeptAnswer } from "./kept-answer.ts";
import type { AskedResponse } from "./read-response-request.ts";

/** The answer to a request, by the model of that name, which is kept for the principal where that is asked for. */
export function openKeptAnswer(
  { responses, clock }: HttpParts,
  { decoded, conversation, read }: AskedResponse,
  model: string,
  principal: Principal,
): AgentAnswer {
  const now = () => Math.floor(clock.epoch() / 1000);
  return createKeptAnswer({
    id: conversation.responseId,
    answer: read.openAnswer({ model, createdAt: now(), now }),
    stream: decoded.stream,
    show: (body) => responses.format.show(body, decoded.include),
    keep: async (body) => {
      if (decoded.stored) await responses.service.keep({ principal, conversation, items: read.items, body });
    },
  });
}
