import { type CompletionEvent, type FinishReason, type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CliLine, CliResult, CliRetry, CliStreamEvent, CliUsage } from "./cli-line.ts";
import { createLimitReset } from "./limit-reset.ts";
import { addUsage, readUsage, toCount } from "./token-figures.ts";
import { toUpstreamFailure } from "./upstream-failure.ts";

/** What one line means: events for the client, and what the agent is to do. */
export interface TurnStep {
  readonly events: readonly CompletionEvent[];
  /** The turn is decided, but the CLI would go on: interrupt it, then wait for its result. */
  readonly interrupt?: true;
  /** The CLI has ended the turn. */
  readonly done?: true;
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
/** A total beyond this is no total. */
const mostUsd = 1_000_000_000;

/**
 * A chat has no tools, so one turn is one model call. The CLI would make more of its own accord: it asks for the rest
 * when an answer hits its token bound, asks again where an answer shows nothing, tries again after a refusal, and repeats
 * a call whose stream broke, although its text is out already. Each of these decides the turn here instead.
 */
export function createTurnTranslator(costBefore: number, epoch: () => number): TurnTranslator {
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

  function takeStreamEvent(event: CliStreamEvent): TurnStep {
    if (failure !== undefined || cut) return readLateFigures(event);
    switch (event.type) {
      case "message_start":
        beginCall(event.message?.usage);
        if (stopReason !== null) return cutOff();
        if (hasContent) return fail(toFailure("upstream_interrupted"));
        if (started) return nothing;
        started = true;
        return { events: [{ type: "answer.started", model: toText(event.message?.model), usage: call }] };
      case "content_block_delta":
        return takeDelta(event);
      case "message_delta":
        call = readUsage(call, event.usage);
        if (typeof event.delta?.stop_reason === "string") stopReason = event.delta.stop_reason;
        return stopReason !== null && (!hasShown || cutReasons.has(stopReason)) ? cutOff() : nothing;
      case "message_stop":
        // A stop without a reason is how the newest CLI shows a broken connection before it calls again.
        return stopReason === null && hasContent ? fail(toFailure("upstream_interrupted")) : nothing;
      default:
        return nothing;
    }
  }

  function takeDelta({ delta }: CliStreamEvent): TurnStep {
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
    const error = cut ? undefined : reset.addTo(failure ?? toResultFailure(result, hasContent, stopReason));
    const total = getUsage();
    if (error !== undefined) return { events: [{ type: "answer.failed", error, usage: total }], done: true };
    answered = !cut;
    const event: CompletionEvent = { type: "answer.finished", reason: toFinishReason(stopReason), usage: total };
    const costMicros = toMicros(totalCostUsd, costBefore);
    return { events: [costMicros === undefined ? event : { ...event, costMicros }], done: true };
  }

  function getUsage(): TokenUsage {
    return addUsage(usage, call);
  }

  return {
    take(line) {
      if (over) return nothing;
      if (line.type === "stream_event") return line.parent_tool_use_id ? nothing : takeStreamEvent(line.event);
      if (line.type === "result") return takeResult(line);
      if (line.type === "system" && line.subtype === "api_retry") return takeRetry(line);
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
      if (cut) return { type: "answer.finished", reason: toFinishReason(stopReason), usage: getUsage() };
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

// `subtype` says "success" for many failures, so it is never the judge.
function toResultFailure(result: CliResult, hasContent: boolean, stopReason: string | null): Failure | undefined {
  const { terminal_reason: reason, api_error_status: status } = result;
  const text = toText(result.result);
  if (result.is_error !== true && result.subtype === "success") {
    // The stream's own stop reason alone says that all of the answer came through it.
    return stopReason === null ? toFailure("upstream_interrupted") : undefined;
  }
  if (typeof status === "number") return toUpstreamFailure(status, text);
  if (reason === "prompt_too_long" || reason === "blocking_limit") return toFailure("context_too_long");
  if (reason === "aborted_streaming" || reason === "aborted_tools")
    return toFailure("agent_failed", "The answer was interrupted.");
  if (hasContent || /connection|^API Error/i.test(text)) return toUpstreamFailure(null, text);
  const limited = toUpstreamFailure(undefined, text);
  return limited.code === "upstream_usage_limit" ? limited : toFailure("agent_failed");
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readCost({ total_cost_usd: total }: CliResult): number | undefined {
  return typeof total === "number" && Math.abs(total) < mostUsd ? total : undefined;
}

/** The CLI's total grows over the life of the process: this turn's share is the difference. */
function toMicros(total: number | undefined, before: number): number | undefined {
  return total !== undefined && total >= before ? Math.round((total - before) * 1_000_000) : undefined;
}
