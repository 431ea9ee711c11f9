import type { ErrorCode } from "@gantry/contracts/errors";
import type { InteractionAnswer } from "@gantry/contracts/interactions";
import type { SessionEventType, StopReason } from "@gantry/contracts/session-events";
import type { SessionStatus } from "@gantry/contracts/sessions";
import type { ClosedInteraction, NewEvent, NewInteraction, ProcessedInput } from "../ports/event-log.ts";
import { closeThread } from "./thread-steps.ts";
import type { OpenCall, SessionState, TurnState } from "./session-state.ts";

/** What a step is decided with besides the state. */
export interface StepContext {
  readonly now: number;
  readonly createEventId: () => string;
}

/** What a step comes to: to be committed whole. */
export interface Step {
  readonly state: SessionState;
  readonly events: readonly NewEvent[];
  readonly processed: readonly ProcessedInput[];
  readonly opened: readonly NewInteraction[];
  readonly closed: readonly ClosedInteraction[];
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string;
  /** The call that was answered before: whoever sent the same answer is right all the same. */
  readonly settledCall?: string;
}

/** A step in the making. */
export interface StepBuilder {
  readonly now: number;
  state: SessionState;
  readonly events: NewEvent[];
  readonly processed: ProcessedInput[];
  readonly opened: NewInteraction[];
  readonly closed: ClosedInteraction[];
  /** Resolves to the event's id. `waits`: an input that is not read yet. */
  emit(type: SessionEventType, body?: object, options?: { readonly id?: string; readonly waits?: boolean }): string;
  /** Of the turn that there must be. */
  changeTurn(change: Partial<TurnState>): void;
  changeCall(eventId: string, change: Partial<OpenCall>): void;
  run(notes?: object): void;
  rest(status: SessionStatus, reason: StopReason, notes?: object): void;
  closeInteraction(
    call: OpenCall,
    state: ClosedInteraction["state"],
    decision: InteractionAnswer | null,
    decidedBy: string,
  ): void;
  /** Ends calls without a result of their own: those that wait are waited for no more. */
  dropCalls(calls: readonly OpenCall[], why: string, by: string): void;
}

export function createStep(before: SessionState, { now, createEventId }: StepContext): StepBuilder {
  const step: StepBuilder = {
    now,
    state: before,
    events: [],
    processed: [],
    opened: [],
    closed: [],
    emit(type, body = {}, { id = createEventId(), waits = false } = {}) {
      step.events.push({ id, type, processedAt: waits ? null : now, body: { ...body } });
      return id;
    },
    changeTurn(change) {
      step.state = { ...step.state, turn: { ...requireTurn(step.state), ...change } };
    },
    changeCall(eventId, change) {
      const { calls } = requireTurn(step.state);
      step.changeTurn({ calls: calls.map((call) => (call.eventId === eventId ? { ...call, ...change } : call)) });
    },
    run(notes) {
      step.emit("session.status_running", notes === undefined ? {} : { gantry: notes });
      step.state = { ...step.state, status: "running", stopReason: null };
      if (step.state.turn !== null) step.changeTurn({ runningSince: step.state.turn.runningSince ?? now });
    },
    rest(status, reason, notes) {
      const { turn, usage } = step.state;
      const active = Math.max(0, now - (turn?.runningSince ?? now));
      step.emit("session.status_idle", {
        stop_reason: reason,
        stop_details: null,
        ...(notes === undefined ? {} : { gantry: notes }),
      });
      step.state = {
        ...step.state,
        status,
        stopReason: reason,
        usage: { ...usage, activeMs: usage.activeMs + active },
        turn: turn === null ? null : { ...turn, runningSince: null },
      };
    },
    closeInteraction({ interactionId }, state, decision, decidedBy) {
      if (interactionId === undefined) return;
      step.closed.push({ id: interactionId, state, outcome: { decision, decidedBy, decidedAt: now } });
    },
    dropCalls(calls, why, by) {
      for (const call of calls) {
        closeThread(step, call, []);
        if (call.stage === "waiting") step.closeInteraction(call, "withdrawn", null, by);
        if (call.kind !== "custom") step.emit(...toResultEvent(call, [{ type: "text", text: why }], true));
      }
      const dropped = new Set(calls.map(({ eventId }) => eventId));
      step.changeTurn({ calls: requireTurn(step.state).calls.filter(({ eventId }) => !dropped.has(eventId)) });
    },
  };
  return step;
}

export function requireTurn({ turn }: SessionState): TurnState {
  if (turn === null) throw new Error("a step of a turn was taken where there is none");
  return turn;
}

/** The result of a call as an event: MCP tools have one of their own. */
export function toResultEvent(
  { kind, eventId, within }: Pick<OpenCall, "kind" | "eventId" | "within">,
  content: readonly object[],
  isError: boolean,
): ["agent.tool_result" | "agent.mcp_tool_result", object] {
  const gantry = within === undefined ? {} : { gantry: { session_thread_id: within } };
  const outcome = { content, is_error: isError, ...gantry };
  if (kind === "mcp") return ["agent.mcp_tool_result", { mcp_tool_use_id: eventId, ...outcome }];
  return ["agent.tool_result", { tool_use_id: eventId, ...outcome }];
}

/** The calls that the session comes to rest for, or undefined where nothing waits. */
export function toBlockers({ calls }: TurnState): Extract<StopReason, { type: "requires_action" }> | undefined {
  const waiting = calls.filter(({ stage }) => stage === "waiting").map(({ eventId }) => eventId);
  return waiting.length === 0 ? undefined : { type: "requires_action", event_ids: waiting };
}
