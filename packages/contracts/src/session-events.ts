import { z } from "zod";

/**
 * The events of a session in the wire's own shape (Managed Agents): what is stored is what is sent. What is ours alone lies
 * in the optional object `gantry`. Times are RFC 3339.
 */

const id = z.string().min(1).max(200);
const mediaType = z.string().min(1).max(200);
const url = z.string().min(1).max(8192);
const text = z.string().max(2_000_000);

const textBlock = z.object({ type: z.literal("text"), text });
const imageBlock = z.object({
  type: z.literal("image"),
  source: z.discriminatedUnion("type", [
    z.object({ type: z.literal("base64"), media_type: mediaType, data: z.string().min(1) }),
    z.object({ type: z.literal("url"), url }),
    z.object({ type: z.literal("file"), file_id: id }),
  ]),
});
const documentBlock = z.object({
  type: z.literal("document"),
  source: z.discriminatedUnion("type", [
    z.object({ type: z.literal("base64"), media_type: mediaType, data: z.string().min(1) }),
    z.object({ type: z.literal("text"), media_type: z.literal("text/plain"), data: text }),
    z.object({ type: z.literal("url"), url }),
    z.object({ type: z.literal("file"), file_id: id }),
  ]),
  title: z.string().max(1000).nullish(),
  context: z.string().max(100_000).nullish(),
});
const searchResultBlock = z.object({
  type: z.literal("search_result"),
  source: z.string().max(8192),
  title: z.string().max(1000),
  content: z.array(textBlock).max(1000),
  citations: z.object({ enabled: z.boolean() }),
});

export type TextContent = z.infer<typeof textBlock>;
const messageBlock = z.discriminatedUnion("type", [textBlock, imageBlock, documentBlock]);
const resultBlock = z.discriminatedUnion("type", [textBlock, imageBlock, documentBlock, searchResultBlock]);
export type MessageContent = z.infer<typeof messageBlock>;
export type ToolResultContent = z.infer<typeof resultBlock>;

const userMessage = z.object({
  type: z.literal("user.message"),
  content: z.array(messageBlock).min(1).max(1000),
  /** `steer`: read by the model at its next call where a turn is running, instead of waiting for that turn's end. */
  gantry: z.strictObject({ delivery: z.enum(["queue", "steer"]).optional() }).optional(),
});
const userInterrupt = z.object({ type: z.literal("user.interrupt"), session_thread_id: id.nullish() });
const userToolConfirmation = z.object({
  type: z.literal("user.tool_confirmation"),
  tool_use_id: id,
  result: z.enum(["allow", "deny"]),
  deny_message: z.string().max(10_000).nullish(),
  session_thread_id: id.nullish(),
  gantry: z
    .strictObject({
      /** Takes the place of the input that the agent gave. */
      input: z.record(z.string(), z.unknown()).optional(),
      /** Answers to a question of the agent, by the question's text. */
      answers: z.record(z.string(), z.string().max(100_000)).optional(),
      /** `session`: the like is allowed for the rest of this session. */
      scope: z.enum(["call", "session"]).optional(),
    })
    .optional(),
});
const userCustomToolResult = z.object({
  type: z.literal("user.custom_tool_result"),
  custom_tool_use_id: id,
  content: z.array(resultBlock).max(1000).optional(),
  is_error: z.boolean().nullish(),
  session_thread_id: id.nullish(),
});
const userToolResult = z.object({
  type: z.literal("user.tool_result"),
  tool_use_id: id,
  content: z.array(resultBlock).max(1000).optional(),
  is_error: z.boolean().nullish(),
  session_thread_id: id.nullish(),
});
const systemMessage = z.object({ type: z.literal("system.message"), content: z.array(textBlock).min(1).max(100) });

/** What a client may send. Fields that are not known are ignored, as the wire does it; `user.tool_result` is refused later. */
export const sessionInput = z.discriminatedUnion("type", [
  userMessage,
  userInterrupt,
  userToolConfirmation,
  userCustomToolResult,
  userToolResult,
  systemMessage,
]);
export type SessionInput = z.infer<typeof sessionInput>;
export const sessionInputs = z.object({ events: z.array(sessionInput).min(1).max(100) });
/** What a session may be created with. */
export const initialInput = userMessage;

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
  /** The call of which subagent's parent this is a part. */
  readonly parent_tool_use_id?: string;
  /** Who decided: the id of a key, or `deadline`, `session` and the like. */
  readonly decided_by?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly answers?: Readonly<Record<string, string>>;
  readonly scope?: "call" | "session";
  /** Code of the catalogue of errors. */
  readonly code?: string;
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
  | StoredInput<z.infer<typeof userMessage>>
  | StoredInput<z.infer<typeof userInterrupt>>
  | StoredInput<z.infer<typeof userToolConfirmation>>
  | StoredInput<z.infer<typeof userCustomToolResult>>
  | StoredInput<z.infer<typeof systemMessage>>;

export type AgentEvent =
  | (Stored<"agent.message"> & { readonly content: readonly TextContent[] })
  | Stored<"agent.thinking">
  | (Stored<"agent.tool_use"> & ToolUse & Judged)
  | (Stored<"agent.tool_result"> & ToolOutcome & { readonly tool_use_id: string })
  | (Stored<"agent.mcp_tool_use"> & ToolUse & Judged & { readonly mcp_server_name: string })
  | (Stored<"agent.mcp_tool_result"> & ToolOutcome & { readonly mcp_tool_use_id: string })
  | (Stored<"agent.custom_tool_use"> & ToolUse)
  | Stored<"agent.thread_context_compacted">;

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
  "session.status_running",
  "session.status_idle",
  "session.status_rescheduled",
  "session.status_terminated",
  "session.error",
  "session.updated",
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
