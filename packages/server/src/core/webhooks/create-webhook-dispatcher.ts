import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { WebhookOutcome, WebhookSender } from "../ports/webhook-sender.ts";
import type { AttemptResult, ClaimedDelivery, StoredWebhook, WebhookStore } from "../ports/webhook-store.ts";
import { mostAttempts, mostFailuresInARow, toRest, toRetryDelay } from "./retry-schedule.ts";
import type { AnswerLinks } from "./create-answer-links.ts";
import { type Hmac, toSignedHeaders } from "./sign-webhook.ts";

export interface WebhookDispatcherParts {
  readonly webhooks: WebhookStore;
  readonly sender: WebhookSender;
  readonly hmac: Hmac;
  readonly answerLinks: Pick<AnswerLinks, "addTo">;
  /** Longer than any attempt takes: after a crash one that was under way is made again then. */
  readonly claimMs: number;
  /** What goes with every attempt. */
  readonly userAgent: string;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WebhookDispatcher {
  start(): void;
  /** There may be something to do now. Before the start nothing is done. */
  wake(): void;
  /** Ends what is under way; it is made again later. May be called twice. */
  stop(): Promise<void>;
}

const mostAtOnce = 32;
const mostOfOneEndpoint = 4;
/** Another node may have queued something, or left it. */
const longestSleepMs = 5_000;
const forgetEveryMs = 3_600_000;
/** How long the log of deliveries is kept. */
const keptMs = 30 * 86_400_000;

/** Sends what is queued, as it comes due: at least once, in no order. */
export function createWebhookDispatcher(parts: WebhookDispatcherParts): WebhookDispatcher {
  const { webhooks, claimMs, clock, log } = parts;
  const ended = new AbortController();
  const running = new Set<Promise<void>>();
  let cancel: () => void = () => {};
  let looking: Promise<void> | undefined;
  let again = false;
  let started = false;
  let forgetAt = 0;

  /** One look at a time; what is asked for meanwhile is looked at once more. */
  function wake(): void {
    if (!started || ended.signal.aborted) return;
    if (looking !== undefined) {
      again = true;
      return;
    }
    cancel();
    again = false;
    looking = look()
      .catch((error: unknown) => {
        log.warn({ err: error }, "webhooks could not be read from the store");
        return longestSleepMs;
      })
      .then((sleepMs) => {
        looking = undefined;
        if (again) wake();
        else cancel = clock.after(sleepMs, wake);
      });
  }

  /** Starts what is due and can be started; gives how long nothing is to be done. */
  async function look(): Promise<number> {
    const now = clock.epoch();
    if (now >= forgetAt) {
      await webhooks.forget(now - keptMs);
      forgetAt = now + forgetEveryMs;
    }
    const limit = mostAtOnce - running.size;
    // The end of any of them wakes.
    if (limit <= 0) return longestSleepMs;
    const claimed = await webhooks.claim({ now, until: now + claimMs, limit, perWebhook: mostOfOneEndpoint });
    for (const delivery of claimed) {
      const attempt = deliver(parts, delivery, ended.signal).catch((error: unknown) => {
        log.warn({ err: error, delivery: delivery.id }, "the outcome of a webhook could not be noted");
      });
      running.add(attempt);
      void attempt.then(() => {
        running.delete(attempt);
        wake();
      });
    }
    if (claimed.length > 0) return longestSleepMs;
    const due = await webhooks.nextDue();
    return due === undefined ? longestSleepMs : Math.max(10, Math.min(longestSleepMs, due - clock.epoch()));
  }

  return {
    start() {
      started = true;
      wake();
    },
    wake,
    async stop() {
      ended.abort(new Error("the server stops"));
      cancel();
      await looking;
      await Promise.all(running);
      cancel();
    },
  };
}

async function deliver(parts: WebhookDispatcherParts, delivery: ClaimedDelivery, signal: AbortSignal): Promise<void> {
  const { webhooks, sender, clock } = parts;
  const webhook = await webhooks.find(delivery.webhookId);
  // Removed in the meantime, and its deliveries with it.
  if (webhook === undefined) return;
  // At each attempt anew: nothing that decides lies in the queue, and what was answered meanwhile has no link any more.
  const body = await parts.answerLinks.addTo(webhook, delivery.body);
  const headers = toHeaders(parts, webhook, { ...delivery, body });
  const outcome = await sender.send({ url: webhook.url, headers, body, signal });
  if (signal.aborted && !isTaken(outcome)) {
    // Not the endpoint's failure: due at once for whoever comes next.
    await webhooks.settle(delivery.id, {
      state: "pending",
      status: null,
      error: "the server stopped",
      at: clock.epoch(),
    });
    return;
  }
  const result = toResult(parts, delivery, outcome);
  await webhooks.settle(delivery.id, result);
  if (result.error === null) await webhooks.clearFailures(webhook.id);
  else await noteFailure(parts, webhook);
}

function toHeaders(
  { hmac, clock, userAgent }: WebhookDispatcherParts,
  webhook: StoredWebhook,
  delivery: ClaimedDelivery,
) {
  const message = { id: delivery.eventId, timestamp: Math.floor(clock.epoch() / 1000), body: delivery.body };
  return {
    "content-type": "application/json",
    "user-agent": userAgent,
    ...toSignedHeaders(webhook, message, hmac),
  };
}

function toResult(
  { clock, random }: WebhookDispatcherParts,
  { attempts }: ClaimedDelivery,
  outcome: WebhookOutcome,
): AttemptResult {
  const now = clock.epoch();
  const status = "status" in outcome ? outcome.status : null;
  if (isTaken(outcome)) return { state: "delivered", status, error: null, at: now };
  const error = "error" in outcome ? outcome.error : describeStatus(outcome.status);
  if (attempts >= mostAttempts) return { state: "failed", status, error, at: now };
  return { state: "pending", status, error, at: now + toRetryDelay(attempts, random()) };
}

function isTaken(outcome: WebhookOutcome): boolean {
  return "status" in outcome && outcome.status >= 200 && outcome.status < 300;
}

function describeStatus(status: number): string {
  return status >= 300 && status < 400 ? `redirected with ${status}, which is not followed` : `answered ${status}`;
}

async function noteFailure(
  { webhooks, clock, random, log }: WebhookDispatcherParts,
  { id }: StoredWebhook,
): Promise<void> {
  const failures = await webhooks.countFailure(id);
  if (failures >= mostFailuresInARow) {
    await webhooks.update(id, { disabled: true });
    log.warn({ webhook: id, failures }, "a webhook failed too often and was disabled");
    return;
  }
  const rest = toRest(failures, random());
  if (rest > 0) await webhooks.pause(id, clock.epoch() + rest);
}
