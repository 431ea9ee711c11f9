import type { CallEffort } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { IgnoredFields } from "../../ignored-fields.ts";
import { takesEffort, toNearestEffort } from "../../reasoning-effort.ts";
import type { ServerManner } from "./server-manner.ts";

/**
 * What the server is told of how hard to think: the effort that was asked for, else the one nearest to the budget. What it
 * cannot be told is named in `ignored`; a wish for adaptive thinking is what a model that reasons does anyway.
 */
export function encodeEffort(
  { effort, thinking }: ModelCall,
  model: string,
  manner: ServerManner,
  ignored: IgnoredFields,
): CallEffort | undefined {
  const tellable = manner.takesEffort && takesEffort(model);
  if (effort !== undefined && !tellable) ignored.add("effort");
  const nearest = tellable && effort === undefined ? toNearestEffort(thinking) : undefined;
  if (nearest !== undefined) ignored.add("thinking.budget_tokens", `effort-${nearest}`);
  else if (thinking?.type === "enabled") ignored.add("thinking.budget_tokens");
  // Which models can be told not to think at all differs too much: told the wrong word they refuse the call.
  if (thinking?.type === "disabled" && effort === undefined) ignored.add("thinking.disabled");
  return tellable ? (effort ?? nearest) : undefined;
}
