import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { refuseState } from "../control/refusals.ts";
import type { Refusal } from "./session-step.ts";
import type { StepOutcome } from "./session-writer.ts";

/** Who may see a session: its project, and who administers. */
export function mayReach({ scopes, projectId }: Principal, owner: { readonly projectId: string }): boolean {
  return owner.projectId === projectId || scopes.includes("admin");
}

export function sameEyes(): FailureError {
  return new FailureError(
    toFailure("forbidden", "Four eyes are asked for: another key than the one that sent the work has to answer."),
  );
}

/** Throws what stood in the way of a step, as its sender is told it. */
export function requireDone(outcome: StepOutcome): StepOutcome & { kind: "done" } {
  switch (outcome.kind) {
    case "done":
      return outcome;
    case "refused":
      throw toRefusalError(outcome.refusal);
    case "gone":
      throw new FailureError(toFailure("not_found", "There is no such session."));
    default:
      throw refuseState("The session cannot be changed now.");
  }
}

function toRefusalError({ code, message, param }: Refusal): FailureError {
  return new FailureError(toFailure(code, message, param === undefined ? {} : { param }));
}
