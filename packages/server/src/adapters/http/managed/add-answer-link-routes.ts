import { FailureError, errorCatalogue, toFailure } from "@gantry/contracts/errors";
import { interactionAnswer } from "@gantry/contracts/interactions";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { InteractionService } from "../../../core/sessions/interaction-service.ts";
import { answerPath } from "../../../core/webhooks/create-answer-links.ts";
import { checkInput } from "../admin/check-input.ts";
import type { Operation } from "../admin/operation.ts";
import { renderAnswerPage, renderRefusal } from "./render-answer-page.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route takes the form of a page. */
    readonly takesPageForm?: boolean;
  }
}

const query = z.strictObject({ token: z.string().max(1000) });

/** Described here and served below: for people with a link, who have no key. */
export const answerLinkOperations = {
  showAnswerLink: {
    method: "GET",
    path: answerPath,
    summary: "Show what the link of a webhook is about. It decides nothing.",
    access: "any",
    query,
    texts: ["text/html"],
    answer: z.never(),
  },
  answerByLink: {
    method: "POST",
    path: answerPath,
    summary: "Answer an agent by the link of a webhook, without a key. The first answer counts.",
    access: "any",
    query,
    form: z.strictObject({ decision: z.enum(["allow", "deny"]), message: z.string().optional() }),
    texts: ["text/html"],
    answer: z.never(),
  },
} as const satisfies Record<string, Operation>;

/** What pages send, and curl where it is told no other. */
export const formType = "application/x-www-form-urlencoded";
const answerFields = z.strictObject({
  decision: interactionAnswer.shape.decision,
  message: interactionAnswer.shape.message,
});

export function addAnswerLinkRoutes(
  app: FastifyInstance,
  { interactions }: { readonly interactions: InteractionService },
): void {
  app.get(answerPath, async (request, reply) =>
    sendPage(reply, async () => {
      const token = readToken(request);
      return renderAnswerPage(await interactions.showByLink(token), token);
    }),
  );
  app.post<{ Body: URLSearchParams }>(
    answerPath,
    { bodyLimit: 256 * 1024, config: { takesPageForm: true } },
    async (request, reply) =>
      sendPage(reply, async () => {
        const token = readToken(request);
        const answer = checkInput(answerFields, Object.fromEntries(request.body), "body");
        const { message, decision } = answer;
        const given = { decision, ...(message !== undefined && message !== "" && { message }) };
        return renderAnswerPage(await interactions.answerByLink(token, given, request.ip), token);
      }),
  );
}

function readToken({ query: given }: FastifyRequest): string {
  const read = query.safeParse(given);
  if (read.success) return read.data.token;
  throw new FailureError(toFailure("invalid_request", "token: expected the link as it was sent", { param: "token" }));
}

/** What an agent wrote is shown here to somebody who may say yes to it: it is text, and no page runs anything. */
async function sendPage(reply: FastifyReply, render: () => Promise<string>): Promise<FastifyReply> {
  const policy = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
  reply
    .headers({
      "cache-control": "no-store",
      "content-security-policy": policy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "x-robots-tag": "noindex, nofollow",
    })
    .type("text/html; charset=utf-8");
  try {
    return await reply.send(await render());
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const { code, message } = error.failure;
    return await reply.code(errorCatalogue[code].status).send(renderRefusal(message));
  }
}
