import type { SessionEventType } from "@gantry/contracts/session-events";
import type { SessionInput, ToolResultContent } from "@gantry/contracts/session-inputs";
import { acceptInput } from "./accept-input.ts";
import { settleCall } from "./settle-call.ts";
import type { CallDecision, SessionState, SessionTally } from "./session-state.ts";
import {
  createStep,
  requireTurn,
  type Refusal,
  type Step,
  type StepBuilder,
  type StepContext,
} from "./session-step.ts";
import {
  beginTurn,
  deferTurn,
  endTurn,
  failTurn,
  type JudgedCall,
  noteCalls,
  noteResult,
  noteTold,
  pauseTurn,
  takeUpTurn,
  type TurnFailure,
} from "./turn-steps.ts";

/** Everything that can happen to a session. */
export type SessionCommand =
  // From clients.
  | { readonly type: "send"; readonly inputs: readonly SessionInput[]; readonly by: string }
  | { readonly type: "withdraw"; readonly eventId: string; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: "steer"; readonly eventId: string }
  | { readonly type: "update"; readonly changes: object; readonly raised: boolean }
  | { readonly type: "archive" }
  // From time.
  | { readonly type: "expire"; readonly eventId: string; readonly permission: CallDecision["permission"] }
  // From the process that works on it.
  | { readonly type: "begin"; readonly notes: object }
  | { readonly type: "takeUp"; readonly notes: object }
  | { readonly type: "record"; readonly events: readonly RecordedEvent[]; readonly usage?: Partial<SessionTally> }
  | { readonly type: "steered"; readonly eventId: string }
  | { readonly type: "judged"; readonly calls: readonly JudgedCall[] }
  | { readonly type: "told"; readonly eventId: string }
  | {
      readonly type: "result";
      readonly eventId: string;
      readonly content: readonly ToolResultContent[];
      readonly isError: boolean;
    }
  | {
      readonly type: "defer";
      readonly calls: readonly JudgedCall[];
      /** All that were put off, by the model's ids. */
      readonly toolUseIds: readonly string[];
      readonly usage?: Partial<SessionTally>;
    }
  /** `kept`: its transcript is stored with it. `output`: the object that the turn was to give. */
  | { readonly type: "end"; readonly kept: boolean; readonly usage?: Partial<SessionTally>; readonly output?: unknown }
  | { readonly type: "fail"; readonly failure: TurnFailure; readonly usage?: Partial<SessionTally> }
  | {
      readonly type: "pause";
      readonly kept: boolean;
      readonly snapshot: object;
      /** The budget was raised after it had refused: there is more already. */
      readonly raised: boolean;
      readonly usage?: Partial<SessionTally>;
    };

export interface RecordedEvent {
  readonly id?: string;
  readonly type: SessionEventType;
  readonly body: object;
}

export type StepResult = { readonly ok: true; readonly step: Step } | { readonly ok: false; readonly refusal: Refusal };

/**
 * The life of a session: a state and something that happens give the next state, and the events that tell of it. Pure. A refusal changes
 * nothing. Throws for what cannot happen where its callers are right.
 */
export function transition(state: SessionState, command: SessionCommand, context: StepContext): StepResult {
  const step = createStep(state, context);
  if ("usage" in command && command.usage !== undefined) addUsage(step, command.usage);
  if ("kept" in command && !command.kept) step.state = { ...step.state, retell: true };
  const refusal = apply(step, command);
  if (refusal !== undefined) return { ok: false, refusal };
  const { events, processed, opened, closed } = step;
  return { ok: true, step: { state: step.state, events, processed, opened, closed } };
}

/** Whether the session has something to do for a process. */
export function isReady({ archived, queue, turn, stopReason }: SessionState): boolean {
  if (archived) return false;
  if (turn === null) return stopReason?.type !== "budget_reached" && queue.some(({ kind }) => kind === "message");
  if (turn.phase === "running" || turn.phase === "paused") return false;
  return turn.calls.every(({ stage }) => stage !== "waiting");
}

