import type { TaskStep } from "@gantry/contracts/tasks";
import { costOf, type PriceTable } from "../budgets/price-table.ts";
import type { LoggedEvent } from "../ports/event-log.ts";

const longestDetails = 2_000;

/** What an agent did, a row a step, out of its session's log. */
export function toExecutionLog(events: readonly LoggedEvent[], prices: PriceTable): TaskStep[] {
  const tools = new Map<string, string>();
  return events.flatMap((event) => toStep(event, tools, prices)).map((step, index) => ({ ...step, step: index + 1 }));
}

type Step = Omit<TaskStep, "step">;

function toStep({ id, type, body, processedAt }: LoggedEvent, tools: Map<string, string>, prices: PriceTable): Step[] {
  const row = (action: string, details: string, more: Partial<Step> = {}): Step[] => [
    {
      timestamp: new Date(processedAt ?? 0).toISOString(),
      action,
      details: details.slice(0, longestDetails),
      tool: null,
      arguments_digest: null,
      result: null,
      cost: null,
      ...more,
    },
  ];
  switch (type) {
    case "agent.message":
      return row("message", toText(body["content"]));
    case "span.model_request_end":
      return row("model_call", read(body, "gantry", "model") ?? "", { cost: toCost(body, prices) });
    case "agent.tool_use":
    case "agent.mcp_tool_use":
    case "agent.custom_tool_use": {
      const tool = String(body["name"] ?? "");
      tools.set(id, tool);
      const asked = body["evaluated_permission"] === "ask";
      const digest = read(body, "gantry", "digest") ?? null;
      return row(asked ? "approval_asked" : "tool_call", JSON.stringify(body["input"] ?? {}), {
        tool,
        arguments_digest: digest,
        ...(body["evaluated_permission"] === "deny" && { result: "denied" }),
      });
    }
    case "agent.tool_result":
    case "agent.mcp_tool_result": {
      const call = String(body["tool_use_id"] ?? body["mcp_tool_use_id"] ?? "");
      const failed = body["is_error"] === true;
      return row("tool_result", toText(body["content"]), {
        tool: tools.get(call) ?? null,
        result: failed ? "error" : "ok",
      });
    }
    case "user.tool_confirmation":
      return row("approval_given", read(body, "gantry", "decided_by") ?? "", {
        tool: tools.get(String(body["tool_use_id"])) ?? null,
        result: String(body["result"]),
      });
    case "session.error":
      return row("error", read(body, "error", "message") ?? "", { result: toRetry(body) });
    default:
      return [];
  }
}

/** `retrying` where the turn is begun anew, `exhausted` where that would do harm, or no good. */
function toRetry({ error }: Readonly<Record<string, unknown>>): string | null {
  if (typeof error !== "object" || error === null) return null;
  const status: unknown = Reflect.get(error, "retry_status");
  return read({ status }, "status", "type") ?? null;
}

function toText(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === "string" ? content : "";
  return content.map((part: { text?: unknown }) => (typeof part.text === "string" ? part.text : "")).join("");
}

function read(body: Readonly<Record<string, unknown>>, outer: string, inner: string): string | undefined {
  const value = body[outer];
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, inner) : undefined;
  return typeof found === "string" ? found : undefined;
}

function toCost(body: Readonly<Record<string, unknown>>, prices: PriceTable): number | null {
  const price = prices.priceOf(read(body, "gantry", "model") ?? "");
  const usage = body["model_usage"];
  if (price === undefined || typeof usage !== "object" || usage === null) return null;
  const count = (name: string): number => Number(Reflect.get(usage, name) ?? 0);
  const micros = costOf(price, {
    inputTokens: count("input_tokens"),
    outputTokens: count("output_tokens"),
    cacheReadTokens: count("cache_read_input_tokens"),
    cacheWriteTokens: count("cache_creation_input_tokens"),
  });
  return micros / 1_000_000;
}
