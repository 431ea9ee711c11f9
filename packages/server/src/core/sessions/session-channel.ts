import type { PreviewEvent, PreviewType, SessionEvent } from "@gantry/contracts/session-events";
import type { ClosedReason, SessionFrame } from "./session-service.ts";

/** Frames that a reader may have before it, beyond which it is cut: it comes back with its cursor. */
export interface ReaderLimits {
  readonly frames: number;
  /** Characters of text in previews. */
  readonly characters: number;
}

/** An event with its place in the log, as readers get it. */
export interface SequencedEvent {
  readonly sequence: number;
  readonly event: SessionEvent;
}

/** A reader as the channel sees it. */
export interface ChannelReader {
  /** Sequence of the last event it was given or has before it. Live ones have all. */
  cursor: number;
  /** Reads the log until it has caught up; live from then on. */
  isLive: boolean;
  readonly previews: ReadonlySet<PreviewType>;
  readonly frames: SessionFrame[];
  characters: number;
  wake(): void;
  closed: ClosedReason | undefined;
}

/**
 * One session's live readers on this node. What is published is committed already; a reader that is not live yet reads the log
 * itself and is let in where it has caught up, so that nothing comes twice and nothing is left out.
 */
export interface SessionChannel {
  readonly readers: ReadonlySet<ChannelReader>;
  /** Sequence of the last event that is known to be in the log. */
  readonly last: number;
  add(reader: ChannelReader): void;
  remove(reader: ChannelReader): void;
  /** True where the reader has all and gets what follows from now on. */
  goLive(reader: ChannelReader): boolean;
  /** In order, and following what was published before. False where something before it is missing here. */
  publish(events: readonly SequencedEvent[]): boolean;
  /** Another node wrote: readers go back to the log for it. */
  fallBehind(last: number): void;
  change(event: SessionEvent): void;
  preview(preview: PreviewEvent): void;
  /** What is being written, for those who come in the midst of it. */
  close(reason: ClosedReason): void;
}

export function createSessionChannel(limits: ReaderLimits): SessionChannel {
  const readers = new Set<ChannelReader>();
  /** Of the messages that are being written now. */
  const drafts = new Map<string, { readonly type: PreviewType; text: string }>();
  let last = 0;

  function give(reader: ChannelReader, frame: SessionFrame): void {
    if (reader.closed !== undefined) return;
    reader.frames.push(frame);
    reader.characters += sizeOf(frame);
    if (reader.frames.length > limits.frames || reader.characters > limits.characters) {
      reader.closed = "slow_reader";
      // It reads them again when it comes back: they hold memory for nothing.
      reader.frames.length = 0;
    }
    reader.wake();
  }
  const giveLive = (frame: SessionFrame): void => {
    for (const reader of readers) if (reader.isLive) give(reader, frame);
  };
  const wants = (reader: ChannelReader, eventId: string): boolean => {
    const draft = drafts.get(eventId);
    return draft !== undefined && reader.previews.has(draft.type);
  };

  return {
    readers,
    get last() {
      return last;
    },
    add(reader) {
      readers.add(reader);
    },
    remove(reader) {
      readers.delete(reader);
    },
    goLive(reader) {
      if (reader.cursor < last) return false;
      reader.isLive = true;
      for (const [id, { type, text }] of drafts) {
        if (!reader.previews.has(type)) continue;
        give(reader, { type: "preview", preview: { type: "event_start", event: { type, id } } });
        if (text !== "") give(reader, { type: "preview", preview: toDelta(id, text) });
      }
      return true;
    },
    publish(events) {
      const news = events.filter(({ sequence }) => sequence > last);
      const [head] = news;
      if (head === undefined) return true;
      if (head.sequence !== last + 1) return false;
      for (const { sequence, event } of news) {
        last = sequence;
        drafts.delete(event.id);
        // After an end nothing more comes of what was being written.
        if (event.type === "session.status_idle" || event.type === "session.status_terminated") drafts.clear();
        const frame: SessionFrame = { type: "event", sequence, event };
        for (const reader of readers) {
          if (!reader.isLive) continue;
          reader.cursor = sequence;
          give(reader, frame);
        }
      }
      for (const reader of readers) if (!reader.isLive) reader.wake();
      return true;
    },
    fallBehind(known) {
      if (known <= last) return;
      last = known;
      for (const reader of readers) {
        reader.isLive = false;
        reader.wake();
      }
    },
    change(event) {
      giveLive({ type: "changed", event });
    },
    preview(preview) {
      if (preview.type === "event_start") drafts.set(preview.event.id, { type: preview.event.type, text: "" });
      const id = preview.type === "event_start" ? preview.event.id : preview.event_id;
      const draft = drafts.get(id);
      if (draft !== undefined && preview.type === "event_delta") draft.text += preview.delta.content.text;
      for (const reader of readers) {
        if (reader.isLive && wants(reader, id)) give(reader, { type: "preview", preview });
      }
    },
    close(reason) {
      for (const reader of readers) {
        reader.closed ??= reason;
        reader.wake();
      }
    },
  };
}

function toDelta(eventId: string, text: string): PreviewEvent {
  return {
    type: "event_delta",
    event_id: eventId,
    delta: { type: "content_delta", index: 0, content: { type: "text", text } },
  };
}

function sizeOf(frame: SessionFrame): number {
  if (frame.type !== "preview" || frame.preview.type !== "event_delta") return 0;
  return frame.preview.delta.content.text.length;
}
