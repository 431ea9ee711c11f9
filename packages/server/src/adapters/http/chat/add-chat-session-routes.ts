import { FailureError } from "@gantry/contracts/errors";
import type { FastifyInstance } from "fastify";
import { requireScope, type Principal } from "../../../core/access/principal.ts";
import { requireFound } from "../../../core/control/refusals.ts";
import type { ConversationService } from "../../../core/conversations/conversation-service.ts";
import { toNamedSession, toUserSession } from "./read-session-name.ts";

export interface ChatSessionParts {
  readonly conversations: Pick<ConversationService, "forget">;
}

/** Registers how a kept conversation is ended. A hook before it sets `request.principal`. */
export function addChatSessionRoutes(app: FastifyInstance, { conversations }: ChatSessionParts): void {
  async function end(principal: Principal, name: string): Promise<object> {
    const lacking = requireScope(principal, "inference");
    if (lacking !== undefined) throw new FailureError(lacking);
    requireFound((await conversations.forget(principal, name)) || undefined, "chat session of this key");
    return { deleted: true };
  }

  app.delete<{ Params: { name: string } }>("/v1/chat/sessions/:name", ({ principal, params }) =>
    end(principal, toNamedSession(params.name)),
  );
  app.delete<{ Params: { user: string } }>("/v1/chat/sessions/user/:user", ({ principal, params }) =>
    end(principal, toUserSession(params.user)),
  );
}
