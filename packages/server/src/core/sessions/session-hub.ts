import type { PreviewEvent, SessionEvent } from "@gantry/contracts/session-events";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { SessionStore } from "../ports/session-store.ts";
import {
  createSessionChannel,
  type ChannelReader,
  type ReaderLimits,
  type SequencedEvent,
  type SessionChannel,
} from "./session-channel.ts";
import type { ClosedReason, SessionFrame, SubscribeOptions } from "./session-service.ts";
import { toSessionEvent } from "./to-session-event.ts";

/** Brings what is committed to whoever reads, live. Reading never holds up a writer or another reader. */
export interface SessionHub {
  /**
   * Resolves when the reader is let in: from then on it misses nothing. `readLast` gives the log's last sequence. Rejects with
   * `invalid_request` for a cursor that the log has not come to.
   */
  subscribe(
    id: string,
    readLast: () => Promise<number>,
    options: SubscribeOptions,
    signals: ReaderSignals,
  ): Promise<AsyncIterable<SessionFrame>>;
  publish(sessionId: string, events: readonly SequencedEvent[]): void;
  change(sessionId: string, event: SessionEvent): void;
  preview(sessionId: string, preview: PreviewEvent): void;
  /** Its readers are told that it is gone. */
  end(sessionId: string, reason: ClosedReason): void;
  readonly readerCount: number;
  /** All readers are told to come back elsewhere. May be called twice. */
  stop(): void;
}

export interface ReaderSignals {
  /** The reader has left. */
  readonly signal: AbortSignal;
  /** The reader's key is no longer good: it gets nothing more but the reason. */
  readonly refused?: AbortSignal;
}

export interface SessionHubParts {
  readonly store: Pick<SessionStore, "readEvents" | "readVersions" | "shared">;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ReaderLimits;
  /** How often it is looked for what other nodes have written. */
  readonly pollMs: number;
}

const pageSize = 500;

export function createSessionHub({ store, clock, log, limits, pollMs }: SessionHubParts): SessionHub {
  const channels = new Map<string, SessionChannel>();
  let cancelPoll: (() => void) | undefined;
  let isStopped = false;

  function open(id: string): SessionChannel {
    const found = channels.get(id);
    if (found !== undefined) return found;
    const channel = createSessionChannel(limits);
    channels.set(id, channel);
    plan();
    return channel;
  }

  function plan(): void {
    if (!store.shared || isStopped || cancelPoll !== undefined || channels.size === 0) return;
    cancelPoll = clock.after(pollMs, () => {
      void look().finally(() => {
        cancelPoll = undefined;
        plan();
      });
    });
  }

  async function look(): Promise<void> {
    try {
      const versions = await store.readVersions([...channels.keys()]);
      for (const [id, channel] of channels) {
        const found = versions.get(id);
        if (found === undefined) channel.close("deleted");
        else channel.fallBehind(found.lastSequence);
      }
    } catch (error) {
      // The next look finds the same and more.
      log.warn({ err: error }, "it could not be looked for what other nodes wrote into sessions");
    }
  }

  function leave(id: string, channel: SessionChannel, reader: Reader): void {
    channel.remove(reader);
    if (channel.readers.size === 0 && channels.get(id) === channel) channels.delete(id);
  }

  async function* read(
    id: string,
    channel: SessionChannel,
    reader: Reader,
    signal: AbortSignal,
  ): AsyncGenerator<SessionFrame> {
    try {
      yield { type: "opened", verdict: "ok", after: reader.cursor, oldestSequence: 1 };
      for (;;) {
        if (signal.aborted) return;
        const frame = reader.frames.shift();
        if (frame !== undefined) {
          if (frame.type === "preview" && frame.preview.type === "event_delta") {
            reader.characters -= frame.preview.delta.content.text.length;
          }
          yield frame;
        } else if (reader.closed !== undefined) {
          yield { type: "closed", reason: reader.closed };
          return;
        } else if (reader.isLive || channel.goLive(reader)) {
          await reader.next();
        } else {
          yield* replay(id, reader, channel);
        }
      }
    } finally {
      leave(id, channel, reader);
    }
  }

  /** One page of the log, or the reason why there is none. */
  async function* replay(id: string, reader: Reader, channel: SessionChannel): AsyncGenerator<SessionFrame> {
    const from = reader.cursor;
    const page = await store.readEvents(id, from, pageSize).catch((error: unknown) => {
      log.warn({ err: error }, "a log could not be read for a reader");
      return undefined;
    });
    if (page === undefined) {
      reader.closed ??= "store_unavailable";
      return;
    }
    // The log is shorter than was said: its session is gone.
    if (page.length === 0 && reader.cursor < channel.last) reader.closed ??= "deleted";
    for (const logged of page) {
      reader.cursor = logged.sequence;
      yield { type: "event", sequence: logged.sequence, event: toSessionEvent(logged) };
      if (reader.closed !== undefined) return;
    }
  }

  return {
    async subscribe(id, readLast, { after, previews }, { signal, refused }) {
      // First: what is committed while the log's end is asked for is told to it.
      const channel = open(id);
      const reader = createReader(previews);
      channel.add(reader);
      const end = (): void => {
        reader.wake();
        leave(id, channel, reader);
      };
      try {
        const last = await readLast();
        if (after !== undefined && after > last) throw unknownPlace(after, last);
        channel.fallBehind(last);
        reader.cursor = after ?? last;
        if (isStopped) reader.closed ??= "draining";
      } catch (error) {
        leave(id, channel, reader);
        throw error;
      }
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      const refuse = (): void => refuseReader(reader);
      refused?.addEventListener("abort", refuse, { once: true });
      if (refused?.aborted === true) refuse();
      return read(id, channel, reader, signal);
    },
    publish(id, events) {
      const channel = channels.get(id);
      const last = events.at(-1);
      if (channel === undefined || last === undefined) return;
      if (!channel.publish(events)) channel.fallBehind(last.sequence);
    },
    change: (id, event) => channels.get(id)?.change(event),
    preview: (id, preview) => channels.get(id)?.preview(preview),
    end(id, reason) {
      channels.get(id)?.close(reason);
      channels.delete(id);
    },
    get readerCount() {
      return [...channels.values()].reduce((count, { readers }) => count + readers.size, 0);
    },
    stop() {
      isStopped = true;
      cancelPoll?.();
      for (const channel of channels.values()) channel.close("draining");
    },
  };
}

interface Reader extends ChannelReader {
  /** Resolves when there is something to look at. */
  next(): Promise<void>;
}

function refuseReader(reader: Reader): void {
  reader.frames.length = 0;
  reader.closed = "key_refused";
  reader.wake();
}

function unknownPlace(after: number, last: number): FailureError {
  const message = `after: the log ends at ${last}, and has not come to ${after}.`;
  return new FailureError(toFailure("invalid_request", message, { param: "after" }));
}

function createReader(previews: SubscribeOptions["previews"]): Reader {
  let waiting: (() => void) | undefined;
  const reader: Reader = {
    cursor: Number.POSITIVE_INFINITY,
    isLive: false,
    previews: new Set(previews),
    frames: [],
    characters: 0,
    closed: undefined,
    wake() {
      waiting?.();
      waiting = undefined;
    },
    next() {
      if (reader.frames.length > 0 || reader.closed !== undefined) return Promise.resolve();
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
  };
  return reader;
}
