import type { Scope } from "@gantry/contracts/access";
import type {
  PreviewEvent,
  PreviewType,
  SessionEvent,
  SessionEventType,
  UserEvent,
} from "@gantry/contracts/session-events";
import type { SessionAgent } from "@gantry/contracts/agents";
import type { SessionInput } from "@gantry/contracts/session-inputs";
import type {
  DeletedSession,
  Session,
  SessionCreate,
  SessionFork,
  SessionStatus,
  SessionUpdate,
} from "@gantry/contracts/sessions";
import type { Principal } from "../access/principal.ts";
import type { Actor } from "../control/actor.ts";

/** Who asks, and how the audit names him. */
export interface SessionCaller {
  readonly principal: Principal;
  readonly actor: Actor;
}

/** The client's key for a request that it may send twice, and a digest of that request's body. */
export interface IdempotencyClaim {
  readonly key: string;
  readonly digest: string;
}

/**
 * Durable sessions. A project sees its own; a key with the scope `admin` sees all. Every write is committed when it resolves. Rejects with a
 * `FailureError`: `not_found` for what the caller may not see, `invalid_request`, `conflict`, `idempotency_mismatch`.
 */
export interface SessionService {
  create(caller: SessionCaller, input: SessionCreate, claim?: IdempotencyClaim): Promise<Session>;
  /** A session of the server's own making: with this id and this agent, which nobody has to have stored. */
  createGiven(
    caller: SessionCaller,
    input: Omit<SessionCreate, "agent" | "environment_id">,
    given: GivenSession,
  ): Promise<Session>;
  get(principal: Principal, id: string): Promise<Session>;
  list(principal: Principal, query: SessionQuery): Promise<SessionPage>;
  update(caller: SessionCaller, id: string, update: SessionUpdate): Promise<Session>;
  /** Read-only from then on. Archiving twice is archiving once. */
  archive(caller: SessionCaller, id: string): Promise<Session>;
  /** Its log goes with it. */
  delete(caller: SessionCaller, id: string): Promise<DeletedSession>;
  /** A new session of its own that begins with this one's log. */
  fork(caller: SessionCaller, id: string, input: SessionFork, claim?: IdempotencyClaim): Promise<Session>;

  /** Takes all or none. Resolves with the events as they are stored, an answer that was given before among them. */
  send(
    caller: SessionCaller,
    id: string,
    inputs: readonly SessionInput[],
    claim?: IdempotencyClaim,
  ): Promise<readonly SessionEvent[]>;
  listEvents(principal: Principal, id: string, query: EventQuery): Promise<EventPage>;
  /** Resolves once the reader is let in; what is iterated begins with `opened`. Ends by itself with `closed`, or with the signal. */
  subscribe(
    principal: Principal,
    id: string,
    options: SubscribeOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<SessionFrame>>;

  /** Inputs that wait for their turn, in order. */
  listQueue(principal: Principal, id: string): Promise<readonly UserEvent[]>;
  /** Takes a waiting input back: it is never read. `conflict` where it is not waiting any more. */
  withdraw(caller: SessionCaller, id: string, eventId: string): Promise<UserEvent>;
  /** Gives a waiting message to the turn that is running. `conflict` where it is not waiting or nothing runs. */
  steer(caller: SessionCaller, id: string, eventId: string): Promise<UserEvent>;
}

export interface GivenSession {
  /** `sesn_…`. */
  readonly id: string;
  readonly agent: SessionAgent;
  /** Micro-dollars that its model calls may cost; a budget of the input is not looked at then. */
  readonly limitMicros: number;
  /** MCP servers of `GET /v1/capabilities`, by name; the agent's toolsets say what of them it has. */
  readonly mcpServers?: readonly string[];
  /** JSON Schema of what each turn is to give, as the driver takes it (`WorkSpec.outputSchema`). */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
}

export interface SessionQuery {
  readonly limit: number;
  /** As a page before gave it. */
  readonly cursor?: string;
  /** By the time of creation; newest first where it is missing. */
  readonly order?: "asc" | "desc";
  readonly agentId?: string;
  readonly agentVersion?: number;
  readonly statuses?: readonly SessionStatus[];
  readonly createdAt?: TimeBounds;
  readonly includeArchived?: boolean;
}

/** Epoch milliseconds. */
export interface TimeBounds {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

export interface SessionPage {
  readonly items: readonly Session[];
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
}

export interface EventQuery {
  readonly limit: number;
  /** As a page before gave it; it binds the order. */
  readonly cursor?: string;
  /** Oldest first where it is missing. */
  readonly order?: "asc" | "desc";
  readonly types?: readonly SessionEventType[];
  /** On `processed_at`. */
  readonly processedAt?: TimeBounds;
  /** Events after this sequence, where there is no cursor. */
  readonly after?: number;
}

export interface EventPage {
  readonly items: readonly SessionEvent[];
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
}

export interface SubscribeOptions {
  /** Sequence of the last event that the reader has; 0 for all. Without it the stream begins now. */
  readonly after?: number;
  /** Previews that the reader wants. */
  readonly previews: readonly PreviewType[];
  /** What the reader's key must stay good for; `sessions` where it is missing. */
  readonly scope?: Scope;
}

/** What a reader is given. Only `event` has a place in the log; its `sequence` is the cursor to go on from. */
export type SessionFrame =
  /** First. `gap`: what came before `oldestSequence` is not kept any more; fetch the session and go on from there. */
  | { readonly type: "opened"; readonly verdict: "ok" | "gap"; readonly after: number; readonly oldestSequence: number }
  | { readonly type: "event"; readonly sequence: number; readonly event: SessionEvent }
  /** An input that was shown waiting has been taken up or withdrawn: the same event again, changed. */
  | { readonly type: "changed"; readonly event: SessionEvent }
  | { readonly type: "preview"; readonly preview: PreviewEvent }
  /** Last. All but `deleted` (which is shown as the event `session.deleted`) may come back with the last sequence they have. */
  | { readonly type: "closed"; readonly reason: ClosedReason };

export type ClosedReason = "deleted" | "slow_reader" | "draining" | "store_unavailable" | "key_refused";
