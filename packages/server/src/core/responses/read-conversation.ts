import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import type { StoredResponse } from "../ports/response-store.ts";
import type { DecodedResponse, ResponseContext, ResponseItem } from "../ports/responses-format.ts";
import { quoteId, type ResponseFinder } from "./find-response.ts";
import type { ResponseParts } from "./response-parts.ts";
import { itemsOf, toResponseRecord } from "./response-record.ts";

/** What a request builds on. */
export interface Conversation extends ResponseContext {
  /** The response that it goes on from, with all before it; oldest first, and none where there is none. */
  readonly chain: readonly StoredResponse[];
}

/** Reads what is kept of the conversation that a request goes on with, and the items that it names. Rejects with a `FailureError`. */
export async function readConversation(
  parts: ResponseParts,
  finder: ResponseFinder,
  principal: Principal,
  responseId: string,
  { previousId, references }: Pick<DecodedResponse, "previousId" | "references">,
): Promise<Conversation> {
  const chain = previousId === undefined ? [] : await readChain(parts, finder, principal, previousId);
  const items = new Map<string, ResponseItem>();
  const ids = references.flatMap((id) => parts.format.toResponseId(id) ?? []);
  if (ids.length > 0 && new Set(ids).size > mostNamed) {
    throw refuse("invalid_request", "input", `The input names items of more than ${mostNamed} responses.`);
  }
  for (const id of new Set(ids)) {
    const record = await finder.find(principal, id);
    if (record === undefined) continue;
    for (const item of itemsOf(record)) items.set(item.id, item);
  }
  const earlier = chain.flatMap((stored) => itemsOf(toResponseRecord(stored)));
  return { responseId, chain, earlier, findItem: (id) => items.get(id) };
}

const mostNamed = 1_000;

async function readChain(
  { store, limits }: ResponseParts,
  finder: ResponseFinder,
  principal: Principal,
  previousId: string,
): Promise<readonly StoredResponse[]> {
  const previous = await finder.find(principal, previousId);
  if (previous === undefined) throw missing(`Previous response with id ${quoteId(previousId)} not found.`);
  const { status } = previous.body;
  if (status !== "completed" && status !== "incomplete") {
    const how = status === "failed" || status === "cancelled" ? `it has ${verbs[status]}` : "it is still being made";
    throw refuse("invalid_request", field, `The previous response ${quoteId(previousId)} cannot be continued: ${how}.`);
  }
  const { depth, bytes } = previous.stored;
  if (depth + 1 >= limits.mostInChain || bytes >= limits.mostBytes) {
    const most = `${limits.mostInChain} responses and ${limits.mostBytes} bytes`;
    throw refuse("context_too_long", field, `The conversation is longer than is kept: at most ${most}.`);
  }
  const chain = await store.listChain(previousId);
  const gone = findGap(chain, (stored) => finder.isVisible(principal, stored));
  if (gone === undefined) return chain;
  const behind = `${quoteId(previousId)} goes on from it`;
  throw missing(`Previous response with id ${quoteId(gone)} not found: ${behind}, and it was deleted or is over.`);
}

const field = "previous_response_id";
const verbs = { failed: "failed", cancelled: "been cancelled" } as const;

/** The response of a chain that is not there any more. */
function findGap(chain: readonly StoredResponse[], isVisible: (stored: StoredResponse) => boolean): string | undefined {
  const broken = chain.find((stored) => stored.state !== "ended" || !isVisible(stored));
  return broken?.id ?? chain[0]?.previousId ?? undefined;
}

function missing(message: string): FailureError {
  return refuse("previous_response_not_found", field, message);
}

function refuse(
  code: "previous_response_not_found" | "invalid_request" | "context_too_long",
  param: string,
  message: string,
): FailureError {
  return new FailureError(toFailure(code, message, { param }));
}
