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
  readonly message?: { readonly model?: string; readonly usage?: CliUsage };
  readonly delta?: {
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
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
  | { readonly type: "system"; readonly subtype: "init"; readonly claude_code_version?: string }
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
      return line["subtype"] === "status" || line["subtype"] === "init" || line["subtype"] === "api_retry";
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

function isObjectWith(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && typeof (value as Record<string, unknown>)[key] === "string";
}
