import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { SessionEvent } from "@gantry/contracts/session-events";
import type { Session } from "@gantry/contracts/sessions";
import type { Principal } from "../../../core/access/principal.ts";
import type { SessionFrame, SessionService } from "../../../core/sessions/session-service.ts";
import { type SessionThread, toSessionThread, toSubagentThread } from "./to-session-thread.ts";

type Sessions = Pick<SessionService, "get" | "listEvents">;

const pageSize = 1000;
const types = ["session.thread_created", "session.thread_status_running", "session.thread_status_idle"] as const;

/** The threads of a session: the primary one, and those of subagents in the order in which they were made. */
export async function listThreads(
  sessions: Sessions,
  principal: Principal,
  id: string,
): Promise<readonly SessionThread[]> {
  const session = await sessions.get(principal, id);
  const threads = new Map<string, SessionThread>();
  let cursor: string | null | undefined;
  do {
    const query = { limit: pageSize, types, ...(typeof cursor === "string" && { cursor }) };
    const page = await sessions.listEvents(principal, id, query);
    for (const event of page.items) note(threads, event, session);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return [toSessionThread(session), ...threads.values()];
}

function note(threads: Map<string, SessionThread>, event: SessionEvent, session: Session): void {
  if (event.type === "session.thread_created") {
    threads.set(event.session_thread_id, toSubagentThread(session, event));
    return;
  }
  if (event.type !== "session.thread_status_running" && event.type !== "session.thread_status_idle") return;
  const thread = threads.get(event.session_thread_id);
  if (thread === undefined || thread.status === "terminated") return;
  const status = event.type === "session.thread_status_idle" ? "idle" : "running";
  threads.set(thread.id, { ...thread, status, updated_at: event.processed_at });
}

/** Rejects with a `FailureError` where the session has no such thread. */
export async function findThread(
  sessions: Sessions,
  principal: Principal,
  { id, thread }: { readonly id: string; readonly thread: string },
): Promise<SessionThread> {
  const found = (await listThreads(sessions, principal, id)).find((one) => one.id === thread);
  if (found === undefined) throw new FailureError(toFailure("not_found", "There is no such thread."));
  return found;
}

/** Whether an event belongs to a thread. The primary thread has all that the session has. */
export function isOfThread({ id, parent_thread_id: parent }: SessionThread, event: SessionEvent): boolean {
  if (parent === null) return true;
  const named = [
    "session_thread_id" in event ? event.session_thread_id : undefined,
    "to_session_thread_id" in event ? event.to_session_thread_id : undefined,
    "from_session_thread_id" in event ? event.from_session_thread_id : undefined,
    event.gantry?.session_thread_id,
  ];
  return named.includes(id);
}

/** What a reader of a thread is given of its session. */
export async function* selectFrames(
  thread: SessionThread | undefined,
  frames: AsyncIterable<SessionFrame>,
): AsyncGenerator<SessionFrame> {
  for await (const frame of frames) {
    if (thread === undefined || thread.parent_thread_id === null) yield frame;
    else if (frame.type === "event" || frame.type === "changed") {
      if (isOfThread(thread, frame.event)) yield frame;
    } else if (frame.type !== "preview") yield frame;
  }
}
