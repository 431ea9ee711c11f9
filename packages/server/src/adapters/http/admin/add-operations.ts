import { FailureError } from "@gantry/contracts/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Readable } from "node:stream";
import { z } from "zod";
import { toActor } from "../../../core/control/actor.ts";
import { type Principal, requireScope } from "../../../core/access/principal.ts";
import { checkInput } from "./check-input.ts";
import type { FileAnswer, Handlers, Operation, TextAnswer } from "./operation.ts";
import { toDisposition } from "./to-disposition.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sends it, as the check of the key has found; not to be read on open routes. */
    principal: Principal;
  }
}

/** Registers operations: lets in whom the operation is for, checks what was sent, and answers what the handler gives. */
export function addOperations<Operations extends Readonly<Record<string, Operation>>>(
  app: FastifyInstance,
  operations: Operations,
  handlers: Handlers<Operations>,
): void {
  for (const [name, operation] of Object.entries(operations)) {
    // The type of the table says that the handler takes what this operation's schemas give; a loop cannot show it.
    const handle = handlers[name] as unknown as (call: unknown) => Promise<unknown>;
    app.route({
      method: operation.method,
      url: operation.path,
      // Some clients name a type where there is no body.
      config: { mayBeEmpty: operation.body === undefined },
      handler: async (request, reply) => {
        const answer = await handle(readCall(operation, request));
        // An answer may hold a key or a customer's figures: no cache on the way keeps it.
        reply.header("cache-control", "no-store");
        if (isStreamed(answer)) return sendStream(answer, reply);
        return reply.code(operation.status ?? 200).send(answer);
      },
    });
  }
}

const noQuery = z.strictObject({});

/** Who may not do it learns nothing of what else is wrong with the request. */
export function readCall({ access, query, body }: Operation, request: FastifyRequest) {
  const { principal } = request;
  const refusal = access === "any" ? undefined : requireScope(principal, access);
  if (refusal !== undefined) throw new FailureError(refusal);
  return {
    principal,
    actor: toActor(principal, request.ip),
    params: request.params,
    query: checkInput(query ?? noQuery, request.query, "query"),
    // No body is an empty one: what is missing in it is then told by name.
    body: body && checkInput(body, request.body === undefined ? {} : request.body, "body"),
  };
}

function isStreamed(answer: unknown): answer is TextAnswer | FileAnswer {
  return typeof answer === "object" && answer !== null && "chunks" in answer;
}

/** One chunk is made ahead of what the client has read; where it leaves, no more is made. */
function sendStream(answer: TextAnswer | FileAnswer, reply: FastifyReply): FastifyReply {
  const { contentType, fileName, chunks } = answer;
  reply.header("content-disposition", toDisposition(fileName));
  // An agent's page must not run as one of ours.
  reply.header("x-content-type-options", "nosniff").header("content-security-policy", "sandbox; default-src 'none'");
  if ("size" in answer) reply.header("content-length", answer.size);
  return reply.type(contentType).send(Readable.from(chunks, { highWaterMark: 1 }));
}
