import type { Interaction, InteractionAnswer, InteractionKind, InteractionState } from "@gantry/contracts/interactions";
import type { Principal } from "../access/principal.ts";
import type { Page } from "../ports/control-store.ts";
import type { SessionCaller } from "./session-service.ts";

/** What agents wait for, over all sessions of a project; for a key with the scope `admin`, of all projects. */
export interface InteractionService {
  /** Newest first. */
  list(principal: Principal, query: InteractionQuery): Promise<Page<Interaction>>;
  get(principal: Principal, id: string): Promise<Interaction>;
  /**
   * The first answer wins; the same answer again gives the same. Another one, or one that comes too late, is a `conflict` that
   * names who decided. Needs the scope `approve`, and where four eyes are asked for, another key than the one that asked:
   * `insufficient_scope`, `forbidden`.
   */
  answer(caller: SessionCaller, id: string, answer: InteractionAnswer): Promise<Interaction>;
  /** What a link of a webhook is about; it decides nothing. `forbidden` for a link that is no good. */
  showByLink(token: string): Promise<Interaction>;
  /** As `answer`, in the name of the webhook that was given the link. `address` is where the answer came from. */
  answerByLink(token: string, answer: InteractionAnswer, address: string | null): Promise<Interaction>;
}

export interface InteractionQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly sessionId?: string;
  /** Open ones where it is missing. */
  readonly states?: readonly InteractionState[];
  readonly kind?: InteractionKind;
}
