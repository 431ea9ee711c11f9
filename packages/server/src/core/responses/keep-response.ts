import type { Principal } from "../access/principal.ts";
import type { StoredResponse } from "../ports/response-store.ts";
import type { ResponseBody, ResponseItem } from "../ports/responses-format.ts";
import type { Conversation } from "./read-conversation.ts";
import type { ResponseParts } from "./response-parts.ts";

const dayMs = 86_400_000;

/** A response that is to be kept. */
export interface NewResponse {
  readonly principal: Principal;
  readonly conversation: Conversation;
  readonly items: readonly ResponseItem[];
  readonly body: ResponseBody;
  /** Where it is still being made. */
  readonly leaseUntil?: number;
}

/** Keeps a response; it is in the store when this resolves. What came before it is kept as long as it is. */
export async function keepResponse({ store, clock, limits }: ResponseParts, made: NewResponse): Promise<void> {
  const { principal, conversation, leaseUntil = null } = made;
  const [body, input] = [JSON.stringify(made.body), JSON.stringify(made.items)];
  const previous = conversation.chain.at(-1);
  const now = clock.epoch();
  const stored: StoredResponse = {
    id: conversation.responseId,
    projectId: principal.projectId,
    keyId: principal.keyId,
    previousId: previous?.id ?? null,
    rootId: previous?.rootId ?? conversation.responseId,
    depth: previous === undefined ? 0 : previous.depth + 1,
    bytes: (previous?.bytes ?? 0) + Buffer.byteLength(body) + Buffer.byteLength(input),
    state: leaseUntil === null ? "ended" : "running",
    body,
    input,
    leaseUntil,
    createdAt: now,
    expiresAt: now + limits.keepMs,
  };
  await store.add(stored);
  // Once a day is enough, and spares a write at every turn.
  const isOlder = conversation.chain.some(({ expiresAt }) => expiresAt < stored.expiresAt - dayMs);
  if (isOlder) await store.prolong(stored.rootId, stored.expiresAt);
}
