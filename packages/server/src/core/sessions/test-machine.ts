import type { SessionInput } from "@gantry/contracts/session-inputs";
import type { SessionCommand } from "./session-machine.ts";
import type { OpenCall } from "./session-state.ts";
import type { JudgedCall, TurnFailure } from "./turn-steps.ts";

let ids = 0;
/** For tests: a step's context with ids that count. */
export const context = { now: 1000, createEventId: () => `sevt_${(ids += 1)}` };

const message: SessionInput = { type: "user.message", content: [{ type: "text", text: "work" }] };
const failure = (retryable: boolean): TurnFailure => ({
  error: { type: "unknown_error", message: "broken" },
  code: "agent_failed",
  retryable,
  keepsOpen: true,
});

/** A call as it is noted, and asked about where it waits. */
export function judged(eventId: string, stage: OpenCall["stage"]): JudgedCall {
  const call: OpenCall = {
    eventId,
    toolUseId: `tool ${eventId}`,
    tool: "Bash",
    kind: "built_in",
    digest: "",
    interactionId: `intr ${eventId}`,
    stage,
  };
  const interaction = {
    id: `intr ${eventId}`,
    sessionId: "s",
    projectId: "p",
    kind: "approval",
    deadline: 1,
    createdAt: 1,
    body: {
      event_id: eventId,
      tool: "Bash",
      input: {},
      digest: "",
      risks: [],
      rule: "",
      reason: "",
      four_eyes: false,
      requested_by: "k",
      default: "deny",
    },
  } as const;
  return { call, use: { type: "agent.tool_use", body: {} }, ...(stage === "waiting" && { interaction }) };
}

export const commands = {
  send: { type: "send", inputs: [message], by: "k" },
  interrupt: { type: "send", inputs: [{ type: "user.interrupt" }], by: "k" },
  confirm: {
    type: "send",
    inputs: [{ type: "user.tool_confirmation", tool_use_id: "call", result: "allow" }],
    by: "k",
  },
  system: { type: "send", inputs: [{ type: "system.message", content: [{ type: "text", text: "x" }] }], by: "k" },
  result: { type: "send", inputs: [{ type: "user.tool_result", tool_use_id: "call" }], by: "k" },
  raise: { type: "update", changes: { budget: null }, raised: true },
  archive: { type: "archive" },
  expire: { type: "expire", eventId: "call", permission: "deny" },
  begin: { type: "begin", notes: {} },
  takeUp: { type: "takeUp", notes: {} },
  ask: { type: "judged", calls: [judged("call", "waiting")] },
  run: { type: "judged", calls: [judged("act", "begun")] },
  defer: { type: "defer", calls: [judged("call", "waiting")], toolUseIds: [] },
  told: { type: "told", eventId: "call" },
  end: { type: "end", kept: true },
  retry: { type: "fail", failure: failure(true) },
  fail: { type: "fail", failure: failure(false) },
  pause: { type: "pause", kept: true, snapshot: {}, raised: false },
} as const satisfies Record<string, SessionCommand>;
