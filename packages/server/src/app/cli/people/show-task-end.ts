import type { Task, TaskStatus, WorkspaceDiff } from "@gantry/sdk";
import { toTable } from "../control/table.ts";
import { toPrintable, toPrintableText } from "../printable.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Paint } from "./paint.ts";
import type { Person } from "./person.ts";
import { showElapsed } from "./show-figures.ts";

/** More of a patch is for a pager. */
const shownLines = 200;

/** What came of a task: its text on standard output; what it made, changed and cost beside it. */
export function showTaskEnd(person: Person, task: Task, diff: WorkspaceDiff | undefined): void {
  const { paint } = person;
  const { result, artifacts, usage, session_id: session } = task;
  if (result !== null && "full_output" in result) person.write(`${toPrintableText(result.full_output).trimEnd()}\n`);
  else if (result?.output) person.write(`${toPrintableText(result.output).trimEnd()}\n`);
  if (artifacts.length > 0) {
    const columns = [{ title: "change" }, { title: "path" }, { title: "bytes", right: true }];
    const rows = artifacts.map(({ change, path, size_bytes: size }) => [change, path, String(size)]);
    person.say(`\n${toTable(columns, rows)}`);
  }
  if (diff !== undefined && diff.patch !== "") {
    const lines = toPrintableText(diff.patch).trimEnd().split("\n");
    person.say(
      `\n${lines
        .slice(0, shownLines)
        .map((line) => paintPatch(line, paint))
        .join("\n")}`,
    );
    if (lines.length > shownLines || diff.truncated)
      person.say(paint.faint(`… gantry runs diff ${session} shows more`));
  }
  if (result !== null && "error" in result) person.say(paint.bad(toPrintable(result.error)));
  const figures = `${showElapsed(usage.duration_seconds * 1000)}, ${usage.total_tokens} tokens, $${usage.total_cost.toFixed(4)}`;
  const end = task.status === "completed" ? paint.good(task.status) : paint.bad(task.status);
  person.say(`${end} ${paint.faint(`${task.task_id}, ${figures}`)}`);
}

/** How a command ends that waited for a task. */
export function exitCodeOf(status: TaskStatus): number {
  switch (status) {
    case "completed":
      return exitCodes.done.code;
    case "timeout":
      return exitCodes.timeout.code;
    case "cost_exceeded":
      return exitCodes.budget.code;
    case "cancelled":
      return exitCodes.cancelled.code;
    default:
      return exitCodes.taskFailed.code;
  }
}

function paintPatch(line: string, paint: Paint): string {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("diff ")) return paint.bold(line);
  if (line.startsWith("+")) return paint.good(line);
  if (line.startsWith("-")) return paint.bad(line);
  return line.startsWith("@@") ? paint.warm(line) : line;
}
