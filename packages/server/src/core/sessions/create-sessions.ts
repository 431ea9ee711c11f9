import { type AnswerOnce, createAnswerOnce } from "./answer-once.ts";
import { createInteractionService, expireInteractions } from "./create-interaction-service.ts";
import { createSessionHub, type SessionHub } from "./session-hub.ts";
import type { InteractionService } from "./interaction-service.ts";
import type { ReaderLimits } from "./session-channel.ts";
import type { SessionParts } from "./session-parts.ts";
import { createSessionRunner, type SessionRunner } from "./session-runner.ts";
import { createSessionService } from "./create-session-service.ts";
import type { SessionService } from "./session-service.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import { createSessionWriter } from "./session-writer.ts";

export interface Sessions {
  readonly service: SessionService;
  readonly interactions: InteractionService;
  /** Answers requests that may come twice. */
  readonly once: AnswerOnce;
  readonly hub: SessionHub;
  readonly runner: SessionRunner;
  /** Takes up what a dead server left. */
  start(): void;
  /** Tells readers to come back, puts off what waits, and cuts what still runs after `graceMs`. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

export type SessionsParts = Omit<SessionParts, "writer" | "hub"> &
  Pick<
    SessionServiceParts,
    | "control"
    | "audit"
    | "namesOf"
    | "isPriced"
    | "createBudgetId"
    | "dropWorkspace"
    | "checkWorkspace"
    | "approvals"
    | "answerLinks"
    | "wakeWebhooks"
  > & { readonly readers: ReaderLimits };

const claimsKeptMs = 24 * 3_600_000;

/** Puts together what sessions are made of: the log's readers and writer, the work, and what clients ask for. */
export function createSessions(given: SessionsParts): Sessions {
  const { store, clock, log, limits, createId } = given;
  const hub = createSessionHub({ store, clock, log, limits: given.readers, pollMs: limits.pollMs });
  const writer = createSessionWriter({
    store,
    hub,
    clock,
    createEventId: () => createId("sevt"),
    onChange: (record) => runner.noteChange(record),
    wakeWebhooks: given.wakeWebhooks,
  });
  const parts = { ...given, writer, hub };
  const runner = createSessionRunner(parts, async () => {
    await expireInteractions(parts);
    await store.forgetClaims(clock.epoch() - claimsKeptMs);
  });
  const service = { ...parts, runner, noteChange: runner.noteChange };
  let stopping: Promise<void> | undefined;
  return {
    service: createSessionService(service),
    interactions: createInteractionService(service),
    once: createAnswerOnce({ claims: store, clock, createHolder: () => createId("hold") }),
    hub,
    runner,
    start: runner.start,
    async stop(graceMs) {
      stopping ??= runner.stop(graceMs).finally(() => hub.stop());
      await stopping;
    },
  };
}
