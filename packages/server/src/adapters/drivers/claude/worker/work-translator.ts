import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { Failure } from "@gantry/contracts/errors";
import type { ToolCall, WorkEvent } from "../../../../core/ports/work-driver.ts";
import type { CliAssistant, CliBlock, CliLine, CliResult, CliRetry, CliStreamEvent, CliUser } from "../cli-line.ts";
import { createLimitReset } from "../limit-reset.ts";
import { addUsage, readUsage, toCount } from "../token-figures.ts";
import type { CallReader } from "./call-reader.ts";
import { toResultFailure } from "./result-failure.ts";
import { readResultContent } from "./work-blocks.ts";
import { readShare, type WorkTotals } from "./work-usage.ts";

/** Follows one turn of work: one line in, events out, no I/O. */
export interface WorkTranslator {
  take(line: CliLine): readonly WorkEvent[];
  /** The final event of the CLI's result, as things stand. */
  finish(result: CliResult, how: { readonly interrupted: boolean; readonly deferred: readonly string[] }): WorkEvent;
  /** The final event where the CLI gives no result. */
  fail(error: Failure): WorkEvent;
  /** A call of the model is under way. */
  readonly isCalling: boolean;
  /** Calls of tools that have no result yet. */
  readonly openCalls: number;
}

export interface WorkTranslatorParts {
  readonly calls: CallReader;
  readonly createId: () => string;
  /** Of the calendar, in milliseconds. */
  readonly epoch: () => number;
  /** Calls of these tools are not told. */
  readonly isOutput: (tool: string) => boolean;
  readonly totalsBefore: WorkTotals;
  /** What was told in an earlier turn already: nothing of it is told again. */
  readonly told: ToldBefore | undefined;
}

export interface ToldBefore {
  /** The message whose calls are asked about again. */
  readonly messageId: string;
  /** Earlier calls of the turn, which have their results. */
  readonly settledCalls: ReadonlySet<string>;
}

const longestDelayMs = 86_400_000;

/** A block that the model is saying. */
interface OpenBlock {
  readonly type: string;
  text: string;
}

