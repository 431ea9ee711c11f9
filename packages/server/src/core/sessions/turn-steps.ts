import type { SessionErrorBody } from "@gantry/contracts/session-events";
import type { ToolResultContent } from "@gantry/contracts/session-inputs";
import type { NewInteraction } from "../ports/event-log.ts";
import type { OpenCall, SessionState } from "./session-state.ts";
import { requireTurn, toBlockers, toResultEvent, type StepBuilder } from "./session-step.ts";
import { closeThread, openThread } from "./thread-steps.ts";

/** A call with what it is shown as, and with what is asked where somebody is. */
export interface JudgedCall {
  readonly call: OpenCall;
  readonly use: {
    readonly type: "agent.tool_use" | "agent.mcp_tool_use" | "agent.custom_tool_use";
    readonly body: object;
  };
  readonly interaction?: NewInteraction;
}

/** The next message with the system messages around it. */
function takeInputs({ queue }: SessionState): SessionState["queue"] {
  const first = queue.findIndex(({ kind }) => kind === "message");
  const next = queue.findIndex(({ kind }, index) => index > first && kind === "message");
  return queue.slice(0, next === -1 ? queue.length : next);
}

/** A process takes up what waits. `restored`: how it was given the conversation so far. */
export function beginTurn(step: StepBuilder, notes: object): void {
  const inputs = takeInputs(step.state);
  const message = inputs.find(({ kind }) => kind === "message");
  if (step.state.turn !== null || message === undefined) throw new Error("there is no turn to begin");
  const inputIds = inputs.map(({ eventId }) => eventId);
  for (const id of inputIds) step.processed.push({ id, at: step.now });
  step.state = {
    ...step.state,
    queue: step.state.queue.slice(inputs.length),
    turn: {
      inputIds,
      by: message.by,
      startedAt: step.now,
      runningSince: step.now,
      phase: "running",
      calls: [],
      retries: 0,
      touched: false,
      interrupted: false,
    },
  };
  step.run({ input_ids: inputIds, ...notes });
}

/** A process goes on with a turn that was let go, lost, paused or is begun anew. */
export function takeUpTurn(step: StepBuilder, notes: object): void {
  const { phase } = requireTurn(step.state);
  if (step.state.status !== "running" || phase === "continuing") step.run(notes);
  step.changeTurn({ phase: "running", runningSince: requireTurn(step.state).runningSince ?? step.now });
}

/** Tool calls were judged, each allowed, denied, asked about or handed to the client. */
export function noteCalls(step: StepBuilder, judged: readonly JudgedCall[]): void {
  for (const { call, use, interaction } of judged) {
    step.emit(use.type, use.body, { id: call.eventId });
    if (interaction !== undefined) step.opened.push(interaction);
    const turn = requireTurn(step.state);
    const runs = call.stage === "begun" && call.decision?.permission !== "deny";
    step.changeTurn({ calls: [...turn.calls, call], touched: turn.touched || runs });
    if (runs) openThread(step, call);
  }
  const reason = toBlockers(requireTurn(step.state));
  if (reason !== undefined && judged.some(({ call }) => call.stage === "waiting")) step.rest("idle", reason);
}

/** The agent is about to be told what was decided: from here on the call may have its effect. */
export function noteTold(step: StepBuilder, eventId: string): void {
  const call = requireTurn(step.state).calls.find((open) => open.eventId === eventId);
  if (call?.stage !== "decided") throw new Error("a call was told that is not decided");
  step.changeCall(eventId, { stage: "begun" });
  const acts = call.decision?.permission === "allow" && (call.kind === "built_in" || call.kind === "mcp");
  if (!acts) return;
  step.changeTurn({ touched: true });
  openThread(step, call);
}

export function noteResult(
  step: StepBuilder,
  call: OpenCall,
  result: { readonly content: readonly ToolResultContent[]; readonly isError: boolean },
): void {
  closeThread(step, call, result.content);
  // The client's own word is the record of what its tool gave.
  if (call.kind !== "custom") step.emit(...toResultEvent(call, result.content, result.isError));
  const { calls } = requireTurn(step.state);
  step.changeTurn({ calls: calls.filter(({ eventId }) => eventId !== call.eventId) });
}

/**
 * The process was let go, with its transcript kept. None of the calls that were put off has run, also where it was let through: the
 * agent is told once all are decided.
 */
