import { GantryError, type SessionStreamEvent } from "@gantry/sdk";
import { countFlag } from "../control/flag-values.ts";
import { toPrintableJson, toPrintableText } from "../printable.ts";
import { createApprovalQuestions } from "./ask-approval.ts";
import { exitCodes } from "./exit-codes.ts";
import { CommandMistake } from "./failure.ts";
import { pollWork } from "./poll-work.ts";
import type { PersonCall } from "./run-for-person.ts";
import { toEventLine, toText } from "./show-event.ts";
import { exitCodeOf, showTaskEnd } from "./show-task-end.ts";
import { showCost } from "./show-figures.ts";
import { watchTask } from "./watch-task.ts";

/** `gantry watch`: follows what works, over lost connections and restarts of the server. */
export async function watchCommand(call: PersonCall): Promise<number> {
  const id = call.operand ?? "";
  switch (id.split("_")[0]) {
    case "task":
      return await followTask(call, id);
    case "sesn":
      return await followSession(call, id);
    case "batch":
      return await pollWork(call, () => call.gantry.batches.get(id), {
        isOver: ({ ended_at: ended }) => ended !== null,
        toLine: ({ status, completed, failed, total, total_cost: cost }) =>
          `${status}: ${completed + failed} of ${total} done, ${failed} failed, ${showCost(cost * 1e6)}`,
        toCode: ({ status }) => (status === "cancelled" ? exitCodes.cancelled.code : exitCodes.done.code),
      });
    case "run":
      return await pollWork(call, () => call.gantry.runs.get(id), {
        isOver: ({ state }) => state !== "open",
        toLine: ({ state, usage }) => `${state}: ${usage.calls} calls, ${showCost(usage.costMicros)}`,
        toCode: ({ state }) => (state === "budget_reached" ? exitCodes.budget.code : exitCodes.done.code),
      });
    default:
      throw new CommandMistake("watch follows task_…, sesn_…, batch_… and run_…: name one of these ids");
  }
}

async function followTask(call: PersonCall, id: string): Promise<number> {
  const { person, flags } = call;
  const isJson = flags["json"] === true;
  const task = await watchTask(call, id, {
    after: countFlag(flags, "from"),
    owned: false,
    ...(isJson && { onUpdate: (update) => person.write(`${toPrintableJson(update)}\n`) }),
  });
  if (task === undefined) return exitCodes.left.code;
  if (!isJson) showTaskEnd(person, task, undefined);
  return exitCodeOf(task.status);
}

async function followSession({ gantry, person, flags }: PersonCall, id: string): Promise<number> {
  const isJson = flags["json"] === true;
  const leaving = new AbortController();
  person.onInterrupt(() => leaving.abort());
  const { signal } = leaving;
  const onReconnect = (): void => person.say(person.paint.warm("The connection was lost; trying again …"));
  const asks = person.canAnswer && !isJson && { onApproval: createApprovalQuestions(person, signal) };
  const last = flags["until-idle"] === true ? (await gantry.sessions.get(id)).gantry.last_sequence : undefined;
  try {
    for await (const event of gantry.sessions.events(id, {
      after: countFlag(flags, "from"),
      signal,
      onReconnect,
      ...asks,
    })) {
      if (isJson) person.write(`${toPrintableJson(event)}\n`);
      else show(event);
      if (event.type === "session.status_terminated") break;
      const place = "gantry" in event ? (event.gantry?.sequence ?? 0) : 0;
      const isAtRest = event.type === "session.status_idle" && event.stop_reason.type !== "requires_action";
      if (last !== undefined && isAtRest && place >= last) break;
    }
    return exitCodes.done.code;
  } catch (error) {
    if (error instanceof GantryError && error.code === "aborted" && signal.aborted) return exitCodes.left.code;
    throw error;
  } finally {
    leaving.abort();
  }

  function show(event: SessionStreamEvent): void {
    const { paint } = person;
    if (event.type === "user.message") person.write(`> ${toPrintableText(toText(event.content))}\n`);
    if (event.type === "agent.message") person.write(`${toPrintableText(toText(event.content))}\n`);
    if (event.type === "session.status_idle") person.say(paint.faint(`at rest: ${event.stop_reason.type}`));
    const line = toEventLine(event, paint, person.columns() - 4);
    if (line !== undefined) person.say(line);
  }
}
