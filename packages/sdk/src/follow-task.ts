import type { TaskStatus, TaskSummary } from "@gantry/contracts/tasks";
import type { EventSourceMessage } from "eventsource-parser";
import type { ReadEvent } from "./follow-events.ts";
import { readSessionEvent } from "./follow-session.ts";
import { followWork, type WatchOptions, type WorkParts } from "./follow-work.ts";
import type { SessionStreamEvent } from "./session-stream-event.ts";

export type TaskUpdate =
  /** 1 for the next. */
  | { readonly type: "task.queued"; readonly queue_position: number }
  /** A limit of the model's vendor lets no task begin before then. */
  | { readonly type: "task.held"; readonly held_until: string; readonly queue_position: number }
  | { readonly type: "task.status"; readonly task: TaskSummary }
  | SessionStreamEvent;

export function followTask(parts: WorkParts, id: string, options: WatchOptions): AsyncGenerator<TaskUpdate, void> {
  const path = `/v1/tasks/${encodeURIComponent(id)}/events`;
  // A new connection begins with the state as it is, which may have been told.
  let told = "";
  function read(message: EventSourceMessage): ReadEvent<TaskUpdate> {
    // What is read as an event of a session has the shape of any other.
    const { event } = readSessionEvent(message) as ReadEvent<TaskUpdate>;
    if (event === undefined || !event.type.startsWith("task.")) return { event };
    const isLast = event.type === "task.status" && isTaskOver(event.task.status);
    const now = event.type === "task.status" ? event.task.status : message.data;
    if (now === told) return { isLast };
    told = now;
    return { event, isLast };
  }
  return followWork(parts, { method: "GET", path }, options, read, (event) =>
    event.type === "task.status" && event.task.status === "requires_action"
      ? (event.task.session_id ?? undefined)
      : undefined,
  );
}

export function isTaskOver(status: TaskStatus): boolean {
  return status !== "queued" && status !== "running" && status !== "requires_action";
}
