import type { SessionEvent } from "@gantry/contracts/session-events";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import type { NewEvent, StoredClaim, StoredTranscript } from "../ports/event-log.ts";
import type { SessionRecord, SessionStore } from "../ports/session-store.ts";
import type { QueuedEvent } from "../ports/webhook-store.ts";
import type { SessionHub } from "./session-hub.ts";
import { isReady, transition, type SessionCommand } from "./session-machine.ts";
import { toLifeNews, toLogNews } from "./session-news.ts";
import type { SessionBody, SessionState } from "./session-state.ts";
import type { Refusal, Step } from "./session-step.ts";
import { toSessionEvent } from "./to-session-event.ts";

/** A step that somebody wants to take, decided on the session as it is. */
export interface WantedStep {
  readonly command: SessionCommand;
  readonly body?: SessionBody;
  readonly archivedAt?: number;
  /** What the transcript holds is everything up to this step. */
  readonly transcript?: Omit<StoredTranscript, "sequence">;
  /** The answer is made of the events as they are stored. */
  readonly claim?: (events: readonly SessionEvent[]) => StoredClaim;
}

export type StepOutcome =
  | { readonly kind: "done"; readonly record: SessionRecord; readonly events: readonly SessionEvent[] }
  /** Nothing was wanted. */
  | { readonly kind: "none"; readonly record: SessionRecord }
  | { readonly kind: "refused"; readonly record: SessionRecord; readonly refusal: Refusal }
  | { readonly kind: "fenced" | "gone" }
  | { readonly kind: "repeated"; readonly digest: string; readonly answer: unknown };

/**
 * The one way in which sessions change on this node: read, decide, commit, then show. Steps of one session follow one another; where another
 * node came in between the step is decided again.
 */
export interface SessionWriter {
  /** With a fence, only while this node owns the session. `decide` may be called more than once. */
  take(id: string, decide: (record: SessionRecord) => WantedStep | undefined, fence?: number): Promise<StepOutcome>;
  /** As it is known here; kept in mind until `forget`. */
  remember(record: SessionRecord): void;
  forget(id: string): void;
  /** What is kept in mind of it, as of the last step taken here. */
  recall(id: string): SessionRecord | undefined;
  /** Reads it anew. */
  refresh(id: string): Promise<SessionRecord | undefined>;
}

export interface SessionWriterParts {
  readonly store: SessionStore;
  readonly hub: Pick<SessionHub, "publish" | "change">;
  readonly clock: Clock;
  readonly createEventId: () => string;
  /** Told of every session after its step. */
  onChange(record: SessionRecord): void;
  /** Something was queued for webhooks. */
  wakeWebhooks(): void;
}

const mostTries = 50;

export function createSessionWriter(parts: SessionWriterParts): SessionWriter {
  const { store, hub, clock } = parts;
  const known = new Map<string, SessionRecord>();
  const remembered = new Set<string>();
  const tails = new Map<string, Promise<unknown>>();

  /** One after the other for each session. */
  function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(id) ?? Promise.resolve();
    const run = before.then(work, work);
    const tail = run
      .catch(() => {})
      .then(() => {
        if (tails.get(id) === tail) tails.delete(id);
      });
    tails.set(id, tail);
    return run;
  }

  async function attempt(
    id: string,
    decide: (record: SessionRecord) => WantedStep | undefined,
    fence: number | undefined,
  ): Promise<StepOutcome> {
    let record = known.get(id) ?? (await store.find(id));
    for (let tries = 0; tries < mostTries; tries++) {
      if (record === undefined) return { kind: "gone" };
      if (fence !== undefined && record.fence !== fence) return { kind: "fenced" };
      const outcome = await commit(record, decide(record), fence);
      if (outcome !== "stale") return outcome;
      record = await store.find(id);
      if (record !== undefined && remembered.has(id)) known.set(id, record);
    }
    throw new FailureError(toFailure("internal", "The session changes too fast for this step."));
  }

  async function commit(
    record: SessionRecord,
    wanted: WantedStep | undefined,
    fence: number | undefined,
  ): Promise<StepOutcome | "stale"> {
    if (wanted === undefined) return { kind: "none", record };
    const now = clock.epoch();
    const result = transition(record.state, wanted.command, { now, createEventId: parts.createEventId });
    if (!result.ok) return { kind: "refused", record, refusal: result.refusal };
    const { step } = result;
    const sequence = record.lastSequence + step.events.length;
    const state = toStoredState(step.state, wanted, sequence);
    const events = toShown(step.events, record.lastSequence);
    const news = toNews(record, events, wanted, now);
    const outcome = await store.commit({
      sessionId: record.id,
      version: record.version,
      ...(fence !== undefined && { fence }),
      now,
      status: state.status,
      ready: isReady(state),
      state,
      ...(wanted.body !== undefined && { body: wanted.body }),
      ...(wanted.archivedAt !== undefined && { archivedAt: wanted.archivedAt }),
      events: step.events,
      processed: step.processed,
      opened: step.opened,
      closed: step.closed,
      ...(wanted.transcript !== undefined && { transcript: { ...wanted.transcript, sequence } }),
      ...(wanted.claim !== undefined && { claim: wanted.claim(events) }),
      ...(news.length > 0 && { news }),
    });
    if (outcome.kind === "stale") return "stale";
    if (outcome.kind !== "committed") {
      known.delete(record.id);
      return outcome;
    }
    const next: SessionRecord = {
      ...record,
      status: state.status,
      updatedAt: now,
      archivedAt: wanted.archivedAt ?? record.archivedAt,
      lastSequence: sequence,
      version: outcome.version,
      body: wanted.body ?? record.body,
      state,
    };
    if (remembered.has(record.id)) known.set(record.id, next);
    show(next, events, step);
    if (news.length > 0) parts.wakeWebhooks();
    return { kind: "done", record: next, events };
  }

  function show(record: SessionRecord, events: readonly SessionEvent[], { processed }: Step): void {
    const first = record.lastSequence - events.length + 1;
    hub.publish(
      record.id,
      events.map((event, index) => ({ sequence: first + index, event })),
    );
    for (const { id } of processed) {
      void store.findEvent(record.id, id).then(
        (found) => found && hub.change(record.id, toSessionEvent(found)),
        // Whoever lists the events sees it.
        () => {},
      );
    }
    parts.onChange(record);
  }

  return {
    take: (id, decide, fence) => inTurn(id, () => attempt(id, decide, fence)),
    remember(record) {
      remembered.add(record.id);
      known.set(record.id, record);
    },
    forget(id) {
      remembered.delete(id);
      known.delete(id);
    },
    recall: (id) => known.get(id),
    refresh: (id) =>
      inTurn(id, async () => {
        const record = await store.find(id);
        if (record !== undefined && remembered.has(id)) known.set(id, record);
        return record;
      }),
  };
}

function toStoredState(state: SessionState, { transcript }: WantedStep, sequence: number): SessionState {
  return transcript === undefined ? state : { ...state, transcriptSequence: sequence, retell: false };
}

function toNews(
  record: SessionRecord,
  events: readonly SessionEvent[],
  { archivedAt }: WantedStep,
  now: number,
): readonly QueuedEvent[] {
  const told = toLogNews(record, events, now);
  return archivedAt === undefined ? told : [...told, toLifeNews(record, "archived", now)];
}

function toShown(events: readonly NewEvent[], before: number): readonly SessionEvent[] {
  return events.map((event, index) => toSessionEvent({ ...event, sequence: before + index + 1 }));
}
