import { GantryError, type Task, type TaskUpdate } from "@gantry/sdk";
import { toPrintable } from "../printable.ts";
import { createApprovalQuestions } from "./ask-approval.ts";
import type { Person } from "./person.ts";
import { createProgress, type Progress } from "./progress.ts";
import type { PersonCall } from "./run-for-person.ts";

export interface WatchTask {
  /** Place in the session's log after which to begin. */
  readonly after?: number | undefined;
  /** In the place of progress for people. */
  readonly onUpdate?: ((update: TaskUpdate) => void) | undefined;
  /** Nothing is shown of how it goes. */
  readonly isQuiet?: boolean;
  /** Whether Ctrl-C is about the task; else it only leaves. */
  readonly owned: boolean;
}

/** Shows a task's progress and asks what it asks, over lost connections, to its end. Undefined where the person has left it running. */
export async function watchTask(
  { gantry, person }: Pick<PersonCall, "gantry" | "person">,
  id: string,
  { after = 0, onUpdate, owned, isQuiet = onUpdate !== undefined }: WatchTask,
): Promise<Task | undefined> {
  const progress = isQuiet ? undefined : createProgress(person);
  let place = after;
  let wasCancelled = false;
  try {
    for (;;) {
      const leaving = new AbortController();
      person.onInterrupt(() => leaving.abort());
      const { signal } = leaving;
      const onApproval = createApprovalQuestions(person, signal);
      const onReconnect = (): void => person.say(person.paint.warm("The connection was lost; trying again …"));
      try {
        for await (const update of gantry.tasks.watch(id, { after: place, signal, onApproval, onReconnect })) {
          place = Math.max(place, placeOf(update));
          onUpdate?.(update);
          if (progress !== undefined) show(update, progress);
        }
        return await gantry.tasks.get(id, { signal });
      } catch (error) {
        if (!(error instanceof GantryError && error.code === "aborted" && signal.aborted)) throw error;
      } finally {
        leaving.abort();
      }
      progress?.phase("interrupted");
      const wish = owned && !wasCancelled ? await askWhatNow(person, id) : "leave";
      if (wish === "leave") return undefined;
      if (wish === "cancel") {
        await gantry.tasks.cancel(id);
        wasCancelled = true;
      }
    }
  } finally {
    progress?.stop();
    person.onInterrupt(() => {});
  }
}

function show(update: TaskUpdate, progress: Progress): void {
  switch (update.type) {
    case "task.queued":
      return progress.phase(`queued, place ${update.queue_position}`);
    case "task.held":
      return progress.phase(`held by a limit of the vendor until ${toPrintable(update.held_until)}`);
    case "task.status":
      return progress.phase(update.task.status === "requires_action" ? "waits for an answer" : update.task.status);
    default:
      return progress.event(update);
  }
}

function placeOf(update: TaskUpdate): number {
  return ("gantry" in update && update.gantry?.sequence) || 0;
}

/** Where nobody can answer, Ctrl-C cancels; so does a second one. */
async function askWhatNow(person: Person, id: string): Promise<"cancel" | "leave" | "watch"> {
  if (!person.canAnswer) return "cancel";
  person.onInterrupt(() => {});
  for (;;) {
    const said = await person.ask(`Cancel ${id}? (y cancels it, n goes on watching, l leaves it running) > `, {
      fresh: true,
    });
    if (said === undefined) return "cancel";
    const word = said.trim().toLowerCase();
    if (word === "y" || word === "yes") return "cancel";
    if (word === "n" || word === "no") return "watch";
    if (word === "l") return "leave";
  }
}
