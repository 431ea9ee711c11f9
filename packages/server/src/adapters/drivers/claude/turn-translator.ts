import { noUsage, type CompletionEvent, type FinishReason, type TokenUsage } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CliLine, CliResult, CliRetry, CliStreamEvent, CliUsage } from "./cli-line.ts";
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
  /** The final event where the CLI will never give a result; `undefined` where one was given out already. */
  conclude(failure: Failure): CompletionEvent | undefined;
}

const nothing: TurnStep = { events: [] };

/**
 * A chat has no tools, so one turn is one model call. The CLI would make more of its own accord: it asks for the rest
 * when an answer hits its token bound, tries again after a refusal, and repeats a call whose stream broke, although its
 * text is out already. Each of these decides the turn here instead.
 */
export function createTurnTranslator(costBefore: number): TurnTranslator {
  let usage: TokenUsage = noUsage;
  let call: TokenUsage = noUsage;
  let started = false;
  let hasText = false;
  let stopReason: string | null = null;
  let failure: Failure | undefined;
  let answered = false;
  let decided = false;

  const settleCall = (): void => {
    usage = addUsage(usage, call);
    call = noUsage;
  };

  const fail = (error: Failure): TurnStep => {
    failure = error;
    return { events: [], interrupt: true };
  };

  function takeStreamEvent(event: CliStreamEvent): TurnStep {
    if (failure !== undefined || isCut(stopReason)) return readLateFigures(event);
    switch (event.type) {
      case "message_start":
        if (hasText) return fail(toFailure("upstream_interrupted"));
        call = readUsage(noUsage, event.message?.usage);
        if (started) return nothing;
        started = true;
        return { events: [{ type: "answer.started", model: event.message?.model ?? "" }] };
      case "content_block_delta":
        return takeDelta(event);
      case "message_delta":
        call = readUsage(call, event.usage);
        stopReason = event.delta?.stop_reason ?? null;
        settleCall();
        return isCut(stopReason) ? { events: [], interrupt: true } : nothing;
      case "message_stop":
        // A stop without a reason is how the newest CLI shows a broken connection before it calls again.
        return stopReason === null && hasText ? fail(toFailure("upstream_interrupted")) : nothing;
      default:
        return nothing;
    }
  }

  function takeDelta({ delta }: CliStreamEvent): TurnStep {
    if (delta?.type === "text_delta" && typeof delta.text === "string" && delta.text !== "") {
      hasText = true;
      return { events: [{ type: "text.delta", text: delta.text }] };
    }
    if (delta?.type === "thinking_delta" && typeof delta.thinking === "string" && delta.thinking !== "") {
      hasText = true;
      return { events: [{ type: "thinking.delta", text: delta.thinking }] };
    }
    return nothing;
  }

  // Calls that the CLI had begun before the interrupt reached it are paid for, so they are counted.
  function readLateFigures(event: CliStreamEvent): TurnStep {
    if (event.type === "message_start") call = readUsage(noUsage, event.message?.usage);
    if (event.type === "message_delta") {
      call = readUsage(call, event.usage);
      settleCall();
    }
    return nothing;
  }

  function takeRetry(line: CliRetry): TurnStep {
    if (failure !== undefined || isCut(stopReason)) return nothing;
    const status = line.error_status ?? undefined;
    const delayMs = Math.max(0, Math.round(line.retry_delay_ms ?? 0));
    if (hasText) return fail(toFailure("upstream_interrupted"));
    if (status === 401 || status === 403) return fail(toUpstreamFailure(status, undefined));
    if (status === 429) return fail(toUpstreamFailure(status, undefined, delayMs));
    const event: CompletionEvent = { type: "upstream.retried", attempt: line.attempt ?? 1, delayMs };
    return { events: [status === undefined ? event : { ...event, status }] };
  }

  function takeResult(result: CliResult): TurnStep {
    settleCall();
    decided = true;
    const finish = (reason: FinishReason): TurnStep => {
      const costMicros = toMicros(result.total_cost_usd, costBefore);
      const event: CompletionEvent = { type: "answer.finished", reason, usage };
      return { events: [costMicros === undefined ? event : { ...event, costMicros }], done: true };
    };
    if (failure === undefined && isCut(stopReason)) return finish(toCutReason(stopReason));
    const error = failure ?? toResultFailure(result, hasText);
    if (error !== undefined) return { events: [{ type: "answer.failed", error, usage }], done: true };
    answered = true;
    return finish(stopReason === "stop_sequence" ? "stop_sequence" : "stop");
  }

  return {
    take(line) {
      if (line.type === "stream_event") return line.parent_tool_use_id ? nothing : takeStreamEvent(line.event);
      if (line.type === "result") return takeResult(line);
      if (line.type === "system" && line.subtype === "api_retry") return takeRetry(line);
      return nothing;
    },
    get answered() {
      return answered;
    },
    get usage() {
      return usage;
    },
    conclude(fallback) {
      if (decided) return undefined;
      decided = true;
      settleCall();
      if (failure === undefined && isCut(stopReason)) return { type: "answer.finished", reason: toCutReason(stopReason), usage };
      return { type: "answer.failed", error: failure ?? fallback, usage };
    },
  };
}

/** Stop reasons after which the CLI would call the model again. */
function isCut(stopReason: string | null): boolean {
  return stopReason === "max_tokens" || stopReason === "refusal" || stopReason === "model_context_window_exceeded";
}

function toCutReason(stopReason: string | null): FinishReason {
  return stopReason === "refusal" ? "refusal" : "length";
}

// `subtype` says "success" for many failures, so it is never the judge.
function toResultFailure(result: CliResult, hasText: boolean): Failure | undefined {
  if (result.is_error !== true && result.subtype === "success") return undefined;
  const { terminal_reason: reason, api_error_status: status } = result;
  if (typeof status === "number") return toUpstreamFailure(status, result.result);
  if (reason === "prompt_too_long" || reason === "blocking_limit") return toFailure("context_too_long");
  if (reason === "aborted_streaming" || reason === "aborted_tools") return toFailure("agent_failed", "The answer was interrupted.");
  if (hasText || /connection/i.test(result.result ?? "")) return toUpstreamFailure(null, result.result);
  const limited = toUpstreamFailure(undefined, result.result);
  return limited.code === "upstream_usage_limit" ? limited : toFailure("agent_failed");
}

function readUsage(before: TokenUsage, figures: CliUsage | undefined): TokenUsage {
  const read = (value: unknown, fallback: number): number =>
    typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : fallback;
  return {
    inputTokens: read(figures?.input_tokens, before.inputTokens),
    cacheReadTokens: read(figures?.cache_read_input_tokens, before.cacheReadTokens),
    cacheWriteTokens: read(figures?.cache_creation_input_tokens, before.cacheWriteTokens),
    outputTokens: read(figures?.output_tokens, before.outputTokens),
  };
}

function addUsage(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    outputTokens: left.outputTokens + right.outputTokens,
  };
}

/** The CLI's total grows over the life of the process: this turn's share is the difference. */
function toMicros(total: number | undefined, before: number): number | undefined {
  return typeof total === "number" && total >= before ? Math.round((total - before) * 1_000_000) : undefined;
}
