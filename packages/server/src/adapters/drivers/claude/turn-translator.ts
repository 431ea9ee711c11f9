import { type CompletionEvent, type FinishReason, type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { createCallTranslator } from "./call-translator.ts";
import type { CliLine, CliResult, CliRetry, CliStreamEvent, CliUsage } from "./cli-line.ts";
import type { AgentEvent } from "../../../core/ports/driver.ts";
import { createLimitReset } from "./limit-reset.ts";
import type { OutputTrack } from "./output-track.ts";
import { addUsage, readUsage, toCount } from "./token-figures.ts";
import { readCost, toMicros } from "./turn-cost.ts";
import { toTurnFailure } from "./turn-failure.ts";
import { toUpstreamFailure } from "./upstream-failure.ts";

/** What one line means: events for the client, and what the agent is to do. */
export interface TurnStep {
  readonly events: readonly AgentEvent[];
  /** The turn is decided, but the CLI would go on: interrupt it, then wait for its result. */
  readonly interrupt?: true;
  /** The CLI has ended the turn. */
  readonly done?: true;
  /** The model has made its calls, and the CLI waits for their results. */
  readonly waits?: true;
}

/** Follows one turn: one line in, events out, no I/O. */
export interface TurnTranslator {
  take(line: CliLine): TurnStep;
  /** The turn ended as the client wanted: the process now holds the conversation and this answer. */
  readonly answered: boolean;
  /** What the upstream has counted so far. */
  readonly usage: TokenUsage;
  /** What the CLI says that all turns of the process have cost; undefined before its result. */
  readonly totalCostUsd: number | undefined;
  /** The final event where the CLI will never give a result; `undefined` where one was given out already. */
  conclude(failure: Failure): CompletionEvent | undefined;
}

const nothing: TurnStep = { events: [] };
const longestDelayMs = 86_400_000;

/**
 * Each part of a turn up to calls of the client's tools is one model call, and so is the last. The CLI would make more of its
 * own accord: it asks for the rest when an answer hits its token bound, asks again where an answer shows nothing, tries again
 * after a refusal, repeats a call whose stream broke, although its text is out already, and answers by itself where a call is of
 * no tool that it knows. Each of these decides the turn here instead. Where it is to give an object, it calls again until it has one:
 * `output` follows that.
 * `costBefore` is undefined where the CLI's total will cover more than this part; `tools` names those that are offered.
 */
export function createTurnTranslator(
  costBefore: number | undefined,
  epoch: () => number,
  tools: readonly string[] = [],
  output?: OutputTrack,
): TurnTranslator {
  const calls = createCallTranslator(tools);
  const reset = createLimitReset(epoch);
  let usage: TokenUsage = noUsage;
  let call: TokenUsage = noUsage;
  let started = false;
  // Whether anything was passed on, and whether any of it shows: the CLI takes white space for no answer.
  let hasContent = false;
  let hasShown = false;
  let stopReason: string | null = null;
  let cut = false;
  let failure: Failure | undefined;
  let answered = false;
  let over = false;
  let waits = false;
  let totalCostUsd: number | undefined;

  const beginCall = (figures: CliUsage | undefined): void => {
    usage = addUsage(usage, call);
    call = readUsage(noUsage, figures);
  };

  const fail = (error: Failure): TurnStep => {
    failure = error;
    return { events: [], interrupt: true };
  };

  const cutOff = (): TurnStep => {
    cut = true;
    return { events: [], interrupt: true };
  };

  function knowsAll(known: unknown): boolean {
    return tools.length === 0 || (Array.isArray(known) && tools.every((name) => known.includes(name)));
  }

  function takeStreamEvent(event: CliStreamEvent): TurnStep {
    if (failure !== undefined || cut) return readLateFigures(event);
    switch (event.type) {
      case "message_start":
        beginCall(event.message?.usage);
        if (output !== undefined && stopReason !== null) {
          hasContent = hasShown = false;
          stopReason = null;
        }
        if (stopReason !== null) return cutOff();
        if (hasContent) return fail(toFailure("upstream_interrupted"));
        if (started) return nothing;
        started = true;
        return { events: [{ type: "answer.started", model: toText(event.message?.model), usage: call }] };
      case "content_block_start":
      case "content_block_stop":
        return takeBlock(event);
      case "content_block_delta":
        return takeDelta(event);
      case "message_delta":
        call = readUsage(call, event.usage);
        if (typeof event.delta?.stop_reason === "string") stopReason = event.delta.stop_reason;
        return stopReason !== null && isCut(stopReason) ? cutOff() : nothing;
      case "message_stop":
        // A stop without a reason is how the newest CLI shows a broken connection before it calls again.
        if (stopReason === null && hasContent) return fail(toFailure("upstream_interrupted"));
        return calls.count > 0 ? takeCalls() : nothing;
      default:
        return nothing;
    }
  }

  function isCut(reason: string): boolean {
    if (cutReasons.has(reason)) return true;
    return output === undefined ? !hasShown : reason === "stop_sequence";
  }

  function takeBlock(event: CliStreamEvent): TurnStep {
    const block = event.content_block;
    if (block?.type === "redacted_thinking" && typeof block["data"] === "string") {
      hasContent = true;
      return { events: [{ type: "thinking.redacted", data: block["data"] }] };
    }
    const events = calls.take(event);
    if (calls.count > 0) hasContent = hasShown = true;
    return events.length === 0 ? nothing : { events };
  }

  /** The CLI waits where it passes every call on; otherwise it would go on by itself, on what only it can see. */
  function takeCalls(): TurnStep {
    if (!calls.arePassedOn) return cutOff();
    over = true;
    waits = true;
    return { events: [{ type: "answer.finished", reason: "tool_calls", usage: getUsage() }], waits: true };
  }

  function takeDelta(event: CliStreamEvent): TurnStep {
    const { delta } = event;
    if (delta?.type === "input_json_delta") return { events: calls.take(event) };
    if (delta?.type === "signature_delta") {
      const signature = toText(delta.signature);
      return signature === "" ? nothing : { events: [{ type: "thinking.signed", signature }] };
    }
    const type =
      delta?.type === "text_delta" ? "text.delta" : delta?.type === "thinking_delta" ? "thinking.delta" : undefined;
    if (type === undefined) return nothing;
    const text = toText(type === "text.delta" ? delta?.text : delta?.thinking);
    if (text === "") return nothing;
    hasContent = true;
    hasShown ||= type === "text.delta" && text.trim() !== "";
    return { events: [{ type, text }] };
  }

  // Calls that the CLI had begun before the interrupt reached it are paid for, so they are counted.
  function readLateFigures(event: CliStreamEvent): TurnStep {
    if (event.type === "message_start") beginCall(event.message?.usage);
    if (event.type === "message_delta") call = readUsage(call, event.usage);
    return nothing;
  }

  function takeRetry(line: CliRetry): TurnStep {
    if (failure !== undefined || cut) return nothing;
    if (hasContent) return fail(toFailure("upstream_interrupted"));
    const status = typeof line.error_status === "number" ? line.error_status : undefined;
    const delayMs = Math.min(Math.round(toCount(line.retry_delay_ms, 0)), longestDelayMs);
    if (status === 401 || status === 403) return fail(toUpstreamFailure(status, undefined));
    if (status === 429) return fail(toUpstreamFailure(status, undefined, delayMs));
    const event: CompletionEvent = { type: "upstream.retried", attempt: toCount(line.attempt, 1), delayMs };
    return { events: [status === undefined ? event : { ...event, status }] };
  }

  function takeResult(result: CliResult): TurnStep {
    over = true;
    totalCostUsd = readCost(result);
    const error = cut ? undefined : reset.addTo(failure ?? toTurnFailure(result, hasContent, stopReason));
    const total = getUsage();
    if (error !== undefined) return { events: [{ type: "answer.failed", error, usage: total }], done: true };
    answered = !cut;
    const event: CompletionEvent = { type: "answer.finished", reason: getReason(), usage: total };
    const costMicros = costBefore === undefined ? undefined : toMicros(totalCostUsd, costBefore);
    return { events: [costMicros === undefined ? event : { ...event, costMicros }], done: true };
  }

  function getReason(): FinishReason {
    return calls.count > 0 && !cutReasons.has(stopReason ?? "") ? "tool_calls" : toFinishReason(stopReason);
  }

  function getUsage(): TokenUsage {
    return addUsage(usage, call);
  }

  return {
    take(line) {
      // A turn that was to be interrupted may come to its calls before the interrupt comes to it.
      if (over) return waits && line.type === "result" ? { events: [], done: true } : nothing;
      if (line.type === "stream_event") {
        const event = line.parent_tool_use_id ? undefined : output === undefined ? line.event : output.show(line.event);
        return event === undefined ? nothing : takeStreamEvent(event);
      }
      if (line.type === "user" && output !== undefined) return { events: output.hear(line) };
      if (line.type === "result") return takeResult(line);
      if (line.type === "system" && line.subtype === "api_retry") return takeRetry(line);
      if (line.type === "system" && line.subtype === "init" && !knowsAll(line.tools)) {
        return fail(toFailure("agent_failed", "The agent process did not take the tools. Send the request again."));
      }
      reset.take(line);
      return nothing;
    },
    get answered() {
      return answered;
    },
    get usage() {
      return getUsage();
    },
    get totalCostUsd() {
      return totalCostUsd;
    },
    conclude(fallback) {
      if (over) return undefined;
      over = true;
      if (cut) return { type: "answer.finished", reason: getReason(), usage: getUsage() };
      return { type: "answer.failed", error: failure ?? fallback, usage: getUsage() };
    },
  };
}

/** Stop reasons after which the CLI would call the model again, whatever the answer shows. */
const cutReasons: ReadonlySet<string> = new Set(["max_tokens", "refusal", "model_context_window_exceeded"]);

function toFinishReason(stopReason: string | null): FinishReason {
  if (stopReason === "max_tokens" || stopReason === "model_context_window_exceeded") return "length";
  return stopReason === "refusal" || stopReason === "stop_sequence" ? stopReason : "stop";
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
