import type { SessionAgent } from "@gantry/contracts/agents";
import type { InteractionQuestion } from "@gantry/contracts/interactions";
import type { Permission, SessionBudget, StopReason } from "@gantry/contracts/session-events";
import type { ToolResultContent } from "@gantry/contracts/session-inputs";
import type { SessionSettings, SessionStatus } from "@gantry/contracts/sessions";

/** What a session is made of: changed by its client, not by its life. */
export interface SessionBody {
  readonly title: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly agent: SessionAgent;
  readonly environmentId: string;
  readonly vaultIds: readonly string[];
  readonly settings: SessionSettings;
  readonly approvals: ApprovalRules;
  readonly driver: string;
  readonly budget: SessionBudget | null;
  /** Row of the ledger that holds it. */
  readonly budgetId: string | null;
  readonly workspaceId?: string;
  /** Of those that keys may be given, by name. */
  readonly mcpServers?: readonly string[];
  /** Of what each turn is to give besides its text. */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly forkedFrom?: { readonly session_id: string; readonly event_id: string | null };
}

/** What an asked call is held by, with nothing left to a default. */
export interface ApprovalRules {
  readonly deadline_seconds: number;
  readonly default: "allow" | "deny";
  readonly hold_seconds: number;
  readonly four_eyes: boolean;
}

/** Where a session's life stands. Stored with every step; the machine alone changes it. */
export interface SessionState {
  readonly status: SessionStatus;
  readonly stopReason: StopReason | null;
  readonly queue: readonly QueuedInput[];
  readonly turn: TurnState | null;
  readonly grants: readonly Grant[];
  readonly usage: SessionTally;
  /** The transcript holds the log up to here. */
  readonly transcriptSequence: number;
  /** A turn was lost with its process, so that the transcript lacks it: the conversation is put together from the log. */
  readonly retell: boolean;
  readonly archived: boolean;
}

export interface QueuedInput {
  readonly eventId: string;
  readonly kind: "message" | "system";
  readonly delivery: "queue" | "steer";
  /** Id of the key that sent it. */
  readonly by: string;
}

/** From the input that begins it to the idle that ends it, over any number of processes. */
export interface TurnState {
  readonly inputIds: readonly string[];
  readonly by: string;
  readonly startedAt: number;
  /** Since when it has not waited; null while it does. */
  readonly runningSince: number | null;
  /**
   * `running`: a process works on it. `deferred`: the process was let go until every call is decided. `lost`: the same, but the process took
   * the conversation with it. `retrying`: to be begun anew. `paused`: a budget holds it. `continuing`: it was raised.
   */
  readonly phase: "running" | "deferred" | "lost" | "retrying" | "paused" | "continuing";
  readonly calls: readonly OpenCall[];
  /** How often it was begun anew. */
  readonly retries: number;
  /** Something of it may have had an effect, so that it is not begun anew by itself. */
  readonly touched: boolean;
  /** It is to end. */
  readonly interrupted: boolean;
}

/** A tool call without a result yet. */
export interface OpenCall {
  readonly eventId: string;
  /** The model's id of it, the same before and after a resume. */
  readonly toolUseId: string;
  readonly tool: string;
  readonly kind: "built_in" | "mcp" | "custom" | "question";
  readonly digest: string;
  readonly interactionId?: string;
  readonly questions?: readonly InteractionQuestion[];
  /**
   * `waiting` for a person or for the client; `decided`, but not told to the agent yet; `begun`: the agent was told, and what it does may have
   * had its effect.
   */
  readonly stage: "waiting" | "decided" | "begun";
  readonly decision?: CallDecision;
  /** Where it has a subagent work. */
  readonly thread?: SessionThreadOf;
  /** The thread of the subagent that makes it. */
  readonly within?: string;
}

export interface SessionThreadOf {
  readonly id: string;
  readonly agentName: string;
  /** Where it is one of the session's roster. */
  readonly agentId?: string;
  /** What the subagent is told. */
  readonly message: string;
  /** The log tells that it has begun. */
  readonly isOpen: boolean;
}

export interface CallDecision {
  readonly permission: Exclude<Permission, "ask">;
  readonly message?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** Of a question, by its text. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Of a custom tool. */
  readonly content?: readonly ToolResultContent[];
  readonly isError?: boolean;
}

/** The like of a call that a person has allowed for the rest of the session. */
export interface Grant {
  readonly tool: string;
  readonly interactionId: string;
  readonly by: string;
}

export interface SessionTally {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costMicros: number;
  readonly activeMs: number;
}

export const newSessionState: SessionState = {
  status: "idle",
  stopReason: null,
  queue: [],
  turn: null,
  grants: [],
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costMicros: 0, activeMs: 0 },
  transcriptSequence: 0,
  retell: false,
  archived: false,
};
