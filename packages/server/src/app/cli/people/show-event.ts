import type { SessionStreamEvent } from "@gantry/sdk";
import { toPrintable } from "../printable.ts";
import { cutToWidth } from "../text-width.ts";
import type { Paint } from "./paint.ts";

/** What a session's event is to a person who watches, in one line; undefined where it tells nothing new. */
export function toEventLine(event: SessionStreamEvent, paint: Paint, columns: number): string | undefined {
  const cut = (text: string): string => cutToWidth(toPrintable(text), Math.max(20, columns));
  switch (event.type) {
    case "agent.tool_use":
    case "agent.mcp_tool_use":
    case "agent.custom_tool_use": {
      const verdict = "evaluated_permission" in event ? event.evaluated_permission : "allow";
      const mark = verdict === "deny" ? paint.bad("✗") : verdict === "ask" ? paint.warm("?") : paint.faint("▸");
      return `${mark} ${paint.faint(cut(`${event.name} ${toShortInput(event.input)}`))}`;
    }
    case "agent.tool_result":
    case "agent.mcp_tool_result":
      return event.is_error === true ? `${paint.bad("✗")} ${paint.faint(cut(toText(event.content ?? [])))}` : undefined;
    case "session.error":
      return paint.bad(cut(`${event.error.message} (${event.error.retry_status.type})`));
    case "user.tool_confirmation":
      return paint.faint(`${event.result === "allow" ? "allowed" : "denied"}${toReason(event.deny_message)}`);
    case "session.status_terminated":
      return paint.bad("The session has ended.");
    case "session.deleted":
      return paint.bad("The session was deleted.");
    case "gap":
      return paint.warm("Older events are not kept any more.");
    default:
      return undefined;
  }
}

/** The text of a message, or of a tool's result. */
export function toText(content: readonly { readonly type: string; readonly text?: string }[]): string {
  return content.map(({ text = "" }) => text).join("");
}

/** Millionths of a dollar that a model call has cost; 0 for any other event. */
export function costOf(event: SessionStreamEvent): number {
  return event.type === "span.model_request_end" ? (event.gantry?.cost_micros ?? 0) : 0;
}

const toReason = (message: string | null | undefined): string =>
  message === undefined || message === null || message === "" ? "" : `: ${toPrintable(message).slice(0, 200)}`;

/** What matters most of a call's input: the one text of a command or a path, else all of it. */
function toShortInput(input: Readonly<Record<string, unknown>>): string {
  const named = ["command", "file_path", "pattern", "url", "query"].map((name) => input[name]);
  const text = named.find((value) => typeof value === "string");
  return typeof text === "string" ? text : JSON.stringify(input);
}
