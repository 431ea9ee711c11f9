import { FailureError } from "@gantry/contracts/errors";
import type { FastifyRequest } from "fastify";
import { requireScope } from "../../../core/access/principal.ts";
import type { DecodedResponse, ReadResponse } from "../../../core/ports/responses-format.ts";
import type { Conversation } from "../../../core/responses/read-conversation.ts";
import type { HttpParts } from "../http-parts.ts";

/** A request of the Responses API with the conversation that it goes on with. */
export interface AskedResponse {
  readonly decoded: DecodedResponse;
  readonly conversation: Conversation;
  readonly read: ReadResponse;
}

/** Rejects with a `FailureError`. */
export async function readResponseRequest(
  { responses: { format, service } }: HttpParts,
  body: unknown,
  { principal }: FastifyRequest,
): Promise<AskedResponse> {
  // Before anything is read of what is kept.
  const lacking = requireScope(principal, "inference");
  if (lacking !== undefined) throw new FailureError(lacking);
  const decoded = format.decode(body);
  if (!decoded.ok) throw new FailureError(decoded.failure);
  const conversation = await service.open(principal, decoded);
  const read = decoded.read(conversation);
  if (!read.ok) throw new FailureError(read.failure);
  return { decoded, conversation, read };
}
