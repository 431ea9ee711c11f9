import type { SessionRecord } from "../ports/session-store.ts";
import type { TaskStep } from "./task-machine.ts";

export type SessionVerdict =
  | { readonly kind: "open"; readonly asks: boolean }
  | { readonly kind: "ended"; readonly step: Extract<TaskStep, "complete" | "fail" | "spend"> };

/** What a session's state says of the task that it works on. */
export function judgeSession({ state }: Pick<SessionRecord, "state">): SessionVerdict {
  if (state.status === "terminated") return { kind: "ended", step: "fail" };
  if (state.status !== "idle") return { kind: "open", asks: false };
  switch (state.stopReason?.type) {
    case undefined:
      return { kind: "open", asks: false };
    case "requires_action":
      return { kind: "open", asks: true };
    case "budget_reached":
      return { kind: "ended", step: "spend" };
    case "end_turn":
      // What was sent after it is still to be worked on.
      if (state.queue.some(({ kind }) => kind === "message")) return { kind: "open", asks: false };
      return { kind: "ended", step: "complete" };
    default:
      // It was told to go on, and has not begun yet.
      if (state.queue.some(({ kind }) => kind === "message")) return { kind: "open", asks: false };
      return { kind: "ended", step: "fail" };
  }
}
