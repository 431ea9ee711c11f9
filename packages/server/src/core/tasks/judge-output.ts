import { FailureError } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { toActor } from "../control/actor.ts";
import type { TaskParts } from "./task-parts.ts";
import type { TaskBody } from "./task-record.ts";

/** What became of a task's `output_schema`. */
export type OutputVerdict =
  | { readonly object: Readonly<Record<string, unknown>>; readonly error?: never; readonly misfits?: never }
  /** `misfits`: the agent may be told them and asked again. */
  | { readonly object?: never; readonly error: string; readonly misfits?: readonly string[] };

/** By the schema as the client sent it: the agent program knows less of schemas than it says. Undefined where the task has none. */
export async function judgeOutput(
  { store, schemas }: Pick<TaskParts, "store" | "schemas">,
  { sessionId, input: { output_schema: schema } }: TaskBody,
): Promise<OutputVerdict | undefined> {
  if (schema === undefined || schema === null) return undefined;
  const [last] = await store.listEvents({ sessionId, order: "desc", limit: 1, types: ["session.status_idle"] });
  const notes = last?.body["gantry"];
  const object: unknown = typeof notes === "object" && notes !== null && "output" in notes ? notes.output : undefined;
  if (typeof object !== "object" || object === null) return toMisfit(["output: it was not given"]);
  try {
    const misfits = await schemas.check(schema, object);
    return misfits.length === 0 ? { object: { ...object } } : toMisfit(misfits);
  } catch (error) {
    if (error instanceof FailureError) return { error: error.failure.message };
    throw error;
  }
}

function toMisfit(misfits: readonly string[]): OutputVerdict {
  const told = misfits.join("; ");
  return { misfits, error: `The agent gave no object that fits \`output_schema\`, also when asked again: ${told}.` };
}

/** Has the agent give its object once more; false where its session takes nothing any more. */
export async function askForOutput(
  { sessions }: Pick<TaskParts, "sessions">,
  { sessionId }: TaskBody,
  principal: Principal,
  misfits: readonly string[],
): Promise<boolean> {
  const text = `What you gave does not fit the form that was asked for:\n${misfits.join("\n")}\nGive the whole object again, in that form.`;
  const caller = { principal, actor: toActor(principal, null) };
  try {
    await sessions.service.send(caller, sessionId, [{ type: "user.message", content: [{ type: "text", text }] }]);
    return true;
  } catch (error) {
    if (error instanceof FailureError) return false;
    throw error;
  }
}
