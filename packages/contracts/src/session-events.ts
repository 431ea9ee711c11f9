import type {
  SystemMessageInput,
  TextContent,
  ToolResultContent,
  UserCustomToolResultInput,
  UserInterruptInput,
  UserMessageInput,
  UserToolConfirmationInput,
} from "./session-inputs.ts";

/**
 * The events of a session in the wire's own shape (Managed Agents): what is stored is what is sent. What is ours alone lies
 * in the optional object `gantry`. Times are RFC 3339.
 */

/** Of every event that is stored. */
interface Stored<Type extends string> {
  readonly id: string;
  readonly type: Type;
  readonly processed_at: string;
  readonly gantry?: EventNotes;
}
/** `processed_at` is null while the input waits for its turn. */
type StoredInput<Input extends { readonly type: string }> = Omit<Input, "gantry"> & {
  readonly id: string;
  readonly processed_at: string | null;
  readonly gantry?: EventNotes;
};

/** What Gantry adds to an event. `sequence` is there on every event that is read from the log. */
export interface EventNotes {
  /** Position in the log of its session, from 1 without a gap. */
  readonly sequence?: number;
  /** Inputs that a turn begins with, in the order in which the agent reads them. */
  readonly input_ids?: readonly string[];
  readonly delivery?: "queue" | "steer";
  /** Of a tool call: the rule that decided (`profile: toolRules[2]`), and the digest of the tool with its input. */
  readonly rule?: string;
  readonly reason?: string;
  readonly digest?: string;
  readonly interaction_id?: string;
  /** The model's own id of the call. */
  readonly tool_use_id?: string;
  /** The call of which subagent's parent this is a part. */
  readonly parent_tool_use_id?: string;
  /** Of a result: the thread of the subagent that made the call. */
  readonly session_thread_id?: string;
  /** Who decided: the id of a key, or `deadline`, `session` and the like. */
  readonly decided_by?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly answers?: Readonly<Record<string, string>>;
  readonly scope?: "call" | "session";
  /** Code of the catalogue of errors. */
  readonly code?: string;
  /** How long what refused a turn lasts, where that is known. */
  readonly retry_after_ms?: number;
  /** Why the turn ended: `interrupted`, or that its process was let go until an answer comes. */
  readonly detail?: string;
  /** How the conversation was put back: from its transcript, or told anew from the log. */
  readonly restored?: "transcript" | "log";
  readonly withdrawn?: boolean;
  /** Model that answered. */
  readonly model?: string;
  readonly cost_micros?: number | null;
  /** Session and event that this session was forked from. */
  readonly forked_from?: { readonly session_id: string; readonly event_id: string | null };
}

export type Permission = "allow" | "ask" | "deny";
interface ToolUse {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly session_thread_id?: string | null;
}
interface ToolOutcome {
  readonly content?: readonly ToolResultContent[];
  readonly is_error?: boolean | null;
}
interface Judged {
  readonly evaluated_permission: Permission;
  readonly evaluation?: { readonly type: "always_allow" } | { readonly type: "always_ask" };
}

export type StopReason =
  | { readonly type: "end_turn" }
  | { readonly type: "requires_action"; readonly event_ids: readonly string[] }
  | { readonly type: "retries_exhausted" }
  | { readonly type: "budget_reached" }
  | { readonly type: "refusal" };

export interface SessionErrorBody {
  readonly type:
    | "unknown_error"
    | "model_overloaded_error"
    | "model_rate_limited_error"
    | "model_request_failed_error"
    | "billing_error"
    | "tool_use_limit_reached_error";
  readonly message: string;
  readonly retry_status: { readonly type: "retrying" | "exhausted" | "terminal" };
}

export interface MonetaryAmount {
  /** Whole cents, as digits. */
  readonly amount: string;
  readonly currency: "USD";
}
export interface SessionBudget {
  readonly type: "limit";
  readonly max_list_cost: MonetaryAmount;
}
export interface SessionUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  };
  readonly active_seconds?: number;
  readonly list_cost?: MonetaryAmount;
}
export interface SpanModelUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

