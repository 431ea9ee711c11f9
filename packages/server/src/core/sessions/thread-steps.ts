import type { ToolResultContent } from "@gantry/contracts/session-inputs";
import type { ToolCall } from "../ports/work-driver.ts";
import type { OpenCall, SessionState, SessionThreadOf } from "./session-state.ts";
import type { RosterAgent } from "./session-roster.ts";
import type { StepBuilder } from "./session-step.ts";

/** The tool by which an agent has a subagent work, and its older name. */
const subagentTools: ReadonlySet<string> = new Set(["Agent", "Task"]);

/** The thread in which a call has its subagent work; undefined for any other call. It has the call's id, with a prefix of its own. */
export function toThread(
  { tool, kind, input }: ToolCall,
  eventId: string,
  roster: readonly RosterAgent[],
): SessionThreadOf | undefined {
  if (kind !== "built_in" || !subagentTools.has(tool)) return undefined;
  const read = (field: string): string => (typeof input[field] === "string" ? input[field] : "");
  const id = eventId.replace(/^sevt_/, "sthr_");
  const called = read("subagent_type") || "general-purpose";
  const found = roster.find(({ name }) => name === called)?.agent;
  return {
    id,
    agentName: found?.name ?? called,
    ...(found !== undefined && { agentId: found.id }),
    message: read("prompt"),
    isOpen: false,
  };
}

/** The thread of the subagent that makes a call. */
export function findThread({ turn }: SessionState, { parentToolUseId }: ToolCall): SessionThreadOf | undefined {
  return turn?.calls.find(({ toolUseId }) => toolUseId === parentToolUseId)?.thread;
}

/** The subagent begins. After a resume of the same call it is there already. */
export function openThread(step: StepBuilder, { eventId, thread }: OpenCall): void {
  if (thread === undefined || thread.isOpen) return;
  const { id, agentName, message } = thread;
  const named = { session_thread_id: id, agent_name: agentName };
  step.emit("session.thread_created", { ...named, workflow_run_id: null });
  const content = [{ type: "text", text: message }];
  step.emit("agent.thread_message_sent", { to_session_thread_id: id, to_agent_name: agentName, content });
  step.emit("session.thread_status_running", named);
  step.changeCall(eventId, { thread: { ...thread, isOpen: true } });
}

/** It is through, with what it says at the end. */
export function closeThread(step: StepBuilder, { thread }: OpenCall, said: readonly ToolResultContent[]): void {
  if (thread?.isOpen !== true) return;
  const { id, agentName } = thread;
  const content = said.filter(({ type }) => type === "text");
  if (content.length > 0) {
    step.emit("agent.thread_message_received", {
      from_session_thread_id: id,
      from_agent_name: agentName,
      content,
    });
  }
  step.emit("session.thread_status_idle", {
    session_thread_id: id,
    agent_name: agentName,
    stop_reason: { type: "end_turn" },
    stop_details: null,
  });
}
