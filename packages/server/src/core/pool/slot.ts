import type { Agent } from "../ports/driver.ts";
import type { ConversationKey } from "./conversation-key.ts";

/** What a process is bound to. Processes are exchanged only within one binding. */
export interface Binding {
  readonly owner: string;
  readonly system: string;
  /** See `AgentIdentity`. */
  readonly outputSchema?: string;
}

/**
 * One place of the pool. `starting` has no agent yet; `working` covers everything that will end by itself and make it
 * idle again or close it (a turn, a clear, an initialisation).
 */
export interface Slot {
  readonly id: number;
  readonly startedAt: number;
  state: "starting" | "spare" | "clean" | "holding" | "working";
  agent: Agent | undefined;
  binding: Binding | undefined;
  /** Since when it has its binding; its start, where it has none. */
  boundAt: number;
  model: string | undefined;
  /** The conversation it holds, in state `holding`. */
  conversation: ConversationKey | undefined;
  idleSince: number;
  /** A request has it, or it is started for that request alone; otherwise a `working` process is on its way to being clean. */
  lent: boolean;
}

/** On its way to being a spare: whoever comes may have it then. A lent one is started for one request alone. */
export function isArriving(slot: Slot): boolean {
  return slot.state === "starting" && !slot.lent;
}

export function isIdle(slot: Slot): boolean {
  return slot.state === "spare" || slot.state === "clean" || slot.state === "holding";
}

/** It holds a turn that goes on with the results of a client's tools. */
export function isWaiting(slot: Slot): boolean {
  return slot.state === "holding" && slot.agent?.isWaiting === true;
}

export function sameBinding(left: Binding | undefined, right: Binding): boolean {
  return (
    left !== undefined &&
    left.owner === right.owner &&
    left.system === right.system &&
    left.outputSchema === right.outputSchema
  );
}

export function toBinding({ owner, system, outputSchema }: Binding): Binding {
  return outputSchema === undefined ? { owner, system } : { owner, system, outputSchema };
}
