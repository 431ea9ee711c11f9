import type { SessionEvent } from "@gantry/contracts/session-events";
import type { SessionFrame } from "../../../core/sessions/session-service.ts";

type Told = Readonly<Record<string, unknown>> & { readonly type: string };

/** Turns what a session's reader is given into the frames of a task's stream. */
export interface TaskFrames {
  /** `cursor`, where there is one, is what a client goes on from. */
  encode(frame: SessionFrame): readonly Told[];
}

/** Of what a tool was given or gave. */
const longestShown = 10_000;

/**
 * A state machine: the pieces of a message come as previews, and its event, which is the record, tells what was not told yet of it, so that a reader
 * that comes late or comes back misses nothing and hears nothing twice.
 */
export function createTaskFrames(): TaskFrames {
  /** How much of each message was told. */
  const told = new Map<string, number>();

  function encodeEvent(event: SessionEvent): readonly Told[] {
    switch (event.type) {
      case "agent.message": {
        const text = event.content.map((block) => block.text).join("");
        const rest = text.slice(told.get(event.id) ?? 0);
        told.delete(event.id);
        return rest === "" ? [] : [{ type: "token", content: rest }];
      }
      case "agent.thinking":
        return [{ type: "thinking", content: "" }];
      case "agent.tool_use":
      case "agent.mcp_tool_use":
      case "agent.custom_tool_use":
        return [
          {
            type: "tool",
            tool: event.name,
            tool_use_id: event.id,
            status: "evaluated_permission" in event && event.evaluated_permission === "ask" ? "asked" : "started",
            arguments: cut(JSON.stringify(event.input)),
          },
        ];
      case "agent.tool_result":
        return [toResult(event.tool_use_id, event)];
      case "agent.mcp_tool_result":
        return [toResult(event.mcp_tool_use_id, event)];
      case "session.status_running":
        return [{ type: "status", status: "running" }];
      case "session.status_idle":
        return event.stop_reason.type === "requires_action" ? [{ type: "status", status: "requires_action" }] : [];
      default:
        return [];
    }
  }

  return {
    encode(frame) {
      if (frame.type === "event") {
        return encodeEvent(frame.event).map((one) => ({ ...one, cursor: frame.sequence }));
      }
      if (frame.type !== "preview" || frame.preview.type !== "event_delta") return [];
      const { event_id: id, delta } = frame.preview;
      told.set(id, (told.get(id) ?? 0) + delta.content.text.length);
      return [{ type: "token", content: delta.content.text }];
    },
  };
}

function toResult(
  id: string,
  { content = [], is_error: isError }: { content?: readonly object[]; is_error?: boolean | null },
): Told {
  const text = content.map((block) => ("text" in block && typeof block.text === "string" ? block.text : "")).join("");
  return { type: "tool", tool_use_id: id, status: isError === true ? "failed" : "finished", content: cut(text) };
}

function cut(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
