import type { AgentCondition } from "../../../core/ports/driver.ts";
import type { OutputTrack } from "./output-track.ts";
import type { RunningTurn } from "./run-turn.ts";
import { isPlaceholder } from "./user-line.ts";

/** What can be done with a process whose turn came to this end. One that holds more than the client was told is no use to it. */
export function toCondition(
  outcome: ReturnType<RunningTurn["outcome"]>,
  said: string,
  output: Pick<OutputTrack, "isExact" | "endsWithCalls"> | undefined,
): AgentCondition {
  if (outcome === "waiting") return output?.endsWithCalls === true ? "dirty" : "holding";
  // An answer that reads like the CLI's placeholder is not in the conversation that the process goes on with.
  if (outcome === "answered") return isPlaceholder(said) || output?.isExact === false ? "dirty" : "holding";
  return outcome === "interrupted" ? "dirty" : "broken";
}
