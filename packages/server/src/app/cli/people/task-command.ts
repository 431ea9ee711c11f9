import { GantryError, type Task, type TaskRequest } from "@gantry/sdk";
import { readText } from "./read-text.ts";
import { countSeconds, dollarsOf } from "./task-flags.ts";
import { listFlag, textFlag } from "../control/flag-values.ts";
import { exitCodes } from "./exit-codes.ts";
import { toPrintableJson } from "../printable.ts";
import { exitCodeOf, showTaskEnd } from "./show-task-end.ts";
import type { PersonCall } from "./run-for-person.ts";
import { watchTask } from "./watch-task.ts";

/** `gantry task`: hands a task over and stays with it to its end. */
export async function taskCommand(call: PersonCall): Promise<number> {
  const { gantry, person, flags } = call;
  const isJson = flags["json"] === true;
  const request = await readRequest(call);
  const made = await gantry.tasks.create(request);
  if (flags["detach"] === true) {
    person.write(isJson ? `${toPrintableJson(made, 2)}\n` : `${made.task_id}\n`);
    return exitCodes.done.code;
  }
  const isQuiet = isJson && !person.canAnswer;
  if (!isQuiet)
    person.say(
      person.paint.faint(`${made.task_id} (${made.model}), at most $${made.max_cost} and ${made.timeout} s of work`),
    );
  const task = await watchTask(call, made.task_id, { owned: true, isQuiet });
  if (task === undefined) {
    person.say(`It goes on: gantry watch ${made.task_id}`);
    return exitCodes.left.code;
  }
  const diff = await readDiff(call, task);
  if (isJson) person.write(`${toPrintableJson({ ...task, diff: diff ?? null }, 2)}\n`);
  else showTaskEnd(person, task, diff);
  return exitCodeOf(task.status);
}

async function readRequest(call: PersonCall): Promise<TaskRequest> {
  const { flags } = call;
  const [tools, model, directory] = [listFlag(flags, "tools"), textFlag(flags, "model"), textFlag(flags, "directory")];
  const [budget, timeout] = [dollarsOf(flags), countSeconds(flags)];
  return {
    description: await readText(call, "what is to be done"),
    ...(tools !== undefined && { allow_tools: tools }),
    ...(model !== undefined && { model }),
    ...(directory !== undefined && { working_directory: directory }),
    ...(budget !== undefined && { max_cost: budget }),
    ...(timeout !== undefined && { timeout }),
  };
}

/** Undefined where the task never began, or left nothing to compare. */
async function readDiff({ gantry }: Pick<PersonCall, "gantry">, task: Task) {
  if (task.session_id === null || task.artifacts.length === 0) return undefined;
  try {
    return await gantry.runs.diff(task.session_id);
  } catch (error) {
    // The task's end is what was asked for: it is told without what could not be read.
    if (error instanceof GantryError && error.status !== undefined) return undefined;
    throw error;
  }
}