export type UserEvent =
  | StoredInput<UserMessageInput>
  | StoredInput<UserInterruptInput>
  | StoredInput<UserToolConfirmationInput>
  | StoredInput<UserCustomToolResultInput>
  | StoredInput<SystemMessageInput>;

export type AgentEvent =
  | (Stored<"agent.message"> & { readonly content: readonly TextContent[] })
  | Stored<"agent.thinking">
  | (Stored<"agent.tool_use"> & ToolUse & Judged)
  | (Stored<"agent.tool_result"> & ToolOutcome & { readonly tool_use_id: string })
  | (Stored<"agent.mcp_tool_use"> & ToolUse & Judged & { readonly mcp_server_name: string })
  | (Stored<"agent.mcp_tool_result"> & ToolOutcome & { readonly mcp_tool_use_id: string })
  | (Stored<"agent.custom_tool_use"> & ToolUse)
  | (Stored<"agent.thread_message_sent"> & {
      readonly to_session_thread_id: string;
      readonly to_agent_name: string;
      readonly content: readonly TextContent[];
    })
  | (Stored<"agent.thread_message_received"> & {
      readonly from_session_thread_id: string;
      readonly from_agent_name: string;
      readonly content: readonly TextContent[];
    })
  | Stored<"agent.thread_context_compacted">;

/** Of a subagent's thread. */
interface OfThread {
  readonly session_thread_id: string;
  readonly agent_name: string;
}

export type StatusEvent =
  | Stored<"session.status_running">
  | (Stored<"session.status_idle"> & { readonly stop_reason: StopReason; readonly stop_details: null })
  | Stored<"session.status_rescheduled">
  | Stored<"session.status_terminated">
  | (Stored<"session.error"> & { readonly error: SessionErrorBody })
  | (Stored<"session.updated"> & {
      readonly title?: string | null;
      readonly metadata?: Record<string, string>;
      readonly budget?: SessionBudget | null;
      readonly agent?: unknown;
    })
  | (Stored<"session.usage"> & { readonly usage: SessionUsage; readonly budget?: SessionBudget | null })
  | (Stored<"session.thread_created"> & OfThread & { readonly workflow_run_id: null })
  | (Stored<"session.thread_status_running"> & OfThread)
  | (Stored<"session.thread_status_idle"> &
      OfThread & { readonly stop_reason: StopReason; readonly stop_details: null })
  | Stored<"session.deleted">;

export type SpanEvent =
  | Stored<"span.model_request_start">
  | (Stored<"span.model_request_end"> & {
      readonly model_request_start_id: string;
      readonly is_error: boolean | null;
      readonly model_usage: SpanModelUsage;
    });

/** Everything that a log holds. */
export type SessionEvent = UserEvent | AgentEvent | StatusEvent | SpanEvent;

/** Types that the list of events may be filtered by. */
export const sessionEventTypes = [
  "user.message",
  "user.interrupt",
  "user.tool_confirmation",
  "user.custom_tool_result",
  "user.tool_result",
  "system.message",
  "agent.message",
  "agent.thinking",
  "agent.tool_use",
  "agent.tool_result",
  "agent.mcp_tool_use",
  "agent.mcp_tool_result",
  "agent.custom_tool_use",
  "agent.thread_context_compacted",
  "agent.thread_message_sent",
  "agent.thread_message_received",
  "session.status_running",
  "session.status_idle",
  "session.status_rescheduled",
  "session.status_terminated",
  "session.error",
  "session.updated",
  "session.thread_created",
  "session.thread_status_running",
  "session.thread_status_idle",
  "session.usage",
  "session.deleted",
  "span.model_request_start",
  "span.model_request_end",
] as const;
export type SessionEventType = (typeof sessionEventTypes)[number];

/** What readers may ask previews of. */
export const previewTypes = ["agent.message", "agent.thinking"] as const;
export type PreviewType = (typeof previewTypes)[number];

/** Streamed and never stored: the event of the same id that follows is the record, and takes its place. */
export type PreviewEvent =
  | { readonly type: "event_start"; readonly event: { readonly type: PreviewType; readonly id: string } }
  | {
      readonly type: "event_delta";
      readonly event_id: string;
      readonly delta: { readonly type: "content_delta"; readonly index: number; readonly content: TextContent };
    };
