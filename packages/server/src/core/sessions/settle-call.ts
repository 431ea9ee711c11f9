import type { InteractionAnswer } from "@gantry/contracts/interactions";
import type { SessionInput } from "@gantry/contracts/session-inputs";
import type { CallDecision, OpenCall } from "./session-state.ts";
import { requireTurn, toBlockers, type Refusal, type StepBuilder } from "./session-step.ts";

type Answer = Extract<SessionInput, { type: "user.tool_confirmation" | "user.custom_tool_result" }>;

/** Takes an answer to a call that waits: a person's word, or the result of a tool that the client runs. */
export function settleCall(step: StepBuilder, input: Answer, by: string): Refusal | undefined {
  const eventId = input.type === "user.tool_confirmation" ? input.tool_use_id : input.custom_tool_use_id;
  const call = step.state.turn?.calls.find((open) => open.eventId === eventId);
  if (call === undefined || call.stage !== "waiting") return refuseSettled(input, eventId);
  const refusal = refuseMismatch(call, input);
  if (refusal !== undefined) return refusal;
  if (input.type === "user.custom_tool_result") {
    const { content = [], is_error: isError = false } = input;
    step.emit(input.type, { custom_tool_use_id: eventId, content, is_error: isError, gantry: { decided_by: by } });
    decide(step, call, { permission: "allow", content, isError: isError === true });
    return undefined;
  }
  confirm(step, call, input, by);
  return undefined;
}

function refuseSettled(input: Answer, eventId: string): Refusal {
  const field = input.type === "user.tool_confirmation" ? "tool_use_id" : "custom_tool_use_id";
  return {
    code: "invalid_request",
    message: `${field}: no call of this id waits for an answer.`,
    param: field,
    settledCall: eventId,
  };
}

function refuseMismatch({ kind }: OpenCall, input: Answer): Refusal | undefined {
  const refuse = (message: string, param: string): Refusal => ({ code: "invalid_request", message, param });
  if (input.type === "user.custom_tool_result") {
    if (kind === "custom") return undefined;
    return refuse("The call waits for a confirmation, not for a result.", "custom_tool_use_id");
  }
  if (kind === "custom") return refuse("The call waits for a result of yours, not for a confirmation.", "tool_use_id");
  if (kind === "question" && input.result === "allow" && input.gantry?.answers === undefined) {
    return refuse("The agent asks something: give its answers in `gantry.answers`.", "gantry.answers");
  }
  return undefined;
}

type Confirmation = Extract<SessionInput, { type: "user.tool_confirmation" }>;

function confirm(step: StepBuilder, call: OpenCall, input: Confirmation, by: string): void {
  const { result, deny_message: message, gantry = {} } = input;
  const { eventId, interactionId } = call;
  step.emit("user.tool_confirmation", {
    tool_use_id: eventId,
    result,
    ...(typeof message === "string" && { deny_message: message }),
    gantry: { ...gantry, decided_by: by, ...(interactionId !== undefined && { interaction_id: interactionId }) },
  });
  step.closeInteraction(call, by === "deadline" ? "expired" : "answered", toAnswer(input), by);
  if (result === "allow" && gantry.scope === "session" && interactionId !== undefined) {
    step.state = { ...step.state, grants: [...step.state.grants, { tool: call.tool, interactionId, by }] };
  }
  decide(step, call, {
    permission: result,
    ...(typeof message === "string" && { message }),
    ...(gantry.input !== undefined && { input: gantry.input }),
    ...(gantry.answers !== undefined && { answers: gantry.answers }),
  });
}

function toAnswer({ result, deny_message: message, gantry = {} }: Confirmation): InteractionAnswer {
  return { decision: result, ...(typeof message === "string" && { message }), ...gantry };
}

/** Notes what was decided, and goes on once nothing waits any more. */
function decide(step: StepBuilder, call: OpenCall, decision: CallDecision): void {
  step.changeCall(call.eventId, { stage: "decided", decision });
  const reason = toBlockers(requireTurn(step.state));
  if (reason === undefined) step.run();
  else if (step.state.status === "idle") step.rest("idle", reason);
}
