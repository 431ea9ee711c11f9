import type { AgentCondition } from "../../../core/ports/driver.ts";
import type { RunningTurn } from "./run-turn.ts";
import { isPlaceholder } from "./user-line.ts";

/** What can be done with a process whose turn came to this end. `isExact`: it holds what the client was told and nothing besides. */
export function toCondition(
  outcome: ReturnType<RunningTurn["outcome"]>,
  said: string,
  isExact: boolean,
): AgentCondition {
  if (outcome === "waiting") return "holding";
  // An answer that reads like the CLI's placeholder is not in the conversation that the process goes on with.
  if (outcome === "answered") return isPlaceholder(said) || !isExact ? "dirty" : "holding";
  return outcome === "interrupted" ? "dirty" : "broken";
}
