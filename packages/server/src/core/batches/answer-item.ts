import { type ErrorCode, FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { automatic } from "../completions/choose-model.ts";
import { collectAnswer } from "../completions/collect-answer.ts";
import { completeWithin } from "../completions/complete-within.ts";
import type { Clock } from "../ports/clock.ts";
import type { Job } from "../ports/job-queue.ts";
import { toActor } from "../control/actor.ts";
import { isOver } from "../tasks/task-machine.ts";
import type { BatchParts } from "./batch-parts.ts";
import type { BatchBody, BatchItem, ItemResult } from "./batch-record.ts";

/** Refusals that pass with time: the item waits instead of failing. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "rate_limited",
  "concurrency_limited",
  "queue_full",
  "queue_timeout",
  "upstream_rate_limited",
  "upstream_circuit_open",
  "store_unavailable",
]);
const usualPauseMs = 500;
const longestPauseMs = 60_000;
/** After so long an item fails with what it waits for. */
const mostWaitMs = 3_600_000;
const askAgainMs = 1_000;

/** The batch ends: by a cancel, with the server, or because another node has it. */
export interface ItemSignals {
  readonly let: AbortSignal;
  readonly isCancelled: () => boolean;
}

/** Answers one item. Undefined where it was cut off, and is nobody's failure. */
export async function answerItem(
  parts: BatchParts,
  job: Job,
  body: BatchBody,
  index: number,
  signals: ItemSignals,
): Promise<ItemResult | undefined> {
  const item = body.input.items[index];
  if (item === undefined) return undefined;
  const { clock } = parts;
  const end = clock.now() + mostWaitMs;
  for (;;) {
    const tried = await tryItem(parts, job, body, item, index, signals);
    if (signals.let.aborted && (tried === undefined || "failure" in tried)) return undefined;
    if (tried === undefined) return undefined;
    if (!("failure" in tried)) return tried;
    const { failure } = tried;
    if (failure.code === "draining") return undefined;
    if (!passing.has(failure.code) || clock.now() >= end) return { status: "failed", error: toText(failure) };
    await pause(clock, Math.min(failure.retryAfterMs ?? usualPauseMs, longestPauseMs), signals.let);
    if (signals.let.aborted) return undefined;
  }
}

type Tried = ItemResult | { readonly failure: Failure } | undefined;

async function tryItem(
  parts: BatchParts,
  job: Job,
  body: BatchBody,
  item: BatchItem,
  index: number,
  signals: ItemSignals,
): Promise<Tried> {
  try {
    // Looked up for each: a key that is revoked answers nothing more.
    const holder = await parts.principalOf(job.keyId);
    if (holder === undefined) return { status: "failed", error: "The key of the batch is not good any more." };
    const principal = await parts.chargeProject(holder, job.projectId);
    return "prompt" in item
      ? await answerPrompt(parts, principal, body, item.prompt, signals.let)
      : await workTask(parts, principal, { job, body, index, item }, signals);
  } catch (error) {
    if (error instanceof FailureError) return { failure: error.failure };
    parts.log.error({ err: error, batch: job.id, item: index }, "an item of a batch broke off");
    return { failure: toFailure("internal") };
  }
}

async function answerPrompt(
  parts: BatchParts,
  principal: Principal,
  { input, address }: BatchBody,
  prompt: string,
  signal: AbortSignal,
): Promise<Tried> {
  const decoded = parts.chat.decode({
    model: input.model ?? automatic,
    messages: [{ role: "user", content: prompt }],
  });
  if (!decoded.ok) return decoded;
  const { completion } = decoded;
  // A new id for each try: what an earlier one has cost stays booked.
  const request = { requestId: parts.createId("req"), principal, completion, address, signal };
  const wanted = { ...request, payloadDigest: parts.digest(prompt) };
  const answer = await completeWithin(parts.completions, wanted, input.timeoutMs, parts.clock);
  const whole = await collectAnswer(answer.events);
  if (!whole.ok) return { failure: whole.failure };
  const { usage, costMicros } = whole;
  const sent = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    status: "completed",
    content: whole.text,
    usage: { input_tokens: sent, output_tokens: usage.outputTokens, total_tokens: sent + usage.outputTokens },
    cost: answer.cached ? 0 : costMicros === undefined ? null : costMicros / 1_000_000,
  };
}

/** The same claim each time: after a crash it finds the task that was made before. */
async function workTask(
  { tasks, clock }: BatchParts,
  principal: Principal,
  at: { job: Job; body: BatchBody; index: number; item: Extract<BatchItem, { task: unknown }> },
  signals: ItemSignals,
): Promise<Tried> {
  const caller = { principal, actor: toActor(principal, at.body.address) };
  const input = { ...at.item.task, model: at.item.task.model ?? at.body.input.model };
  const made = await tasks.create(caller, input, { key: `batch ${at.job.id} ${at.index}`, digest: "" });
  for (;;) {
    const task = await tasks.wait(principal, made.task_id, longestPauseMs, signals.let);
    if (isOver(task.status)) {
      const { input_tokens, output_tokens, total_tokens, total_cost: cost } = task.usage;
      const rest = { usage: { input_tokens, output_tokens, total_tokens }, cost, task_id: task.task_id };
      const { result } = task;
      if (result !== null && "full_output" in result) {
        return { status: "completed", content: result.full_output, ...rest };
      }
      return { status: "failed", error: result?.error ?? task.status, ...rest };
    }
    if (signals.let.aborted) {
      if (!signals.isCancelled()) return undefined;
      await tasks.cancel(caller, made.task_id);
      return { status: "failed", error: "The batch was cancelled.", task_id: made.task_id };
    }
    // It waits for a person.
    await pause(clock, askAgainMs, signals.let);
  }
}

/** Clients of that service know a used-up budget by these words. */
function toText({ code, message }: Failure): string {
  return code === "budget_exceeded" ? `Budget exceeded: ${message}` : message;
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const leave = (): void => resolve();
  signal.addEventListener("abort", leave, { once: true });
  await promise;
  signal.removeEventListener("abort", leave);
  cancel();
}
