import { noUsage } from "@gantry/contracts/completion";
import type { PreviewType } from "@gantry/contracts/session-events";
import type { Clock } from "../ports/clock.ts";
import type { ToolCall, WorkEvent } from "../ports/work-driver.ts";
import { toWireTool } from "../agents/built-in-tools.ts";
import type { SessionParts } from "./session-parts.ts";
import type { RecordedEvent, SessionCommand } from "./session-machine.ts";
import { toToolContent } from "./to-work-blocks.ts";

/** The last event of a turn. */
export type TurnOutcome = Extract<WorkEvent, { type: "turn.finished" | "turn.deferred" | "turn.failed" }>;

/** Writes what an agent does into the log of its session, in the order in which it is told. */
export interface TurnRecorder {
  record(events: AsyncIterable<WorkEvent>): Promise<TurnOutcome | undefined>;
  /** Resolves when what was told before a call is in the log; within a moment where the call is not told. */
  said(toolUseId: string): Promise<void>;
}

export interface TurnRecorderParts extends Pick<SessionParts, "writer" | "hub" | "createId"> {
  readonly sessionId: string;
  readonly fence: number;
  readonly clock: Clock;
}

const longestSayingMs = 1000;
const unanswered = { type: "model.answered", model: "", usage: noUsage, isError: true } as const;

export function createTurnRecorder(parts: TurnRecorderParts): TurnRecorder {
  const { writer, hub, createId, sessionId, fence, clock } = parts;
  /** Ids of events that are being written, by the message they come of. */
  const drafts = new Map<string, string>();
  const requests = new Map<string, string>();
  const told = new Map<string, ToolCall>();
  const sayings = new Map<string, PromiseWithResolvers<void>>();

  async function take(command: SessionCommand): Promise<void> {
    const outcome = await writer.take(sessionId, () => ({ command }), fence);
    if (outcome.kind !== "done") throw new Error(`what an agent did could not be noted: ${outcome.kind}`);
  }
  const put = (...events: RecordedEvent[]): Promise<void> => take({ type: "record", events });

  /** The id that the event will have, told to who reads along. */
  function draft(type: PreviewType, messageId: string): string {
    const key = `${type} ${messageId}`;
    const known = drafts.get(key);
    if (known !== undefined) return known;
    const id = createId("sevt");
    drafts.set(key, id);
    hub.preview(sessionId, { type: "event_start", event: { type, id } });
    return id;
  }
  function finish(type: PreviewType, messageId: string): string {
    const key = `${type} ${messageId}`;
    const id = drafts.get(key) ?? createId("sevt");
    drafts.delete(key);
    return id;
  }

  async function note(event: WorkEvent): Promise<void> {
    switch (event.type) {
      case "model.requested": {
        const id = createId("sevt");
        requests.set(event.requestId, id);
        return await put({ id, type: "span.model_request_start", body: {} });
      }
      case "model.answered":
        return await noteAnswered(event);
      case "text.delta": {
        const id = draft("agent.message", event.messageId);
        const content = { type: "text", text: event.text } as const;
        hub.preview(sessionId, {
          type: "event_delta",
          event_id: id,
          delta: { type: "content_delta", index: 0, content },
        });
        return;
      }
      case "thinking.started":
        draft("agent.thinking", event.messageId);
        return;
      case "text": {
        if (event.parentToolUseId !== undefined || event.text === "") return;
        const content = [{ type: "text", text: event.text }];
        return await put({ id: finish("agent.message", event.messageId), type: "agent.message", body: { content } });
      }
      case "thinking":
        if (event.parentToolUseId !== undefined) return;
        return await put({ id: finish("agent.thinking", event.messageId), type: "agent.thinking", body: {} });
      case "tool.used":
        told.set(event.call.id, event.call);
        sayings.get(event.call.id)?.resolve();
        return;
      case "tool.result":
        return await noteResult(event);
      case "context.compacted":
        return await put({ type: "agent.thread_context_compacted", body: {} });
      default:
        return;
    }
  }

  async function noteAnswered(event: Extract<WorkEvent, { type: "model.answered" }>): Promise<void> {
    const start = requests.get(event.requestId);
    if (start === undefined) return;
    requests.delete(event.requestId);
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = event.usage;
    await put({
      type: "span.model_request_end",
      body: {
        model_request_start_id: start,
        is_error: event.isError,
        model_usage: {
          input_tokens: inputTokens,
          output_tokens: outputTokens,
          cache_read_input_tokens: cacheReadTokens,
          cache_creation_input_tokens: cacheWriteTokens,
        },
        ...(event.model !== "" && { gantry: { model: event.model } }),
      },
    });
  }

  async function noteResult(event: Extract<WorkEvent, { type: "tool.result" }>): Promise<void> {
    const content = toToolContent(event.content);
    const isKnown = writer.recall(sessionId)?.state.turn?.calls.find(({ toolUseId }) => toolUseId === event.toolUseId);
    if (isKnown !== undefined) {
      const { eventId } = isKnown;
      return await take({ type: "result", eventId, content, isError: event.isError });
    }
    const call = told.get(event.toolUseId);
    if (call === undefined) return;
    // What the program refused by itself was never judged.
    const id = createId("sevt");
    const gantry = {
      tool_use_id: call.id,
      rule: "agent program",
      reason: "The agent program refused the call by itself.",
    };
    const { tool, input } = call;
    await put(
      {
        id,
        type: "agent.tool_use",
        body: { name: toWireTool(tool) ?? tool, input, evaluated_permission: "deny", gantry },
      },
      { type: "agent.tool_result", body: { tool_use_id: id, content, is_error: event.isError } },
    );
  }

  return {
    async record(events) {
      let last: TurnOutcome | undefined;
      for await (const event of events) {
        if (event.type === "turn.finished" || event.type === "turn.deferred" || event.type === "turn.failed") {
          last = event;
        } else await note(event);
      }
      // A call that was cut off, or that a budget refused.
      for (const requestId of requests.keys()) await noteAnswered({ ...unanswered, requestId });
      return last;
    },
    async said(toolUseId) {
      if (told.has(toolUseId)) return;
      const saying = sayings.get(toolUseId) ?? Promise.withResolvers<void>();
      sayings.set(toolUseId, saying);
      const cancel = clock.after(longestSayingMs, saying.resolve);
      await saying.promise;
      cancel();
    },
  };
}
