import { z } from "zod";

/**
 * The lines of the CLI's standard output that matter here. Parsed leniently: new line types and fields come with every
 * release, so whatever is not known is skipped, never fatal. (`@anthropic-ai/claude-agent-sdk` describes them all.)
 */
const modelEntry = z.object({
  value: z.string(),
  resolvedModel: z.string().optional(),
  displayName: z.string().optional(),
});

export type CliModelEntry = z.infer<typeof modelEntry>;

export const initialiseAnswer = z.object({
  // One entry that a release writes in another way must not cost all the others.
  models: z
    .array(modelEntry.nullable().catch(null))
    .default([])
    .transform((entries) => entries.filter((entry) => entry !== null)),
  claude_code_version: z.string().optional(),
});

export interface CliUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
}

/** A raw event of the Messages API as it passes through the CLI. */
export interface CliStreamEvent {
  readonly type: string;
  readonly message?: { readonly id?: string; readonly model?: string; readonly usage?: CliUsage };
  readonly index?: number;
  readonly content_block?: CliBlock;
  readonly delta?: {
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
    readonly signature?: string;
    readonly partial_json?: string;
    readonly stop_reason?: string | null;
  };
  readonly usage?: CliUsage;
}

export interface CliResult {
  readonly type: "result";
  readonly subtype?: string;
  readonly is_error?: boolean;
  readonly result?: string;
  readonly stop_reason?: string | null;
  readonly terminal_reason?: string;
  readonly api_error_status?: number | null;
  readonly total_cost_usd?: number;
  /** Of all calls of the process so far, those of subagents too, model by model. */
  readonly modelUsage?: Readonly<Record<string, unknown>>;
  readonly structured_output?: unknown;
  readonly num_turns?: number;
}

export interface CliRetry {
  readonly type: "system";
  readonly subtype: "api_retry";
  readonly attempt?: number;
  readonly retry_delay_ms?: number;
  readonly error_status?: number | null;
}

/** How the subscription stands, where the CLI has one. */
export interface CliRateLimit {
  readonly type: "rate_limit_event";
  /** `resetsAt` is in epoch seconds. */
  readonly rate_limit_info: { readonly status: string; readonly resetsAt?: number };
}

/** One content block of a message of the model; the blocks of one message come in lines of their own. */
export interface CliAssistant {
  readonly type: "assistant";
  readonly message: { readonly id?: string; readonly model?: string; readonly content: readonly CliBlock[] };
  readonly parent_tool_use_id?: string | null;
}

/** Results of tools; with `isReplay`, a user's line that the CLI has taken up. */
export interface CliUser {
  readonly type: "user";
  readonly message: { readonly content: string | readonly CliBlock[] };
  readonly parent_tool_use_id?: string | null;
  readonly isReplay?: boolean;
  readonly uuid?: string;
}

/** A content block of the Messages API; whatever is read of it is checked where it is read. */
export type CliBlock = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Something that the CLI asks its driver. */
export interface CliControlRequest {
  readonly type: "control_request";
  readonly request_id: string;
  readonly request: { readonly subtype: string } & Readonly<Record<string, unknown>>;
}

/** A subagent begins: `task_id` is what its tool calls name as their agent, `tool_use_id` the call that started it. */
export interface CliTaskStarted {
  readonly type: "system";
  readonly subtype: "task_started";
  readonly task_id?: unknown;
  readonly tool_use_id?: unknown;
}

export interface CliControlResponse {
  readonly type: "control_response";
  readonly response: {
    readonly subtype: string;
    readonly request_id: string;
    readonly response?: unknown;
    readonly error?: string;
  };
}

export type CliLine =
  | { readonly type: "stream_event"; readonly event: CliStreamEvent; readonly parent_tool_use_id?: string | null }
  | { readonly type: "system"; readonly subtype: "status"; readonly status?: string }
  | {
      readonly type: "system";
      readonly subtype: "init";
      readonly claude_code_version?: string;
      readonly tools?: unknown;
    }
  | { readonly type: "system"; readonly subtype: "compact_boundary" }
  | CliTaskStarted
  | CliAssistant
  | CliUser
  | CliControlRequest
  | CliRetry
  | CliRateLimit
  | CliResult
  | CliControlResponse
  | { readonly type: "other" };

const other: CliLine = { type: "other" };

/** Reads one line. `undefined` means that the line is not a JSON object: garbage. */
export function parseCliLine(line: Buffer): CliLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return isKnown(value) ? value : other;
}

// The check covers what the code relies on to be an object or a string; numbers are checked where they are used, since
// a schema over each delta would cost more than the rest of the hot path together.
function isKnown(value: object): value is CliLine {
  const line = value as Record<string, unknown>;
  switch (line["type"]) {
    case "stream_event":
      return isObjectWith(line["event"], "type");
    case "system":
      return typeof line["subtype"] === "string" && systemSubtypes.has(line["subtype"]);
    case "assistant":
      return isObject(line["message"]) && areBlocks(line["message"]["content"]);
    case "user":
      return isObject(line["message"]) && isContent(line["message"]["content"]);
    case "control_request":
      return typeof line["request_id"] === "string" && isObjectWith(line["request"], "subtype");
    case "result":
      return true;
    case "rate_limit_event":
      return isObjectWith(line["rate_limit_info"], "status");
    case "control_response":
      return isObjectWith(line["response"], "request_id");
    default:
      return false;
  }
}

const systemSubtypes: ReadonlySet<string> = new Set([
  "status",
  "init",
  "api_retry",
  "task_started",
  "compact_boundary",
]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isObjectWith(value: unknown, key: string): boolean {
  return isObject(value) && typeof value[key] === "string";
}

function areBlocks(value: unknown): boolean {
  return Array.isArray(value) && value.every((block) => isObjectWith(block, "type"));
}

function isContent(value: unknown): boolean {
  return typeof value === "string" || areBlocks(value);
}
