import type { UserEvent } from "@gantry/contracts/session-events";
import { asksForAction, type SessionStreamEvent } from "./session-stream-event.ts";

/** From what was sent to the rest behind the turn that has read it; a rest in which a person is waited for is none. */
export async function* readTurn(
  send: () => Promise<readonly UserEvent[]>,
  follow: (after: number) => AsyncGenerator<SessionStreamEvent, void>,
): AsyncGenerator<SessionStreamEvent, void> {
  const sent = await send();
  const ids = new Set(sent.map(({ id }) => id));
  const first = sent[0]?.gantry?.sequence ?? 1;
  let isRead = false;
  for await (const event of follow(first - 1)) {
    yield event;
    if (event.type === "session.status_running") isRead ||= event.gantry?.input_ids?.some((id) => ids.has(id)) === true;
    // A message that was given to a turn in its midst, an interrupt and an answer are read where they are told as processed.
    if ("id" in event && ids.has(event.id) && "processed_at" in event) isRead ||= event.processed_at !== null;
    if (isRead && event.type === "session.status_idle" && !asksForAction(event)) return;
    if (event.type === "session.status_terminated" || event.type === "session.deleted") return;
  }
}