function apply(step: StepBuilder, command: SessionCommand): Refusal | undefined {
  switch (command.type) {
    case "send":
      return acceptAll(step, command.inputs, command.by);
    case "withdraw":
      return withdraw(step, command.eventId, command.body);
    case "steer":
      return steer(step, command.eventId);
    case "update":
      return update(step, command.changes, command.raised);
    case "archive":
      return archive(step);
    case "expire":
      return expire(step, command.eventId, command.permission);
    case "begin":
      return void beginTurn(step, command.notes);
    case "takeUp":
      return void takeUpTurn(step, command.notes);
    case "record":
      for (const { id, type, body } of command.events) step.emit(type, body, id === undefined ? {} : { id });
      return undefined;
    case "steered":
      return steered(step, command.eventId);
    case "judged":
      return void noteCalls(step, command.calls);
    case "told":
      return void noteTold(step, command.eventId);
    case "result": {
      const call = requireTurn(step.state).calls.find(({ eventId }) => eventId === command.eventId);
      if (call !== undefined) noteResult(step, call, command);
      return undefined;
    }
    case "defer":
      return void deferTurn(step, command.calls, command.toolUseIds);
    case "end":
      return void endTurn(step, command.output);
    case "fail":
      return void failTurn(step, command.failure);
    case "pause":
      pauseTurn(step, command.snapshot);
      if (command.raised) continueTurn(step);
      return undefined;
  }
}

function acceptAll(step: StepBuilder, inputs: readonly SessionInput[], by: string): Refusal | undefined {
  const [first] = inputs;
  const waits = step.state.stopReason?.type === "requires_action" && step.state.status === "idle";
  if (first?.type === "system.message" && inputs.length === 1 && waits) {
    return { code: "invalid_request", message: "A system message alone does not answer what the session waits for." };
  }
  for (const [index, input] of inputs.entries()) {
    const refusal = acceptInput(step, input, by);
    if (refusal === undefined) continue;
    const param = refusal.param === undefined ? `events[${index}]` : `events[${index}].${refusal.param}`;
    return { ...refusal, param };
  }
  return undefined;
}

function withdraw(step: StepBuilder, id: string, body: Readonly<Record<string, unknown>>): Refusal | undefined {
  if (!step.state.queue.some(({ eventId }) => eventId === id)) return notWaiting;
  step.processed.push({ id, at: step.now, body });
  step.state = { ...step.state, queue: step.state.queue.filter(({ eventId }) => eventId !== id) };
  return undefined;
}

const notWaiting: Refusal = { code: "conflict", message: "The input does not wait any more." };

function steer(step: StepBuilder, id: string): Refusal | undefined {
  const found = step.state.queue.find(({ eventId }) => eventId === id);
  if (found === undefined) return notWaiting;
  if (found.kind !== "message" || step.state.turn?.phase !== "running") {
    return { code: "conflict", message: "Nothing runs that could be given this message." };
  }
  const queue = step.state.queue.map((one) => (one === found ? ({ ...one, delivery: "steer" } as const) : one));
  step.state = { ...step.state, queue };
  return undefined;
}

function steered(step: StepBuilder, id: string): undefined {
  step.processed.push({ id, at: step.now });
  step.state = { ...step.state, queue: step.state.queue.filter(({ eventId }) => eventId !== id) };
}

function update(step: StepBuilder, changes: object, raised: boolean): Refusal | undefined {
  if (step.state.archived) return { code: "conflict", message: "The session is archived and cannot be changed." };
  if (Object.keys(changes).length > 0) step.emit("session.updated", changes);
  if (raised && step.state.stopReason?.type === "budget_reached") continueTurn(step);
  return undefined;
}

/** A budget that held the session has more. */
function continueTurn(step: StepBuilder): void {
  step.state = { ...step.state, stopReason: null };
  if (step.state.turn?.phase === "paused") step.changeTurn({ phase: "continuing" });
}

function archive(step: StepBuilder): Refusal | undefined {
  const { state } = step;
  if (state.archived) return undefined;
  if (state.status !== "idle") {
    return { code: "invalid_request", message: "The session is running: interrupt it first." };
  }
  if (state.turn !== null) step.dropCalls(state.turn.calls, "The session was archived.", "archive");
  step.emit("session.status_terminated");
  step.state = { ...step.state, status: "terminated", stopReason: null, turn: null, queue: [], archived: true };
  return undefined;
}

function expire(step: StepBuilder, eventId: string, permission: CallDecision["permission"]): Refusal | undefined {
  const answer = { type: "user.tool_confirmation", tool_use_id: eventId, result: permission } as const;
  const message = "Nobody answered in time.";
  return settleCall(step, { ...answer, ...(permission === "deny" && { deny_message: message }) }, "deadline");
}

function addUsage(step: StepBuilder, more: Partial<SessionTally>): void {
  const sum = { ...step.state.usage };
  for (const name of Object.keys(sum) as (keyof SessionTally)[]) sum[name] += more[name] ?? 0;
  step.state = { ...step.state, usage: sum };
}
