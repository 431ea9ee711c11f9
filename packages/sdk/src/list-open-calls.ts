import type { SessionEvent } from "@gantry/contracts/session-events";
import type { CallOptions, Transport } from "./create-transport.ts";
import { asksForAction, placeOf, type SessionStreamEvent } from "./session-stream-event.ts";
import type { ManagedList } from "./list-managed.ts";

export type CustomToolUse = Extract<SessionEvent, { type: "agent.custom_tool_use" }>;

/** Calls of the client's tools that wait for their results, in the order in which they were made. */
export interface OpenCalls {
  readonly calls: readonly CustomToolUse[];
  /** Place in the log up to which this holds. */
  readonly upTo: number;
}

const types = [
  "agent.custom_tool_use",
  "session.status_running",
  "session.status_idle",
  "session.status_rescheduled",
  "session.status_terminated",
  "session.updated",
];

/**
 * A session says what it waits for each time that this changes; what it said last holds. Calls alone would not tell: one that was dropped by an
 * interrupt has no result in the log.
 */
export async function listOpenCalls(transport: Transport, sessionId: string, options: CallOptions): Promise<OpenCalls> {
  const query = ["order=desc", "limit=100", ...types.map((type) => `types[]=${type}`)].join("&");
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}/events?${query}`;
  const calls: CustomToolUse[] = [];
  let wanted: Set<string> | undefined;
  let upTo = 0;
  let page = "";
  for (;;) {
    const { data, next_page: next } = await transport.json<ManagedList<SessionEvent>>(
      { method: "GET", path: `${path}${page}` },
      options,
    );
    for (const event of data) {
      upTo = Math.max(upTo, placeOf(event) ?? 0);
      if (event.type === "agent.custom_tool_use") {
        if (wanted?.delete(event.id) === true) calls.unshift(event);
      } else if (wanted === undefined) {
        wanted = toWaiting(event);
      }
      if (wanted?.size === 0 || (wanted !== undefined && endsTurn(event))) return { calls, upTo };
    }
    if (next === null) return { calls, upTo };
    page = `&page=${encodeURIComponent(next)}`;
  }
}

/** What waits where this is the newest thing that the session said of itself; undefined where it says nothing of that. */
function toWaiting(event: SessionStreamEvent): Set<string> | undefined {
  if (event.type === "session.updated" && !isForked(event)) return undefined;
  if (event.type !== "session.status_idle" || event.stop_reason.type !== "requires_action") return new Set();
  return new Set(event.stop_reason.event_ids);
}

function endsTurn(event: SessionStreamEvent): boolean {
  return (event.type === "session.status_idle" && !asksForAction(event)) || isForked(event);
}

/** What comes before belongs to the session that this one was forked from: its calls are answered there. */
function isForked(event: SessionStreamEvent): boolean {
  return event.type === "session.updated" && event.gantry?.forked_from !== undefined;
}
