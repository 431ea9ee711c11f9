import type { SessionEventType } from "@gantry/contracts/session-events";
import type { SessionStatus } from "@gantry/contracts/sessions";
import type { Interaction, InteractionAnswer, InteractionKind, InteractionState } from "@gantry/contracts/interactions";
import type { TimeBounds } from "../sessions/session-service.ts";
import type { QueuedEvent } from "./webhook-store.ts";

/**
 * The log of each session: append-only, numbered from 1 without a gap. A commit is one durable step; when it resolves, all
 * of it is there, and only then may anybody be shown any of it.
 */
export interface EventLog {
  commit(commit: SessionCommit): Promise<CommitOutcome>;
  /** In order. */
  readEvents(sessionId: string, after: number, limit: number): Promise<readonly LoggedEvent[]>;
  listEvents(query: LogQuery): Promise<readonly LoggedEvent[]>;
  findEvent(sessionId: string, eventId: string): Promise<LoggedEvent | undefined>;
}

/** `body` is what the event has besides its id, its type and its time. Times are epoch milliseconds. */
export interface NewEvent {
  readonly id: string;
  readonly type: SessionEventType;
  /** Null while an input waits for its turn. */
  readonly processedAt: number | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface LoggedEvent extends NewEvent {
  readonly sequence: number;
}

/** Everything that one step changes. The session's own state goes with it, so that log and state never tell two stories. */
export interface SessionCommit {
  readonly sessionId: string;
  /** The version of the record that the step was decided on. */
  readonly version: number;
  /** Where the writer owns the session: refused once somebody else does. */
  readonly fence?: number;
  readonly now: number;
  readonly status: SessionStatus;
  /** The session has something to do and needs an owner. */
  readonly ready: boolean;
  readonly state: unknown;
  /** Replaces what the session is made of; left out where that stays. */
  readonly body?: unknown;
  readonly archivedAt?: number;
  readonly events: readonly NewEvent[];
  /** Waiting inputs that were taken up or withdrawn. */
  readonly processed?: readonly ProcessedInput[];
  readonly opened?: readonly NewInteraction[];
  readonly closed?: readonly ClosedInteraction[];
  readonly transcript?: StoredTranscript;
  readonly claim?: StoredClaim;
  /** What webhooks are to be told of it: queued for every endpoint that wants it, as `WebhookStore.enqueue` does. */
  readonly news?: readonly QueuedEvent[];
}

export interface ProcessedInput {
  readonly id: string;
  readonly at: number;
  /** Left out where it stays. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface NewInteraction {
  readonly id: string;
  readonly sessionId: string;
  readonly projectId: string;
  readonly kind: InteractionKind;
  readonly deadline: number;
  readonly createdAt: number;
  readonly body: InteractionBody;
}

/** What is asked; the names are the contract's. */
export type InteractionBody = Pick<
  Interaction,
  | "event_id"
  | "tool"
  | "input"
  | "digest"
  | "questions"
  | "risks"
  | "rule"
  | "reason"
  | "four_eyes"
  | "requested_by"
  | "default"
>;

export interface ClosedInteraction {
  readonly id: string;
  readonly state: Exclude<InteractionState, "open">;
  /** What was decided, and by whom. */
  readonly outcome: InteractionOutcome;
}

export interface InteractionOutcome {
  readonly decision: InteractionAnswer | null;
  readonly decidedBy: string;
  readonly decidedAt: number;
}

/** The agent program's own record of the conversation. */
export interface StoredTranscript {
  /** The program's id of it. */
  readonly transcriptId: string;
  readonly content: string;
  /** SHA-256 of the content in hexadecimal; checked before it is used. */
  readonly digest: string;
  /** Everything in the log up to here is in it. */
  readonly sequence: number;
}

/** The answer to a request that came with a key of the client's. */
export interface StoredClaim {
  readonly scope: string;
  readonly key: string;
  readonly digest: string;
  readonly answer: unknown;
}

export type CommitOutcome =
  | { readonly kind: "committed"; readonly firstSequence: number; readonly version: number }
  /** Another step came in between: to be decided again. */
  | { readonly kind: "stale" }
  /** Somebody else owns the session. */
  | { readonly kind: "fenced" }
  | { readonly kind: "gone" }
  /** That key was used before. */
  | { readonly kind: "repeated"; readonly digest: string; readonly answer: unknown };

export interface LogQuery {
  readonly sessionId: string;
  readonly order: "asc" | "desc";
  readonly limit: number;
  /** Beyond it in the order asked for. */
  readonly from?: number;
  readonly types?: readonly SessionEventType[];
  readonly processedAt?: TimeBounds;
  /** Only those that wait. */
  readonly waiting?: boolean;
}
