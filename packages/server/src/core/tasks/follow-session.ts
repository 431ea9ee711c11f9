import type { SessionRecord } from "../ports/session-store.ts";
import type { TaskParts } from "./task-parts.ts";

const againMs = 200;

/**
 * Gives a session as it is now, and again after each event that tells of its state. Ends where it is gone, where this server lets go of its
 * sessions, and with the signal.
 */
export async function* followSession(
  { store, sessions, clock }: Pick<TaskParts, "store" | "sessions" | "clock">,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<SessionRecord> {
  while (!signal.aborted) {
    const record = await store.find(id);
    if (record === undefined) return;
    yield record;
    if (signal.aborted) return;
    const readLast = async (): Promise<number> => (await store.find(id))?.lastSequence ?? 0;
    const options = { after: record.lastSequence, previews: [] };
    for await (const frame of await sessions.hub.subscribe(id, readLast, options, { signal })) {
      if (frame.type === "event" && frame.event.type.startsWith("session.")) break;
      if (frame.type !== "closed") continue;
      if (frame.reason === "draining" || frame.reason === "deleted") return;
      await new Promise<void>((resolve) => clock.after(againMs, resolve));
    }
  }
}
