import type { InteractionKind, InteractionState } from "@gantry/contracts/interactions";
import type { SessionStatus } from "@gantry/contracts/sessions";
import type { SessionBody, SessionState } from "../sessions/session-state.ts";
import type { TimeBounds } from "../sessions/session-service.ts";
import type { ClaimStore } from "./claim-store.ts";
import type { Page, PageRequest } from "./control-store.ts";
import type { QueuedEvent } from "./webhook-store.ts";
import type {
  EventLog,
  InteractionBody,
  InteractionOutcome,
  NewEvent,
  StoredClaim,
  StoredTranscript,
} from "./event-log.ts";

/** Sessions with their logs. Every write is committed when it resolves. */
export interface SessionStore extends EventLog, ClaimStore {
  /** Whether other nodes write to it as well. */
  readonly shared: boolean;
  create(session: NewSession): Promise<CreateOutcome>;
  find(id: string): Promise<SessionRecord | undefined>;
  list(query: SessionListQuery): Promise<readonly SessionRecord[]>;
  /** With its log, its interactions and its transcript; `news` are queued with it. False where it is gone already. */
  remove(id: string, news: readonly QueuedEvent[]): Promise<boolean>;

  /**
   * Makes the node its owner, if it has none or that one's time is over at `now`. Each new owner has a higher fence. Undefined where another owns it
   * or it is gone.
   */
  acquire(id: string, nodeId: string, now: number, until: number): Promise<SessionRecord | undefined>;
  /** Keeps the node's leases; resolves with those that it still has. */
  renew(nodeId: string, ids: readonly string[], until: number): Promise<readonly string[]>;
  release(id: string, fence: number): Promise<void>;
  /** Sessions that have something to do and no owner alive, oldest first. */
  listAbandoned(now: number, limit: number): Promise<readonly string[]>;
  /** Which of these were written since, by whichever node. */
  readVersions(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly version: number; readonly lastSequence: number }>>;

  findInteraction(id: string): Promise<InteractionRecord | undefined>;
  listInteractions(query: InteractionListQuery): Promise<Page<InteractionRecord>>;
  /** Open ones whose time is over, oldest first. */
  listDueInteractions(now: number, limit: number): Promise<readonly InteractionRecord[]>;

  findTranscript(sessionId: string): Promise<StoredTranscript | undefined>;
}

export interface SessionRecord {
  readonly id: string;
  readonly projectId: string;
  readonly keyId: string;
  readonly agentId: string;
  readonly agentVersion: number;
  readonly status: SessionStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
  readonly lastSequence: number;
  /** Goes up with every commit. */
  readonly version: number;
  readonly fence: number;
  readonly body: SessionBody;
  readonly state: SessionState;
}

export interface NewSession {
  readonly id: string;
  readonly projectId: string;
  readonly keyId: string;
  readonly agentId: string;
  readonly agentVersion: number;
  readonly status: SessionStatus;
  readonly ready: boolean;
  readonly createdAt: number;
  readonly body: SessionBody;
  readonly state: SessionState;
  readonly events: readonly NewEvent[];
  /** The log begins with a copy of another's up to a sequence; `events` come after it. */
  readonly copy?: { readonly sessionId: string; readonly upTo: number; readonly withTranscript: boolean };
  readonly claim?: StoredClaim;
  readonly news?: readonly QueuedEvent[];
}

export type CreateOutcome =
  | { readonly kind: "created"; readonly record: SessionRecord }
  | { readonly kind: "repeated"; readonly digest: string; readonly answer: unknown };

export interface SessionListQuery {
  readonly projectId?: string;
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly from?: { readonly at: number; readonly id: string };
  readonly agentId?: string;
  readonly agentVersion?: number;
  readonly statuses?: readonly SessionStatus[];
  readonly createdAt?: TimeBounds;
  readonly includeArchived: boolean;
}

export interface InteractionRecord {
  readonly id: string;
  readonly sessionId: string;
  readonly projectId: string;
  readonly kind: InteractionKind;
  readonly state: InteractionState;
  readonly deadline: number;
  readonly createdAt: number;
  readonly body: InteractionBody;
  readonly outcome: InteractionOutcome | null;
}

export interface InteractionListQuery extends PageRequest {
  readonly projectId?: string;
  readonly sessionId?: string;
  readonly states: readonly InteractionState[];
  readonly kind?: InteractionKind;
}
