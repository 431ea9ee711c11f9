import { type ErrorCode, errorCatalogue, FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
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
/** How often an item is tried whose failure may pass, and the first pause between. */
const mostTries = 3;
const againMs = 1_000;

/** The batch ends: by a cancel, with the server, or because another node has it. */
export interface ItemSignals {
  readonly let: AbortSignal;
  readonly isCancelled: () => boolean;
}

/** An item with what is known of its batch. */
export interface PlacedItem {
  readonly job: Job;
  readonly body: BatchBody;
  readonly place: number;
  readonly item: BatchItem;
}

/**
 * Answers one item. Undefined where it was cut off, and is nobody's failure. What failed for a cause that may be gone is tried again, since
 * nothing had an effect: a prompt has none, and a task is found by its claim as the one it was.
 */
export async function answerItem(
  parts: BatchParts,
  at: PlacedItem,
  signals: ItemSignals,
): Promise<ItemResult | undefined> {
  const { clock } = parts;
  const end = clock.now() + mostWaitMs;
  for (let tries = 1; ;) {
    const since = clock.now();
    const tried = await tryItem(parts, at, signals);
    if (tried === undefined) return undefined;
    if (!("failure" in tried)) return told(tried, tries);
    const { failure } = tried;
    if (signals.let.aborted || failure.code === "draining") return undefined;
    const passes = passing.has(failure.code) && clock.now() < end;
    if (!passes && (tries >= mostTries || !mayPass(failure, at.body, clock.now() - since))) {
      return told({ status: "failed", error: toText(failure) }, tries);
    }
    const usual = passes ? usualPauseMs : againMs * 2 ** (tries - 1);
    if (!passes) tries += 1;
    await pause(clock, Math.min(failure.retryAfterMs ?? usual, longestPauseMs), signals.let);
    if (signals.let.aborted) return undefined;
  }
}

const told = (result: ItemResult, attempts: number): ItemResult => (attempts === 1 ? result : { ...result, attempts });

/** Whether another try may end better. One that took as long as its client allows has had its time. */
function mayPass({ code }: Failure, { timeoutMs }: BatchBody, tookMs: number): boolean {
  return errorCatalogue[code].retryable && !passing.has(code) && (timeoutMs === undefined || tookMs < timeoutMs);
}

type Tried = ItemResult | { readonly failure: Failure } | undefined;

async function tryItem(parts: BatchParts, at: PlacedItem, signals: ItemSignals): Promise<Tried> {
  const { job, body, item } = at;
  try {
    // Looked up for each: a key that is revoked answers nothing more.
    const holder = await parts.principalOf(job.keyId);
    if (holder === undefined) return { status: "failed", error: "The key of the batch is not good any more." };
    const principal = await parts.chargeProject(holder, job.projectId);
    return "prompt" in item
      ? await answerPrompt(parts, principal, body, item.prompt, signals.let)
      : await workTask(parts, principal, { ...at, item }, signals);
  } catch (error) {
    if (error instanceof FailureError) return { failure: error.failure };
    parts.log.error({ err: error, batch: job.id, item: at.place }, "an item of a batch broke off");
    return { failure: toFailure("internal") };
  }
}

async function answerPrompt(
  parts: BatchParts,
  principal: Principal,
  { model, timeoutMs, address }: BatchBody,
  prompt: string,
  signal: AbortSignal,
): Promise<Tried> {
  const decoded = parts.chat.decode({
    model: model ?? automatic,
    messages: [{ role: "user", content: prompt }],
  });
  if (!decoded.ok) return decoded;
  const { completion } = decoded;
  // A new id for each try: what an earlier one has cost stays booked.
  const request = { requestId: parts.createId("req"), principal, completion, address, signal };
  const wanted = { ...request, payloadDigest: parts.digest(prompt) };
  const answer = await completeWithin(parts.completions, wanted, timeoutMs, parts.clock);
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
  at: PlacedItem & { readonly item: Extract<BatchItem, { task: unknown }> },
  signals: ItemSignals,
): Promise<Tried> {
  const caller = { principal, actor: toActor(principal, at.body.address) };
  const input = { ...at.item.task, model: at.item.task.model ?? at.body.model };
  const made = await tasks.create(caller, input, { key: `batch ${at.job.id} ${at.place}`, digest: "" });
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