export function deferTurn(step: StepBuilder, judged: readonly JudgedCall[], toolUseIds: readonly string[]): void {
  const { calls } = requireTurn(step.state);
  step.changeTurn({
    phase: "deferred",
    calls: calls.map((call) =>
      call.stage === "begun" && toolUseIds.includes(call.toolUseId) ? { ...call, stage: "decided" } : call,
    ),
  });
  noteCalls(step, judged);
}

/** `output`: the object that the turn was to give, where it gave one. */
export function endTurn(step: StepBuilder, output?: unknown): void {
  const { calls, interrupted } = requireTurn(step.state);
  step.dropCalls(calls, "The turn ended without a result of this call.", "end_turn");
  leaveTurn(step, { type: "end_turn" }, interrupted, output);
}

export interface TurnFailure {
  readonly error: Omit<SessionErrorBody, "retry_status">;
  readonly code: string;
  /** How long what refused the turn lasts, where that is known. */
  readonly retryAfterMs?: number;
  /** Worth another try by itself, where nothing was done yet. */
  readonly retryable: boolean;
  /** What was asked stays asked: a process that is given the conversation anew can go on with the answer. */
  readonly keepsOpen: boolean;
}

const mostRetries = 2;

/** The turn broke: it is taken up anew where that does no harm, else it ends with an error. */
export function failTurn(step: StepBuilder, failure: TurnFailure): void {
  const { error, code, retryable, keepsOpen, retryAfterMs } = failure;
  const gantry = { code, ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }) };
  const turn = requireTurn(step.state);
  const begun = turn.calls.filter(({ stage }) => stage === "begun");
  step.dropCalls(
    begun,
    "The call was interrupted: whether it had an effect is not known. It is not made again by itself.",
    "lost",
  );
  const open = keepsOpen && !turn.interrupted ? requireTurn(step.state).calls : [];
  const waits = open.some(({ stage }) => stage === "waiting");
  const mayRetry = retryable && turn.retries < mostRetries;
  // What was asked stays asked, and what was decided stays decided: a process that is given the conversation anew goes on with it.
  if (waits || (open.length > 0 && mayRetry))
    return loseProcess(step, { ...error, retry_status: { type: "retrying" } }, gantry);
  const again = mayRetry && !turn.touched && !turn.interrupted && turn.calls.length === 0;
  step.emit("session.error", {
    error: { ...error, retry_status: { type: again ? "retrying" : "exhausted" } },
    gantry,
  });
  if (again) return reschedule(step, "retrying");
  step.dropCalls(requireTurn(step.state).calls, "The turn was interrupted.", "lost");
  step.state = { ...step.state, retell: true };
  leaveTurn(step, { type: turn.interrupted ? "end_turn" : "retries_exhausted" }, turn.interrupted);
}

function loseProcess(step: StepBuilder, error: SessionErrorBody, gantry: object): void {
  step.emit("session.error", { error, gantry });
  step.state = { ...step.state, retell: true };
  const reason = toBlockers(requireTurn(step.state));
  if (reason === undefined) return reschedule(step, "lost");
  step.changeTurn({ phase: "lost" });
  step.rest("idle", reason);
}

function reschedule(step: StepBuilder, phase: "retrying" | "lost"): void {
  step.emit("session.status_rescheduled");
  step.changeTurn({ phase, retries: requireTurn(step.state).retries + 1 });
  step.state = { ...step.state, status: "rescheduling" };
}

/** A budget has no more: nothing is lost, and a raise goes on with it. */
export function pauseTurn(step: StepBuilder, usage: object): void {
  const { calls } = requireTurn(step.state);
  step.dropCalls(calls, "The budget was used up before this call had a result.", "budget");
  step.changeTurn({ phase: "paused" });
  step.emit("session.usage", usage);
  step.rest("idle", { type: "budget_reached" });
}

function leaveTurn(
  step: StepBuilder,
  reason: { readonly type: "end_turn" | "retries_exhausted" },
  interrupted: boolean,
  output?: unknown,
): void {
  const goesOn = reason.type === "end_turn" && step.state.queue.some(({ kind }) => kind === "message");
  const notes = interrupted ? { detail: "interrupted" } : output === undefined ? undefined : { output };
  if (!goesOn || interrupted) step.rest("idle", reason, notes);
  step.state = { ...step.state, turn: null };
}