export function createWorkTranslator(parts: WorkTranslatorParts): WorkTranslator {
  const { calls, createId, isOutput, totalsBefore, told } = parts;
  let requestId: string | undefined;
  let messageId = "";
  let model = "";
  let callUsage: TokenUsage = noUsage;
  let usage: TokenUsage = noUsage;
  const blocks = new Map<number, OpenBlock>();
  const open = new Set<string>();
  const positions = new Map<string, number>();
  const reset = createLimitReset(parts.epoch);

  function begin(): WorkEvent[] {
    if (requestId !== undefined) return [];
    requestId = createId();
    return [{ type: "model.requested", requestId }];
  }

  function end(isError: boolean): WorkEvent[] {
    usage = addUsage(usage, callUsage);
    const answered = { model, usage: callUsage, isError };
    callUsage = noUsage;
    if (requestId === undefined) return [];
    const event: WorkEvent = { type: "model.answered", requestId, ...answered };
    requestId = undefined;
    return [event];
  }

  function takeStreamEvent(event: CliStreamEvent): readonly WorkEvent[] {
    switch (event.type) {
      case "message_start": {
        messageId = event.message?.id ?? createId();
        model = event.message?.model ?? model;
        const events = begin();
        callUsage = readUsage(noUsage, event.message?.usage);
        blocks.clear();
        return events;
      }
      case "content_block_start":
        blocks.set(event.index ?? -1, { type: event.content_block?.type ?? "", text: "" });
        return event.content_block?.type === "thinking"
          ? [{ type: "thinking.started", messageId: nameBlock(event) }]
          : [];
      case "content_block_delta":
        return takeDelta(event);
      case "content_block_stop":
        return takeBlockEnd(event);
      case "message_delta":
        callUsage = readUsage(callUsage, event.usage);
        return [];
      case "message_stop":
        return end(false);
      default:
        return [];
    }
  }

  const nameBlock = ({ index }: CliStreamEvent): string => `${messageId}_${index ?? 0}`;

  function takeDelta(event: CliStreamEvent): WorkEvent[] {
    const text = event.delta?.type === "text_delta" ? event.delta.text : undefined;
    const block = blocks.get(event.index ?? -1);
    if (typeof text !== "string" || text === "" || block === undefined) return [];
    block.text += text;
    return [{ type: "text.delta", messageId: nameBlock(event), text }];
  }

  function takeBlockEnd(event: CliStreamEvent): WorkEvent[] {
    const block = blocks.get(event.index ?? -1);
    blocks.delete(event.index ?? -1);
    if (block?.type === "thinking") return [{ type: "thinking", messageId: nameBlock(event) }];
    if (block?.type !== "text" || block.text === "") return [];
    return [{ type: "text", messageId: nameBlock(event), text: block.text }];
  }

  function takeAssistant({ message, parent_tool_use_id: parent }: CliAssistant): WorkEvent[] {
    const id = message.id ?? "";
    return message.content.flatMap((block): WorkEvent[] => {
      const call = calls.fromBlock(block, parent ?? undefined);
      if (call !== undefined)
        return told?.settledCalls.has(call.id) === true || isOutput(call.tool) ? [] : noteCall(call);
      // What the main conversation says has come by the stream; of subagents this is all that comes.
      return parent ? readSubagentBlock(block, `${id}_${countBlock(id)}`, parent) : [];
    });
  }

  function noteCall(call: ToolCall): WorkEvent[] {
    open.add(call.id);
    return [{ type: "tool.used", call }];
  }

  function countBlock(id: string): number {
    const position = positions.get(id) ?? 0;
    positions.set(id, position + 1);
    return position;
  }

  function takeUser({ message, parent_tool_use_id: parent }: CliUser): WorkEvent[] {
    if (typeof message.content === "string") return [];
    return message.content.flatMap((block): WorkEvent[] => {
      const { type, tool_use_id: toolUseId, content, is_error: isError } = block;
      if (type !== "tool_result" || typeof toolUseId !== "string") return [];
      if (told?.settledCalls.has(toolUseId) === true) return [];
      open.delete(toolUseId);
      const result = { toolUseId, content: readResultContent(content), isError: isError === true };
      return [{ type: "tool.result", ...result, ...(parent ? { parentToolUseId: parent } : {}) }];
    });
  }

  function takeRetry(line: CliRetry): WorkEvent[] {
    const status = typeof line.error_status === "number" ? { status: line.error_status } : {};
    const delayMs = Math.min(Math.round(toCount(line.retry_delay_ms, 0)), longestDelayMs);
    return [{ type: "upstream.retried", attempt: toCount(line.attempt, 1), ...status, delayMs }];
  }

  function takeSystem(line: Extract<CliLine, { type: "system" }>): WorkEvent[] {
    switch (line.subtype) {
      case "status":
        return line.status === "requesting" && told === undefined ? begin() : [];
      case "api_retry":
        return takeRetry(line);
      case "compact_boundary":
        return [{ type: "context.compacted" }];
      case "task_started":
        calls.noteTask(line);
        return [];
      default:
        return [];
    }
  }

  function take(line: CliLine): readonly WorkEvent[] {
    switch (line.type) {
      case "stream_event":
        return line.parent_tool_use_id ? [] : takeStreamEvent(line.event);
      case "assistant":
        return takeAssistant(line);
      case "user":
        return line.isReplay === true ? [] : takeUser(line);
      case "system":
        return takeSystem(line);
      default:
        return [];
    }
  }

  const filter = createToldFilter(told?.messageId);
  return {
    take(line) {
      reset.take(line);
      const events = take(line);
      return filter.isTold(line) ? [] : events;
    },
    finish(result, { interrupted, deferred }) {
      end(true);
      const share = readShare(result, totalsBefore) ?? { usage };
      if (deferred.length > 0 && !interrupted) return { type: "turn.deferred", toolUseIds: deferred, ...share };
      const error = interrupted ? undefined : reset.addTo(toResultFailure(result));
      if (error !== undefined) return { type: "turn.failed", error, ...share };
      const output = result.structured_output;
      const structured = output === undefined ? {} : { structuredOutput: output };
      return { type: "turn.finished", ...share, interrupted, ...structured };
    },
    fail(error) {
      end(true);
      return { type: "turn.failed", error, usage };
    },
    get isCalling() {
      return requestId !== undefined;
    },
    get openCalls() {
      return open.size;
    },
  };
}

/** Tells the lines of one message of the main conversation, which was told before. */
function createToldFilter(messageId: string | undefined): { isTold(line: CliLine): boolean } {
  let isTelling = false;
  return {
    isTold(line) {
      if (messageId === undefined) return false;
      if (line.type === "assistant") return line.message.id === messageId;
      if (line.type !== "stream_event" || line.parent_tool_use_id) return false;
      if (line.event.type === "message_start") isTelling = line.event.message?.id === messageId;
      const wasTelling = isTelling;
      if (line.event.type === "message_stop") isTelling = false;
      return wasTelling;
    },
  };
}

function readSubagentBlock(block: CliBlock, messageId: string, parentToolUseId: string): WorkEvent[] {
  const { type, text } = block;
  if (type === "thinking") return [{ type: "thinking", messageId, parentToolUseId }];
  if (type !== "text" || typeof text !== "string" || text === "") return [];
  return [{ type: "text", messageId, text, parentToolUseId }];
}
