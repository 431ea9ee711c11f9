import type { SessionInput } from "@gantry/contracts/session-inputs";
import { settleCall } from "./settle-call.ts";
import { requireTurn, type Refusal, type StepBuilder } from "./session-step.ts";

const mostQueued = 1000;

/** Takes what a client sends. Undefined where it is taken; then the step's last event of that type is it. */
export function acceptInput(step: StepBuilder, input: SessionInput, by: string): Refusal | undefined {
  if (step.state.archived) {
    return { code: "conflict", message: "The session is archived: it can be read and takes no input." };
  }
  switch (input.type) {
    case "user.message":
    case "system.message":
      return queueInput(step, input, by);
    case "user.interrupt":
      return interrupt(step, input);
    case "user.tool_confirmation":
    case "user.custom_tool_result":
      return settleCall(step, input, by);
    case "user.tool_result":
      return {
        code: "invalid_request",
        message: "The tools of this session run here: user.tool_result is for self-hosted environments alone.",
        param: "type",
      };
  }
}

function queueInput(
  step: StepBuilder,
  input: Extract<SessionInput, { type: "user.message" | "system.message" }>,
  by: string,
): Refusal | undefined {
  const { state } = step;
  if (state.stopReason?.type === "budget_reached") {
    const message = "The session's budget is used up: raise it before more work is sent.";
    return { code: "invalid_request", message, param: "budget" };
  }
  if (state.queue.length >= mostQueued) return { code: "queue_full", message: "Too many inputs wait in this session." };
  const { type, content } = input;
  const delivery = (input.type === "user.message" && input.gantry?.delivery) || "queue";
  const eventId = step.emit(type, { content, ...(delivery === "steer" && { gantry: { delivery } }) }, { waits: true });
  const kind = type === "user.message" ? "message" : "system";
  step.state = { ...state, queue: [...state.queue, { eventId, kind, delivery, by }] };
  return undefined;
}

function interrupt(step: StepBuilder, { type }: Extract<SessionInput, { type: "user.interrupt" }>): undefined {
  step.emit(type);
  const { turn } = step.state;
  if (turn === null) return;
  const waiting = turn.calls.filter(({ stage }) => stage !== "begun");
  step.dropCalls(waiting, "The call was not made: the turn was interrupted.", "interrupt");
  step.changeTurn({ interrupted: true });
  if (turn.phase === "running") {
    // It goes on until its process says that it has ended.
    if (step.state.status === "idle") step.run();
    return;
  }
  step.dropCalls(requireTurn(step.state).calls, "The turn was interrupted.", "interrupt");
  const { retries: _over, ...rest } = turn;
  step.rest("idle", { type: "end_turn" }, { detail: "interrupted" });
  // What a process took with it is told anew.
  step.state = { ...step.state, turn: null, retell: step.state.retell || rest.phase !== "deferred" };
}
