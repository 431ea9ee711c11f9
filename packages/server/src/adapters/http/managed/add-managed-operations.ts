import { toActor } from "../../../core/control/actor.ts";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { requireScope } from "../../../core/access/principal.ts";
import type { Caller } from "../../../core/control/caller.ts";
import type { AnswerOnce, ClaimedRequest } from "../../../core/sessions/answer-once.ts";
import type { IdempotencyClaim } from "../../../core/sessions/session-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { checkLeniently } from "./check-leniently.ts";
import { joinArrayNames } from "./managed-query-fields.ts";
import { listUnusedParts } from "./list-unused-parts.ts";
import { refuseUnservedParts } from "./refuse-unserved-parts.ts";

const noQuery = z.strictObject({});

/** Registers operations of the managed API: like those of the control plane, but that unknown fields are reported and not refused. */
export function addManagedOperations<Operations extends Readonly<Record<string, Operation>>>(
  app: FastifyInstance,
  operations: Operations,
  handlers: Handlers<Operations>,
  once: AnswerOnce,
): void {
  for (const [name, operation] of Object.entries(operations)) {
    // The type of the table says that the handler takes what this operation's schemas give; a loop cannot show it.
    const handle = handlers[name] as unknown as (call: unknown) => Promise<unknown>;
    app.route({
      method: operation.method,
      url: operation.path,
      config: { mayBeEmpty: operation.body === undefined },
      handler: async (request, reply) => {
        const call = readManagedCall(operation, request, reply);
        const claimed = operation.commitsClaim === true ? undefined : toClaimedRequest(request, call.claim);
        const answer = claimed === undefined ? await handle(call) : await once(claimed, () => handle(call));
        // An answer may hold a customer's work: no cache on the way keeps it.
        reply.header("cache-control", "no-store");
        return reply.code(operation.status ?? 200).send(answer);
      },
    });
  }
}

/** Lets in whom an operation is for, and checks what was sent. Who may not do it learns nothing of what else is wrong. */
export function readManagedCall(
  { access, query, body }: Pick<Operation, "access" | "query" | "body">,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { principal } = request;
  const refusal = access === "any" ? undefined : requireScope(principal, access);
  if (refusal !== undefined) throw new FailureError(refusal);
  const read = checkLeniently(query ?? noQuery, joinArrayNames(request.query), "query");
  // A body of nothing is an empty one: what is missing in it is then told by name.
  if (body !== undefined) refuseUnservedParts(request.body);
  const sent = body && checkLeniently(body, request.body === undefined ? {} : request.body, "body");
  const ignored = [...read.ignored, ...(sent?.ignored ?? []), ...listUnusedParts(sent?.value)];
  if (ignored.length > 0) reply.header("x-gantry-ignored", ignored.join(", "));
  const claim = readClaim(request);
  return {
    ...toCaller(request),
    params: request.params,
    query: read.value,
    body: sent?.value,
    ...(claim !== undefined && { claim }),
  };
}

/** Undefined where the client sent no key, or the request may be sent twice anyhow. */
export function toClaimedRequest(
  { method, url, principal }: FastifyRequest,
  claim: IdempotencyClaim | undefined,
): ClaimedRequest | undefined {
  if (claim === undefined || method !== "POST") return undefined;
  return { keyId: principal.keyId, route: `${method} ${url.split("?")[0]}`, claim };
}

/** The client's mark of a request that it may send twice; one for another address is another request. */
export function readClaim({ headers, method, url, bodyDigest }: FastifyRequest): IdempotencyClaim | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || !/^[\x20-\x7E]{1,255}$/.test(key)) {
    const message = "Idempotency-Key: expected up to 255 printable characters, sent once";
    throw new FailureError(toFailure("invalid_request", message, { param: "Idempotency-Key" }));
  }
  return { key, digest: `${method} ${url} ${bodyDigest ?? ""}` };
}

export function toCaller({ principal, ip }: FastifyRequest): Caller {
  return { principal, actor: toActor(principal, ip) };
}
